"""`blazereps teach`, as a user meets it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service import cli_teach
from service.cli import app
from tests.service.bundled import CLIPS, cut, real_core
from tests.service.fakes import REP, write_clip


def teach(*arguments: str | Path) -> Result:
    words = ["teach", *map(str, arguments)]
    return CliRunner().invoke(app, words, env={"BLAZEREPS_EXERCISES": ""})


def _rows(result: Result) -> list[list[str]]:
    """What the table says of each clip."""
    lines = [line.strip("│").split("│") for line in result.stdout.splitlines() if ".mp4" in line]
    return [[cell.strip() for cell in cells[1:]] for cells in lines]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not load the models anew, which takes seconds, and breaks no line of its table."""
    monkeypatch.setattr(cli_teach.out, "width", 300)
    core = real_core()
    monkeypatch.setattr(cli_teach, "load_core", lambda *_, **__: core)


@pytest.mark.usefixtures("loaded")
def test_lunges_are_taught_and_count(tmp_path: Path) -> None:
    result = teach("lunge", CLIPS / "lunges.mp4", "--joint", "knee", "--into", tmp_path / "own")
    assert result.exit_code == 0, result.output
    assert _rows(result) == [["6", "6", "none"]]
    assert "BLAZEREPS_EXERCISES" in result.stdout
    assert {file.name for file in (tmp_path / "own" / "lunge").iterdir()} == {
        "exercise.toml",
        "samples.csv",
    }
    again = teach("lunge", CLIPS / "lunges.mp4", "--joint", "knee", "--into", tmp_path / "own")
    assert again.exit_code == 1
    assert again.stderr == f"blazereps: {tmp_path / 'own' / 'lunge'} is there already\n"


@pytest.mark.usefixtures("loaded")
def test_of_several_clips_each_is_counted_as_the_others_teach(tmp_path: Path) -> None:
    part = cut("lunges", 5, tmp_path)
    clips = CLIPS / "lunges.mp4", part
    result = teach("lunge", *clips, "--joint", "knee", "--into", tmp_path / "own")
    whole, cut_off = _rows(result)
    assert whole == ["6", "6", "none", "-"]
    assert cut_off[-1] == cut_off[1] == "2"


@pytest.mark.usefixtures("loaded")
def test_clips_that_teach_nothing_leave_nothing_behind(tmp_path: Path) -> None:
    grey = write_clip(tmp_path / "grey.mp4", REP)
    result = teach("wave", grey, "--joint", "elbow", "--into", tmp_path / "own")
    assert result.exit_code == 1
    assert result.stderr == f"blazereps: {grey}: nobody is in view\n"
    assert not (tmp_path / "own").exists()


@pytest.mark.usefixtures("loaded")
def test_a_clip_is_named_as_it_is_called(tmp_path: Path) -> None:
    part = cut("lunges", 8, tmp_path)
    marked = part.rename(part.with_name("lunges [left].mp4"))
    result = teach("lunge", marked, "--joint", "knee", "--into", tmp_path / "own")
    assert result.exit_code == 0, result.output
    assert "lunges [left].mp4" in result.stdout
    damaged = tmp_path / "[b].mp4"
    damaged.write_bytes(b"no video")
    result = teach("other", marked, damaged, "--joint", "knee", "--into", tmp_path / "own")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"blazereps: {damaged}: ")


def test_a_fault_beside_it_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    real_core()  # or there are no models
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "samples.csv").write_text("")
    result = teach("lunge", tmp_path / "missing.mp4", "--joint", "knee", "--into", tmp_path)
    assert result.exit_code == 1
    assert "old/exercise.toml" in result.stderr


@pytest.mark.parametrize("name", ["none", "Lunge"])
def test_a_wrong_name_is_said_before_anything_is_looked_at(name: str, tmp_path: Path) -> None:
    result = teach(name, tmp_path / "missing.mp4", "--joint", "knee")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert name in result.stderr


@pytest.mark.usefixtures("loaded")
def test_a_missing_clip_is_one_line(tmp_path: Path) -> None:
    result = teach("lunge", tmp_path / "missing.mp4", "--joint", "knee", "--into", tmp_path)
    assert result.exit_code == 1
    assert "missing.mp4" in result.stderr
    assert len(result.stderr.splitlines()) == 1
