"""The landmarker: refinement, projection and the flag, on answers made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.geometry import Region
from pose_engine.landmarker import Landmarker, refine
from pose_engine.landmarks import FloatArray
from pose_engine.runtime import ModelError
from tests.pose_engine.fakes import LANDMARK_OUTPUTS, FakeNet, blank, body, upright_points

REGION = Region(x=100, y=60, side=80)


def landmarker(
    points: FloatArray | None = None, *, flag: float = 0.9, heat: float = 0.9
) -> tuple[Landmarker, FakeNet]:
    net = FakeNet(lambda image: body(points, flag=flag, heat=heat), *LANDMARK_OUTPUTS)
    return Landmarker(net), net


def cold(count: int = 1) -> FloatArray:
    return np.full((64, 64, count), -50, np.float32)


def refined(x: float, y: float, heatmap: FloatArray) -> tuple[float, float]:
    points = np.array([[x / 64, y / 64, 0.25]], np.float32)
    refine(points, heatmap)
    assert points[0, 2] == 0.25
    return 64 * float(points[0, 0]), 64 * float(points[0, 1])


def test_a_point_moves_to_the_heat_nearby() -> None:
    heatmap = cold()
    heatmap[22, 19] = 50  # row, column
    assert refined(20.4, 20.6, heatmap) == pytest.approx((19, 22), abs=1e-4)


def test_two_hot_cells_pull_by_their_weight() -> None:
    heatmap = cold()
    heatmap[20, 18], heatmap[20, 22] = 50, 0  # 1 and 0.5
    assert refined(20, 20, heatmap) == pytest.approx((18 + 4 / 3, 20), abs=1e-4)


@pytest.mark.parametrize(("offset", "moves"), [(4, True), (5, False)])
def test_nearby_is_four_cells_to_each_side(offset: int, moves: bool) -> None:
    for row, column in [(offset, 0), (-offset, 0), (0, offset), (0, -offset)]:
        heatmap = cold()
        heatmap[30 + row, 30 + column] = 50
        assert (refined(30.5, 30.5, heatmap) != pytest.approx((30.5, 30.5))) is moves


def test_the_highest_heat_nearby_is_told_of_each_point() -> None:
    heatmap = cold(2)
    heatmap[20, 22, 0], heatmap[20, 25, 1] = 1.0, 1.0
    points = np.array([[20 / 64, 20 / 64, 0]] * 2, np.float32)
    assert refine(points, heatmap) == pytest.approx([1 / (1 + math.exp(-1)), 0], abs=1e-6)


@pytest.mark.parametrize(("logit", "moves"), [(-0.01, False), (0.01, True)])
def test_faint_heat_does_not_move(logit: float, moves: bool) -> None:
    heatmap = cold()
    heatmap[20, 22] = logit
    assert (refined(20, 20, heatmap) != pytest.approx((20, 20), abs=1e-4)) is moves


@pytest.mark.parametrize("point", [(-1.5, 5.0), (64.0, 5.0), (5.0, -1.5), (5.0, 64.0)])
def test_outside_the_map_points_stay(point: tuple[float, float]) -> None:
    assert refined(*point, np.full((64, 64, 1), 50, np.float32)) == pytest.approx(point, rel=1e-5)


def test_at_the_edge_the_window_is_cut() -> None:
    hot = np.full((64, 64, 1), 50, np.float32)
    assert refined(0.5, 63.5, hot) == pytest.approx((2.0, 61.0), abs=1e-4)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)), min_size=1, max_size=5),
)
def test_refining_is_the_loop_it_stands_for(seed: int, at: list[tuple[float, float]]) -> None:
    points = np.array([(*point, 0) for point in at], np.float32)
    heatmap = np.random.default_rng(seed).normal(-2, 2, (64, 64, len(at))).astype(np.float32)
    expected = np.array([_refined_slowly(p, heatmap[:, :, i]) for i, p in enumerate(points)])
    refine(points, heatmap)
    np.testing.assert_allclose(points[:, :2], expected, atol=1e-5)


def _refined_slowly(point: FloatArray, heat: FloatArray) -> tuple[float, float]:
    column, row = int(point[0] * 64), int(point[1] * 64)
    cells = [
        (x, y, 1 / (1 + math.exp(-heat[y, x])))
        for y in range(max(0, row - 4), min(64, row + 5))
        for x in range(max(0, column - 4), min(64, column + 5))
    ]
    inside = 0 <= column < 64 and 0 <= row < 64
    if not inside or max(weight for *_, weight in cells) < 0.5:
        return float(point[0]), float(point[1])
    total = sum(weight for *_, weight in cells)
    mean_x = sum(x * weight for x, _, weight in cells) / total
    return mean_x / 64, sum(y * weight for _, y, weight in cells) / total / 64


def test_landmarks_come_back_in_pixels_of_the_frame() -> None:
    reader, net = landmarker()
    found = reader.locate(blank(), REGION)
    assert found is not None
    assert net.inputs[0].shape == (1, 256, 256, 3)
    expected = 60 - 40 + 80 * upright_points()[:33, 1]
    np.testing.assert_allclose(found.image[:, 0], 100, atol=1e-3)
    np.testing.assert_allclose(found.image[:, 1], expected, atol=1e-3)
    np.testing.assert_allclose(found.world, np.tile([0, -0.5, 0.1], (33, 1)), atol=1e-6)


def test_the_next_region_is_around_the_alignment_points() -> None:
    found = landmarker()[0].locate(blank(), REGION)
    assert found is not None
    assert (found.region.x, found.region.y) == pytest.approx((100, 60), abs=1e-3)
    assert found.region.side == pytest.approx(80, rel=1e-4)


@pytest.mark.parametrize("heat", [0.2, 0.5, 0.9])
def test_heat_is_the_mean_of_each_landmark_s_highest(heat: float) -> None:
    found = landmarker(heat=heat)[0].locate(blank(), REGION)
    assert found is not None
    assert found.heat == pytest.approx(heat, rel=1e-4)


@pytest.mark.parametrize("rotation", [0, math.pi / 2, 2.5])
def test_feet_first_is_said_by_the_body_s_own_up(rotation: float) -> None:
    region, points = replace(REGION, rotation=rotation), upright_points()
    upright = landmarker(points=points)[0].locate(blank(), region)
    points[:33] = points[32::-1].copy()
    turned = landmarker(points=points)[0].locate(blank(), region)
    assert upright is not None
    assert turned is not None
    assert (upright.feet_first, turned.feet_first) == (False, True)


def test_on_a_turned_region_image_and_world_turn_alike() -> None:
    found = landmarker()[0].locate(blank(), Region(100, 60, 80, rotation=math.pi / 2))
    assert found is not None
    np.testing.assert_allclose(found.image[:, 1], 60, atol=1e-3)
    np.testing.assert_allclose(found.world, np.tile([0.5, 0, 0.1], (33, 1)), atol=1e-6)


def test_points_beyond_the_frame_are_there_but_not_visible() -> None:
    """The points go from 36 to 68 px down a frame of 48; what fades does so over 4 px."""
    found = landmarker()[0].locate(blank(200, 48), REGION)
    assert found is not None
    sure, down = 1 / (1 + math.exp(-4)), found.image[:, 1]
    np.testing.assert_allclose(found.visibility[down < 48], sure, rtol=1e-5)
    assert (found.visibility[down > 52] == 0).all()
    between = (down > 48) & (down < 52)
    assert between.any()
    assert ((found.presence[between] > 0) & (found.presence[between] < sure)).all()
    assert (np.diff(found.presence) <= 0).all()


@pytest.mark.parametrize(("flag", "there"), [(0.5, True), (0.49, False), (math.nan, False)])
def test_the_flag_says_whether_anybody_is_there(flag: float, there: bool) -> None:
    assert (landmarker(flag=flag)[0].locate(blank(), REGION) is not None) is there


def test_without_heatmaps_refining_is_refused_and_the_rest_works() -> None:
    net = FakeNet(lambda image: body(), "landmarks", "flag", "world")
    with pytest.raises(ModelError, match="refine=False"):
        Landmarker(net)
    found = Landmarker(net, refine=False).locate(blank(), REGION)
    assert found is not None
    assert found.heat == 1
