"""One-Euro: what holds for every input, and MediaPipe's own arithmetic on a few numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.landmarker import Landmarks
from pose_engine.landmarks import FloatArray
from pose_engine.smoothing import LowPass, OneEuro, PoseSmoother


def euro() -> OneEuro:
    return OneEuro(min_cutoff=0.1, beta=2.0)


@given(st.floats(-1000, 1000, width=32), st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_what_rests_stays(value: float, gaps: list[float]) -> None:
    smooth, array = euro(), np.full((3, 2), value, np.float32)
    for gap in gaps:
        np.testing.assert_array_equal(smooth(array, gap), array)


@given(st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=30), st.floats(0.005, 0.5))
def test_the_result_stays_within_what_was_seen(values: list[float], gap: float) -> None:
    smooth = euro()
    for count, value in enumerate(values, 1):
        result = smooth(np.array([value], np.float32), gap)[0]
        assert min(values[:count]) - 1e-3 <= result <= max(values[:count]) + 1e-3


def test_it_arrives_after_a_step() -> None:
    smooth = euro()
    smooth(np.zeros(1, np.float32), 0.03)
    distances = [1 - float(smooth(np.ones(1, np.float32), 0.03)[0]) for _ in range(400)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.02


@pytest.mark.parametrize("coarse", [30, 60, 120])
def test_frame_rate_matters_less_and_less(coarse: int) -> None:
    """Errors against a rate 16 times higher shrink as rates rise: there is a limit in time."""
    assert _swing(2 * coarse) - _swing(32 * coarse) == pytest.approx(0, abs=0.6 * _lag(coarse))


def _lag(fps: int) -> float:
    return abs(_swing(fps) - _swing(16 * fps))


def _swing(fps: int) -> float:
    """Where the filter is after a second of a sine."""
    smooth = OneEuro(min_cutoff=1.0, beta=0.5)
    for step in range(fps + 1):
        wave = math.sin(2.5 * step / fps)
        result = smooth(np.array([wave], np.float32), 1 / fps)
    return float(result[0])


def test_fast_points_lag_less_than_slow_ones() -> None:
    assert _share_reached(speed=0.1) < 0.6
    assert _share_reached(speed=10.0) > 0.95


def _share_reached(speed: float) -> float:
    smooth = euro()
    for step in range(30):
        result = smooth(np.array([speed * step / 30], np.float32), 1 / 30)
    return float(result[0]) / (speed * 29 / 30)


def test_scale_makes_speed_relative_to_size() -> None:
    large, small = euro(), euro()
    path = np.cumsum(np.random.default_rng(0).normal(size=(20, 4)), axis=0).astype(np.float32)
    for point in path:
        np.testing.assert_allclose(
            large(100 * point, 0.04, scale=0.01), 100 * small(point, 0.04), rtol=1e-4, atol=1e-3
        )


def test_values_that_become_so_many_times_as_large_go_on_as_before() -> None:
    steady, changed = euro(), euro()
    path = np.cumsum(np.random.default_rng(0).normal(size=(20, 4)), axis=0).astype(np.float32)
    for step, point in enumerate(path):
        times = 1 if step < 10 else 100
        if step == 10:
            changed.enlarge(times)
        found = changed(times * point, 0.04, scale=1 / times)
        np.testing.assert_allclose(found, times * steady(point, 0.04), rtol=1e-4, atol=1e-3)


def test_the_arithmetic_is_mediapipes() -> None:
    """One step by hand: derivative 30 a second, its average by alpha(1 Hz) from zero."""
    smooth, gap = OneEuro(min_cutoff=0.05, beta=80.0), 1 / 30
    smooth(np.zeros(1, np.float32), gap)
    alpha = 1 / (1 + 30 / (2 * math.pi * 1.0))
    cutoff = 0.05 + 80 * alpha * 30 * 0.002
    expected = 1 / (1 + 30 / (2 * math.pi * cutoff))
    assert smooth(np.ones(1, np.float32), gap, scale=0.002)[0] == pytest.approx(expected, rel=1e-5)


@given(st.integers(1, 60))
def test_the_low_pass_does_not_mind_how_time_is_cut(cuts: int) -> None:
    whole, parts = LowPass(0.4), LowPass(0.4)
    whole(np.zeros(1, np.float32), 1)
    parts(np.zeros(1, np.float32), 1)
    expected = whole(np.ones(1, np.float32), 0.5)
    for _ in range(cuts):
        result = parts(np.ones(1, np.float32), 0.5 / cuts)
    np.testing.assert_allclose(result, expected, rtol=1e-4)


def landmarks(at: float) -> Landmarks:
    points: FloatArray = np.full((33, 3), at, np.float32)
    alignment = np.array([[at, 100, 0], [at, 0, 0]], np.float32)
    ones = np.full(33, at, np.float32)
    return Landmarks(0.9, 0.9, points, alignment, points, ones, ones)


def test_visibility_follows_by_a_tenth_a_frame_at_30_fps() -> None:
    smooth = PoseSmoother(smoothing=True)
    smooth(landmarks(0.0), 1 / 30)
    np.testing.assert_allclose(smooth(landmarks(1.0), 1 / 30).visibility, 0.1, rtol=1e-4)


def test_without_smoothing_only_the_alignment_points_are_held_steady() -> None:
    smooth = PoseSmoother(smoothing=False)
    smooth(landmarks(0.0), 1 / 30)
    moved = smooth(landmarks(1.0), 1 / 30)
    np.testing.assert_array_equal(moved.image, landmarks(1.0).image)
    np.testing.assert_array_equal(moved.visibility, landmarks(1.0).visibility)
    assert 0 < moved.alignment[0, 0] < 0.5


def test_in_a_picture_of_another_size_points_and_region_go_on_as_before() -> None:
    steady, changed = PoseSmoother(smoothing=True), PoseSmoother(smoothing=True)
    for at in (0.0, 40.0):
        steady(landmarks(at), 1 / 15)
        changed(landmarks(at), 1 / 15)
    changed.enlarge(0.5)
    half = np.float32(0.5)
    for at in (60.0, 70.0):
        whole = landmarks(at)
        small = replace(whole, image=half * whole.image, alignment=half * whole.alignment)
        expected, found = steady(whole, 1 / 15), changed(small, 1 / 15)
        np.testing.assert_allclose(found.alignment, half * expected.alignment, rtol=1e-4)
        np.testing.assert_allclose(found.image, half * expected.image, rtol=1e-4)
