"""What a benchmark says before it measures anything."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
OF_REAL_CLIPS = (
    "accuracy", "other_takes", "passed_over", "photos", "darkness", "recordings", "without_world",
)  # fmt: skip


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        timeout=60,
    )


@pytest.mark.parametrize("name", OF_REAL_CLIPS)
def test_without_real_clips_it_ends_with_a_line(name: str, tmp_path: Path) -> None:
    refused = run(f"benchmarks.{name}", "--data", str(tmp_path / "away"))
    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"{tmp_path}/away/")
    assert line.endswith(" is not there: --data names the folder of the real clips")


@pytest.mark.parametrize("name", ["counting_speed", "floor"])
def test_asked_for_help_it_measures_nothing(name: str) -> None:
    told = run(f"benchmarks.{name}", "--help")
    assert told.stdout.startswith("usage: ")
    assert told.returncode == 0
