"""Photographs of people who are shades of grey, and a core that sees them."""

from pathlib import Path

import pytest

from benchmarks.other_takes import Cores
from service.core import Core
from tests.service.fakes import BOTTOM, NOBODY, TOP, FakeEngine, FakeLibrary, encoded

LEVELS = {
    "Deep_0.png": TOP, "Deep_1.png": BOTTOM,
    "Turned_0.png": BOTTOM, "Turned_1.png": TOP,
    "Away_0.png": TOP, "Away_1.png": NOBODY,
}  # fmt: skip


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Of a shade of grey each: two squats, and a plank of which one end is lost."""
    for name, level in LEVELS.items():
        (tmp_path / name).write_bytes(encoded(level))
    (tmp_path / "labels.csv").write_text(
        "file,exercise,phase,source,note\n"
        "Deep_0.png,squat,up,,\n"
        "Deep_1.png,squat,down,,\n"
        "Turned_0.png,squat,down,,from behind\n"
        "Turned_1.png,squat,up,,from behind\n"
        "Away_0.png,other:plank,,,\n"
        "Away_1.png,other:plank,,,\n"
    )
    return tmp_path


@pytest.fixture
def cores() -> Cores:
    core = Core(FakeEngine(), FakeLibrary())
    return Cores(core, core)
