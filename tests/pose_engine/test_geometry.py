"""Regions: there and back, where corners go, which way is up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.frames import Frame
from pose_engine.geometry import MARGIN, Region, scaled, wrapped
from tests.pose_engine.fakes import blank

REGIONS = st.builds(
    Region,
    x=st.floats(-500, 2500),
    y=st.floats(-500, 2500),
    side=st.floats(1, 3000),
    rotation=st.floats(-math.pi, math.pi),
)
UNIT_POINTS = st.lists(
    st.tuples(st.floats(-1, 2, width=32), st.floats(-1, 2, width=32), st.floats(-1, 1, width=32)),
    min_size=1,
)


@given(REGIONS, UNIT_POINTS)
def test_to_the_image_and_back_gives_the_same_points(
    region: Region, points: list[tuple[float, float, float]]
) -> None:
    crop = np.array(points, np.float32)
    back = region.to_crop(region.to_image(crop))
    # float32 pixels around 3000 are good to 2e-4 px
    np.testing.assert_allclose(back, crop, atol=2e-3 + 2e-3 / region.side)


@given(REGIONS)
def test_the_middle_of_the_crop_is_the_middle_of_the_region(region: Region) -> None:
    middle = region.to_image(np.array([[0.5, 0.5]], np.float32))[0]
    np.testing.assert_allclose(middle, [region.x, region.y], atol=1e-2)


@given(REGIONS)
def test_turned_round_what_was_first_is_last(region: Region) -> None:
    corners = np.array([[0, 0], [1, 1]], np.float32)
    turned, straight = region.turned_round().to_image(corners), region.to_image(corners)
    np.testing.assert_allclose(turned[::-1], straight, atol=1e-2 + 1e-5 * region.side)


@given(REGIONS)
def test_lengths_scale_by_the_side_and_so_does_depth(region: Region) -> None:
    ends = region.to_image(np.array([[0, 0, 0], [0, 1, 1]], np.float32))
    assert np.linalg.norm(ends[1, :2] - ends[0, :2]) == pytest.approx(region.side, rel=1e-3)
    assert ends[1, 2] == pytest.approx(region.side, rel=1e-5)


@given(
    st.tuples(st.floats(0, 1000), st.floats(0, 1000)),
    st.floats(10, 500),
    st.floats(-3.1, 3.1),
)
def test_a_body_points_up_in_its_own_region(
    centre: tuple[float, float], reach: float, angle: float
) -> None:
    hips = np.array(centre)
    end = hips + reach * np.array([math.sin(angle), -math.cos(angle)])
    region = Region.around_body(hips.astype(np.float32), end.astype(np.float32))
    assert region.side == pytest.approx(2 * MARGIN * reach, rel=1e-3)
    assert region.rotation == pytest.approx(angle, abs=1e-3)
    seen = region.to_crop(end[None].astype(np.float32))[0]
    np.testing.assert_allclose(seen, [0.5, 0.5 - 0.5 / MARGIN], atol=1e-3)


@given(st.floats(-100, 100))
def test_wrapped_angles_are_the_same_direction(angle: float) -> None:
    assert -math.pi <= wrapped(angle) <= math.pi + 1e-9
    assert math.cos(wrapped(angle)) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrapped(angle)) == pytest.approx(math.sin(angle), abs=1e-9)


def test_the_whole_frame_is_letterboxed() -> None:
    frame = Frame(np.full((48, 64, 3), 200, np.uint8))
    crop = Region.whole(frame).crop(frame, 64, replicate=False)
    assert (crop[:8] == 0).all()
    assert (crop[8:56] == 200).all()
    assert (crop[56:] == 0).all()


def test_beyond_the_frame_its_edge_is_repeated_if_asked() -> None:
    frame = Frame(np.full((48, 64, 3), 200, np.uint8))
    assert (Region.whole(frame).crop(frame, 32, replicate=True) == 200).all()
    far_away = Region(x=1e6, y=-1e6, side=1e6)
    assert (far_away.crop(frame, 32, replicate=True) == 200).all()


CORNERS = [(0, (0, 0)), (1, (0, -1)), (2, (-1, -1)), (3, (-1, 0))]


@pytest.mark.parametrize(("turns", "corner"), CORNERS)
def test_a_turned_region_shows_the_picture_turned_back(turns: int, corner: tuple[int, int]) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[corner] = 255
    frame = Frame(pixels)
    crop = Region.whole(frame, quarter_turns=turns).crop(frame, 64, replicate=True)
    # pixel corners map to pixel corners without half a pixel's shift, so the spot may move by one
    assert crop[:2, :2].max() == 255
    assert crop[2:].max() == 0


def test_the_same_size_unturned_is_the_same_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(
        Region.whole(Frame(pixels)).crop(Frame(pixels), 64, replicate=True), pixels
    )


@pytest.mark.parametrize("shrunk", [2, 4])
def test_a_smaller_picture_gives_the_same_crop(shrunk: int) -> None:
    ramp = np.linspace(0, 255, 512)
    whole = np.stack(np.broadcast_arrays(ramp, ramp[:, None], 128), -1).astype(np.uint8)
    blocks = whole.reshape(512 // shrunk, shrunk, 512 // shrunk, shrunk, 3).mean((1, 3))
    region = Region(x=250.3, y=260.1, side=300, rotation=0.4)
    crops = [
        region.crop(frame, 64, replicate=True).astype(int)
        for frame in (Frame(whole), Frame(blocks.round().astype(np.uint8), shrunk))
    ]
    np.testing.assert_allclose(crops[1], crops[0], atol=1)


def test_world_points_turn_with_the_region() -> None:
    up = np.array([[0.0, -1.0, 0.3]], np.float32)
    np.testing.assert_allclose(
        Region(0, 0, 1, rotation=math.pi / 2).turn(up), [[1.0, 0.0, 0.3]], atol=1e-6
    )


@given(st.floats(-math.pi, math.pi))
def test_turning_keeps_lengths(rotation: float) -> None:
    points = np.random.default_rng(1).normal(size=(33, 3)).astype(np.float32)
    turned = Region(5, 6, 7, rotation).turn(points)
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=1), np.linalg.norm(points, axis=1), rtol=1e-5
    )


def test_pictures_are_scaled_to_the_range_of_the_net() -> None:
    crop = np.array([[[0, 255, 51]]], np.uint8)
    assert scaled(crop, -1, 1).shape == (1, 1, 1, 3)
    np.testing.assert_allclose(scaled(crop, -1, 1)[0, 0, 0], [-1, 1, -0.6], atol=1e-6)
    np.testing.assert_allclose(scaled(crop, 0, 1)[0, 0, 0], [0, 1, 0.2], atol=1e-6)


def test_a_region_without_extent_does_no_harm() -> None:
    assert Region(5, 5, 0).crop(blank(), 16, replicate=True).shape == (16, 16, 3)
