"""The command line: what it lists, and clear refusals."""

from pathlib import Path

import pytest

from people.__main__ import main
from people.bundled import CLIPS
from people.motions import MOTIONS


def test_list_names_every_clip_and_motion(capsys: pytest.CaptureFixture[str]) -> None:
    main(["list"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*CLIPS, *MOTIONS))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "handstand=3", "--out", "x"], "no motion 'handstand'; known: squat"),
        (["set", "squat=many", "--out", "x"], "'squat=many' is not MOTION=COUNT"),
        (["set", "squat=1", "--out", "x", "--size", "large"], "'large' is not WIDTHxHEIGHT"),
        (["set", "squat=1", "--out", "x", "--size", "641x480"], "even and in 32..1920"),
        (["render", "nobody", "--out", "x"], "invalid choice: 'nobody'"),
        (["render", "lunges", "--out", "x", "--fps", "0"], "fps must be in 1..120"),
    ],
)
def test_a_wrong_argument_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_without_body_data_it_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZEREPS_PEOPLE", str(tmp_path))
    with pytest.raises(SystemExit, match="python -m people assets"):
        main(["render", "lunges", "--out", str(tmp_path / "clips")])


def test_a_clip_without_truth_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"people: .*absent\.json"):
        main(["sheet", str(tmp_path / "absent.mp4"), "--out", str(tmp_path / "sheet.png")])
