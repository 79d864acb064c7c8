"""Pairs of photographs, made into a movement."""

from pathlib import Path

import numpy as np

from benchmarks.other_takes import Cores
from benchmarks.photos import TIMES, all_takes, between, count, miss_table, read_pairs, repeated
from benchmarks.variants import ORIGINAL
from tests.service.fakes import BOTTOM, TOP, grey_pose


def test_the_lower_photograph_is_the_bottom_whichever_comes_first(photographs: Path) -> None:
    deep, turned, away = read_pairs(photographs)
    assert (deep.top.name, deep.bottom.name) == ("Deep_0.png", "Deep_1.png")
    assert (turned.top.name, turned.bottom.name) == ("Turned_1.png", "Turned_0.png")
    assert turned.note == "from behind"
    assert (deep.label.counts, away.label.counts) == ((TIMES,), (0,))
    assert away.label.negative


def test_the_way_leads_from_the_one_pose_to_the_other_and_back() -> None:
    top, bottom = grey_pose(TOP), grey_pose(BOTTOM)
    assert between(top, bottom, 0.5).image[0, 0] == (TOP + BOTTOM) / 2
    poses = [pose for _, pose in repeated(top, bottom) if pose]
    levels = np.array([pose.image[0, 0] for pose in poses])
    assert levels[0] == levels[-1] == TOP
    assert levels.min() == BOTTOM
    turns = np.diff((levels < (TOP + BOTTOM) / 2).astype(int))
    assert (turns == 1).sum() == (turns == -1).sum() == TIMES


def test_each_time_down_counts_and_nothing_where_nobody_is(photographs: Path, cores: Cores) -> None:
    original, *others = all_takes(read_pairs(photographs)[0])
    assert original.name == ORIGINAL
    assert len(others) == 6
    tallies = [count(pair, original, cores) for pair in read_pairs(photographs)]
    assert [one and one.counts for one in tallies] == [{"squat": 3}, {"squat": 3}, None]


def test_misses_are_told_with_their_reasons(photographs: Path, cores: Cores) -> None:
    pairs = read_pairs(photographs)
    tallies = [count(pair, all_takes(pair)[0], cores) for pair in pairs]
    assert len(miss_table(pairs, tallies).splitlines()) == 2
    told = miss_table(pairs, [None, *tallies[1:]]).splitlines()
    assert told[2:] == ["| Deep | squat |  | 0 | nobody is found |"]
