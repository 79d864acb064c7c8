"""Limits read from control groups."""

import os
from pathlib import Path

import pytest

from service.cgroup import Limits, limits_of
from service.settings import MIB


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own").write_text("12:cpuset:/else\n0::/system.slice/blazereps.service\n")
    return tmp_path / "own"


def limit(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text + "\n")


def test_the_tightest_of_the_groups_counts(own: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    limit(mounted, memory_max=f"{300 * MIB}", cpu_max="max 100000")
    limit(mounted / "system.slice", memory_max=f"{200 * MIB}", cpu_max="150000 100000")
    limit(mounted / "system.slice" / "blazereps.service", memory_max="max", cpu_max="max 100000")
    assert limits_of(own, mounted, 8) == Limits(200 * MIB, 1.5)


def test_a_container_sees_its_own_group_at_the_top(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/\n")
    limit(tmp_path / "mounted", memory_max=f"{MIB}", cpu_max="50000 100000")
    assert limits_of(tmp_path / "own", tmp_path / "mounted", 8) == Limits(MIB, 0.5)


@pytest.mark.parametrize("text", ["", "max", "0::/../../elsewhere", "x"])
def test_without_groups_the_machine_is_the_limit(text: str, tmp_path: Path) -> None:
    (tmp_path / "own").write_text(text)
    assert limits_of(tmp_path / "own", tmp_path / "mounted") == Limits(
        None, float(os.cpu_count() or 1)
    )


def test_nonsense_limits_nothing(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/\n")
    limit(tmp_path / "mounted", memory_max="-1", cpu_max="a b")
    assert limits_of(tmp_path / "own", tmp_path / "mounted", 4) == Limits(None, 4)


def test_they_are_said_in_words() -> None:
    assert str(Limits(512 * MIB, 1.5)) == "512 MiB of memory, 1.5 processors"
    assert str(Limits(None, 2.0)) == "no limit of memory, 2 processors"
