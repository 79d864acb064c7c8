"""Photographs in ever less light."""

from pathlib import Path

import pytest

from benchmarks.darkness import SEEDS, right
from benchmarks.other_takes import Cores
from benchmarks.photos import read_pairs


@pytest.mark.parametrize(("light", "counted"), [(1.0, 2), (0.01, 0)])
def test_in_the_dark_nobody_is_counted(
    photographs: Path, cores: Cores, light: float, counted: int
) -> None:
    squats, takes = read_pairs(photographs), len(SEEDS)
    found = right(squats, light, 1, cores)
    assert found == (f"{counted * takes} of {2 * takes}", f"{takes} of {takes}")
