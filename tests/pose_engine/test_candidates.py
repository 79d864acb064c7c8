"""Who stands out, whom a point means, and that nobody is there twice."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.candidates import at_point, chosen, distance, held, people, prominence, without
from pose_engine.detector import Detection
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarks import Box
from tests.pose_engine.fakes import blank

FRAME = blank(100, 100)
coordinates = st.floats(0, 100)
regions = st.builds(
    Region, coordinates, coordinates, st.floats(0, 200), st.floats(-math.pi, math.pi)
)


def detection(x: float, y: float, reach: float = 20, score: float = 0.9) -> Detection:
    return Detection(score, Region(x, y, 2.5 * reach))


def test_of_two_equally_far_the_larger_stands_out_of_two_equally_large_the_nearer() -> None:
    left, right, middle = Region(20, 50, 60), Region(80, 50, 50), Region(45, 50, 50)
    assert prominence(left, FRAME) > prominence(right, FRAME)
    assert prominence(middle, FRAME) > prominence(right, FRAME)
    assert prominence(Region(50, 50, 40), FRAME) == pytest.approx(40)
    assert prominence(Region(100, 100, 40), FRAME) == pytest.approx(0)


def test_somebody_found_twice_is_one_and_neighbours_are_two() -> None:
    found = people([detection(50, 50), detection(52, 51, 24), detection(65, 50)])
    sides = [[(region.x, region.side) for region in regions] for regions in found]
    assert sides == [[(50, 50), (52, 60)], [(65, 50)]]


@pytest.mark.parametrize(
    ("rotation", "painted"), [(0, (40, 60, 25, 75)), (math.pi / 2, (25, 75, 40, 60))]
)
@pytest.mark.parametrize("shrunk", [1, 2])
def test_a_body_is_painted_over_as_it_lies_and_nothing_else(
    rotation: float, painted: tuple[int, int, int, int], shrunk: int
) -> None:
    frame = Frame(np.zeros((100 // shrunk, 100 // shrunk, 3), np.uint8), shrunk)
    hidden = without(frame, [Region(50, 50, 50, rotation)]).pixels.any(-1)
    rows, columns = np.argwhere(hidden).T
    found = (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1)
    assert np.abs(np.array(found) * shrunk - painted).max() <= shrunk
    assert hidden.sum() * shrunk**2 == pytest.approx(20 * 50, rel=0.1)
    assert not frame.pixels.any()


@given(regions)
def test_whoever_is_partly_out_of_view_can_be_painted_over(region: Region) -> None:
    assert without(FRAME, [region]).pixels.shape == FRAME.pixels.shape


@given(regions, regions)
def test_distance_goes_both_ways(one: Region, other: Region) -> None:
    assert distance(one, other) == distance(other, one) >= 0
    assert distance(one, one) == 0


@pytest.mark.parametrize(
    ("rotation", "point", "on_it"),
    [
        (0, (0.5, 0.2), True),
        (0, (0.5, 0.8), True),
        (0, (0.2, 0.5), False),
        (math.pi / 2, (0.2, 0.5), True),
        (math.pi / 2, (0.5, 0.2), False),
        (math.pi / 4, (0.7, 0.3), True),
        (math.pi / 4, (0.3, 0.3), False),
    ],
)
def test_a_point_is_on_a_body_the_way_it_lies(
    rotation: float, point: tuple[float, float], on_it: bool
) -> None:
    assert at_point(Region(50, 50, 80, rotation), FRAME, point) is on_it


BODY = Box(0.34, 0.1, 0.32, 0.8)
"""Of somebody upright in the middle, his region having sides of 80 of 100 pixels."""


def test_a_box_around_somebody_holds_him_wholly() -> None:
    assert held(Region(50, 50, 80), FRAME, BODY) == pytest.approx(1)
    assert held(Region(50, 50, 80, math.pi), FRAME, BODY) == pytest.approx(1)
    lying = Box(0.1, 0.34, 0.8, 0.32)
    assert held(Region(50, 50, 80, math.pi / 2), FRAME, lying) == pytest.approx(1)


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (Box(0.34, 0.1, 0.32, 0.4), 0.5),
        (Box(0.0, 0.0, 1.0, 1.0), 0.256),
        (Box(0.46, 0.1, 0.08, 0.08), 0.025),
        (Box(0.34, 0.6, 0.32, 0.8), 0.0),
        (Box(0.7, 0.1, 0.3, 0.8), 0.0),
        (Box(0.5, 0.5, 0.0, 0.0), 0.0),
    ],
    ids=["half of him", "everything", "his head", "too low", "beside him", "a point"],
)
def test_how_well_other_boxes_hold_him(box: Box, share: float) -> None:
    assert held(Region(50, 50, 80), FRAME, box) == pytest.approx(share, abs=1e-3)


def test_of_two_the_one_whom_the_box_fits_is_meant() -> None:
    left, right = Region(30, 50, 80), Region(55, 50, 80)
    box = Box(0.14, 0.1, 0.32, 0.8)
    assert chosen(left, FRAME, box) > chosen(right, FRAME, box) == 0
    assert chosen(left, FRAME, (0.3, 0.5)) == 1
    assert chosen(right, FRAME, (0.3, 0.5)) == 0


@given(regions, st.builds(Box, *[st.floats(0, 1)] * 4))
def test_a_share_is_a_share(region: Region, box: Box) -> None:
    assert 0 <= held(region, FRAME, box) <= 1
