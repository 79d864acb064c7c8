"""Rotations: right-handed, orthonormal, blended the short way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.rotations import align, between, blend, facing, shortest, turn, unit, vector

angles = st.floats(-170, 170)


@given(angles, angles, angles)
def test_facing_is_a_rotation(pitch: float, yaw: float, roll: float) -> None:
    matrix = facing(pitch, yaw, roll)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_directions_are_the_documented_ones() -> None:
    up, ahead = vector(0, 1, 0), vector(0, 0, 1)
    np.testing.assert_allclose(turn("x", 90) @ up, ahead, atol=1e-12)
    np.testing.assert_allclose(turn("y", 90) @ ahead, (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(turn("z", 90) @ up, (-1, 0, 0), atol=1e-12)


@given(angles, st.floats(0, 1))
def test_between_goes_the_short_way_evenly(degrees: float, share: float) -> None:
    turned = between(np.eye(3), turn("y", degrees), share)
    np.testing.assert_allclose(turned, turn("y", degrees * share), atol=1e-6)


def test_blend_ends_where_it_should() -> None:
    start, end = np.stack([facing(10, 20, 30)]), np.stack([facing(-60, 5, 80)])
    np.testing.assert_allclose(blend(start, end, 0), start, atol=1e-9)
    np.testing.assert_allclose(blend(start, end, 1), end, atol=1e-9)


def test_align_takes_axis_and_normal_along() -> None:
    matrix = align(vector(1, 0, 0), vector(0, 1, 0), vector(0, 3, 0), vector(0, 0, 2))
    np.testing.assert_allclose(matrix @ vector(1, 0, 0), (0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(matrix @ vector(0, 1, 0), (0, 0, 1), atol=1e-12)


def test_shortest_takes_one_direction_to_the_other() -> None:
    start, end = vector(1, 2, 3), vector(-2, 0.5, 1)
    np.testing.assert_allclose(shortest(start, end) @ unit(start), unit(end), atol=1e-7)
