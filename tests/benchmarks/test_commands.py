"""What a benchmark says before it measures anything."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OF_REAL_CLIPS = (
    "accuracy", "other_takes", "passed_over", "photos", "darkness", "recordings", "taught",
    "without_world",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_REAL_CLIPS)
def test_without_real_clips_it_ends_with_a_line(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--data", str(tmp_path / "away")])
    with pytest.raises(SystemExit) as ended:
        import_module(f"benchmarks.{name}").main()
    line = str(ended.value.code)
    assert line.startswith(f"{tmp_path}/away/")
    assert line.endswith(" is not there: --data names the folder of the real clips")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["counting_speed", "floor"])
def test_asked_for_help_it_measures_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        import_module(f"benchmarks.{name}").main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ")


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"`(\w+)`", (BENCHMARKS / "README.md").read_text(encoding="utf-8"))
    modules = BENCHMARKS.glob("*.py")
    commands = [
        one.stem for one in modules if "\nif __name__ ==" in one.read_text(encoding="utf-8")
    ]
    assert sorted(listed) == sorted(commands)
