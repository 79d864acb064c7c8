"""Sightings: how far whoever was seen there can have got, and that plain data keeps them."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.geometry import Region
from pose_engine.sighting import Sighting

SEEN = Region(200, 50, 100)
elapsed = st.floats(0.01, 2)


def moved(sides: float) -> Region:
    return replace(SEEN, x=SEEN.x + 100 * sides)


@pytest.mark.parametrize("fps", [8, 15, 30])
def test_people_side_by_side_are_farther_apart_than_one_gets_between_frames(fps: int) -> None:
    sighting = Sighting.first(SEEN, 3.0)
    assert sighting.leads_to(moved(0.08), 3 + 1 / fps)
    assert not sighting.leads_to(moved(0.25), 3 + 1 / fps)


@given(st.floats(0.3, 3), elapsed)
def test_growing_and_shrinking_are_alike(growth: float, seconds: float) -> None:
    grown = replace(SEEN, side=growth * SEEN.side)
    led = Sighting.first(SEEN, 0.0).leads_to(grown, seconds)
    assert Sighting.first(grown, 0.0).leads_to(SEEN, seconds) is led


@pytest.mark.parametrize("growth", [0.6, 1.6])
def test_who_is_suddenly_much_larger_or_smaller_is_another_one(growth: float) -> None:
    """Somebody behind him, or a face on a poster, has his middle."""
    other = replace(SEEN, side=growth * SEEN.side)
    assert not Sighting.first(SEEN, 0.0).leads_to(other, 1 / 30)
    assert Sighting.first(SEEN, 0.0).leads_to(other, 1)


@given(st.floats(0, 3), elapsed)
def test_the_longer_he_was_not_seen_the_farther_he_may_be(sides: float, seconds: float) -> None:
    sighting = Sighting.first(SEEN, 0.0)
    if sighting.near(moved(sides), seconds):
        assert sighting.near(moved(sides), 2 * seconds)
    assert sighting.near(moved(0.35), seconds)


def test_who_walked_is_looked_for_where_he_would_be() -> None:
    sighting = Sighting.first(SEEN, 0.0)
    for frame in range(1, 31):
        sighting = sighting.then(moved(0.05 * frame), frame / 15)
    assert sighting.off(moved(2.25), 3.0) == pytest.approx(0, abs=1e-6)
    assert sighting.near(moved(2.25), 3.0)
    assert not sighting.near(SEEN, 3.0)


def test_a_larger_picture_changes_nothing() -> None:
    sighting = Sighting.first(SEEN, 0.0)
    for frame in range(1, 31):
        sighting = sighting.then(moved(0.05 * frame), frame / 15)
    larger, ahead = sighting.enlarged(2.5), moved(2)
    assert larger.off(ahead.enlarged(2.5), 3.0) == pytest.approx(sighting.off(ahead, 3.0))
    assert larger.then(ahead.enlarged(2.5), 3.0).off(SEEN.enlarged(2.5), 4.0) == pytest.approx(
        sighting.then(ahead, 3.0).off(SEEN, 4.0)
    )


def test_plain_data_keep_a_sighting() -> None:
    sighting = Sighting.first(SEEN, 0.0).then(moved(0.1), 0.1)
    assert Sighting.restored(json.loads(json.dumps(asdict(sighting)))) == sighting
