"""The command line, as a user meets it."""

import json
import os
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner, Result

from service import cli
from service.cli import app
from service.fitting import EXERCISES
from service.tenants import new_key
from tests.service.bundled import cut, real_core
from tests.service.conftest import Serve
from tests.service.fakes import REP, WAVES, write_clip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def models() -> None:
    real_core()


@pytest.fixture
def loaded(models: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """`count` does not load the models anew, which takes seconds each time."""
    monkeypatch.setattr(cli, "load_core", lambda *_, **__: real_core())


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A real clip with nobody in it."""
    return write_clip(tmp_path / "grey.mp4", REP)


def test_help_lists_the_commands() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in ("serve", "count", "stream", "demo", "exercises", "models"):
        assert command in result.stdout


def test_exercises_are_listed() -> None:
    result = run("exercises")
    assert result.exit_code == 0
    assert "squat" in result.stdout
    assert "push_up" in result.stdout


def test_ones_own_exercises_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copytree(EXERCISES / "squat", tmp_path / "front_squat")
    samples = tmp_path / "front_squat" / "samples.csv"
    samples.write_text(samples.read_text().replace("squat_", "front_squat_"))
    monkeypatch.setenv("BLAZEREPS_EXERCISES", str(tmp_path))
    result = run("exercises")
    assert result.exit_code == 0
    assert "front_squat" in result.stdout
    assert "push_up" in result.stdout
    samples.unlink()
    result = run("exercises")
    assert result.exit_code == 1
    assert "samples.csv: No such file" in result.stderr


@pytest.mark.usefixtures("models")
def test_one_clip_gives_one_document(grey: Path) -> None:
    result = run("count", grey, "--json", "--fps", "5", "--unknown")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document == {
        "counts": {},
        "reps": [],
        "rejected": [],
        "sets": [],
        "holds": [],
        "unknown": [],
        "guidance": [],
        "clip": str(grey),
        "duration_s": 0.8,
        "frames": 4,
        "unreadable_frames": 0,
    }


@pytest.mark.usefixtures("loaded")
def test_an_empty_room_is_looked_at_less_unless_told_otherwise(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "empty.mp4", [0] * 40))
    looked = [
        json.loads(run("count", clip, "--json", *option).stdout)["frames"]
        for option in ((), ("--adaptive",), ("--even",))
    ]
    assert looked[0] == looked[1] < looked[2] == 40


@pytest.mark.usefixtures("loaded")
def test_the_results_of_other_clips_survive_a_bad_one(grey: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    result = run("count", grey, text, tmp_path / "missing.mp4", grey, "--json")
    assert result.exit_code == 1
    assert [one["clip"] for one in json.loads(result.stdout)] == [str(grey), str(grey)]
    complaints = result.stderr.splitlines()
    assert len(complaints) == 2
    assert "text.mp4 is not a readable" in complaints[0]
    assert "missing.mp4" in complaints[1]


@pytest.mark.usefixtures("loaded")
def test_the_results_of_other_clips_survive_one_that_may_not_be_read(
    grey: Path, tmp_path: Path
) -> None:
    locked = tmp_path / "locked.mp4"
    locked.touch(mode=0o000)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    result = run("count", locked, grey, "--json")
    assert result.exit_code == 1
    assert [one["clip"] for one in json.loads(result.stdout)] == [str(grey)]
    assert "Permission denied" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("loaded")
def test_a_bad_clip_alone_prints_one_line_and_no_document(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    result = run("count", text, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("loaded")
def test_without_json_there_is_a_table(grey: Path) -> None:
    result = run("count", grey)
    assert result.exit_code == 0
    assert "none" in result.stdout
    assert "reps at" not in result.stdout


@pytest.mark.parametrize("command", ["serve", "count x.mp4", "demo x.mp4"])
def test_missing_models_are_told_with_what_to_run(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZEREPS_MODELS", str(tmp_path))
    result = run(*command.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert "blazereps models build full" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("loaded")
def test_an_unknown_exercise_is_told_once(grey: Path) -> None:
    result = run("count", grey, grey, "--exercise", "yoga")
    assert result.exit_code == 1
    assert result.stderr.count("yoga") == 1
    assert "squat" in result.stderr


@pytest.mark.parametrize("subject", ["0.5", "0.5,2", "0.5,0.5,0.1,0"])
def test_a_wrong_subject_is_told_once_before_anything_is_loaded(
    grey: Path, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZEREPS_MODELS", str(grey))
    result = run("count", grey, grey, "--subject", subject)
    assert result.exit_code == 1
    assert result.stderr.count("subject must be x,y or x,y,width,height") == 1


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_MAX_SESSIONS", "none")
    result = run("serve")
    assert result.exit_code == 1
    assert "BLAZEREPS_MAX_SESSIONS" in result.stderr


def test_a_server_that_lacks_keys_names_the_setting_that_does_without() -> None:
    result = run("serve", "--host", "0.0.0.0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "BLAZEREPS_OPEN_ACCESS" in result.stderr


def test_no_server_to_stream_to_is_told(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "grey.mp4", REP)
    result = run("stream", clip, "--url", "ws://127.0.0.1:1/v1/live")
    assert result.exit_code == 1
    assert "cannot connect" in result.stderr


def test_a_clip_is_streamed(address: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "grey.mp4", REP * 3)
    result = run("stream", clip, "--url", f"ws://{address}/v1/live", "--fast", "--fps", "30")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "somebody is in view" in lines[0]
    assert [line.split()[2:4] for line in lines[1:4]] == [["squat", str(n)] for n in (1, 2, 3)]
    assert "squat set 1: 3 reps of 0.4 s" in lines[4]
    assert lines[-1] == "Counted: squat 3 (24 frames, 0 dropped)"


@pytest.mark.parametrize("option", [(), ("--unknown",)])
def test_unknown_movement_is_shown_when_asked_for(
    address: str, tmp_path: Path, option: tuple[str, ...]
) -> None:
    clip = write_clip(tmp_path / "waves.mp4", WAVES)
    url = f"ws://{address}/v1/live"
    result = run("stream", clip, "--url", url, "--fast", "--fps", "30", *option)
    assert result.exit_code == 0
    assert ("unknown 2" in result.stdout) == bool(option)


def test_a_key_is_given_or_comes_from_the_environment(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, key = write_clip(tmp_path / "grey.mp4", REP), new_key()
    with serve(keys={"app": key}) as guarded:
        command = ("stream", clip, "--url", f"ws://{guarded}/v1/live", "--fast", "--fps", "30")
        refused = run(*command)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "unauthorized" in refused.stderr
        assert "Counted: squat 1" in run(*command, "--key", key).stdout
        monkeypatch.setenv("BLAZEREPS_KEY", key)
        assert "Counted: squat 1" in run(*command).stdout


def test_a_missing_clip_is_told_while_streaming(address: str) -> None:
    result = run("stream", "nowhere.mp4", "--url", f"ws://{address}/v1/live")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nowhere.mp4" in result.stderr


@pytest.mark.usefixtures("models")
def test_the_demo_counts_in_real_time_whatever_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLAZEREPS_DATA", str(tmp_path / "data"))
    assert run("tenants", "add", "acme").exit_code == 0  # from now on a server asks for a key
    result = run("demo", cut("squat_front", 7, tmp_path), "--port", "0", "--exit")
    assert result.exit_code == 0, result.stderr
    assert "squat 1" in result.stdout
    assert "Counted: squat" in result.stdout
