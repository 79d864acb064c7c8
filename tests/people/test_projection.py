"""Cameras: azimuth and elevation as documented, and points that come back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.projection import Camera
from people.rotations import FloatArray


def rays(camera: Camera, pixels: FloatArray, away: FloatArray) -> FloatArray:
    """The world points at pixels (n, 2) that lie `away` (n,) metres along the view."""
    centre = np.array((camera.width / 2, camera.height / 2))
    flat = (pixels - centre) / camera.focal * away[:, None]
    seen: FloatArray = np.column_stack([flat, away]) @ camera.axes + camera.eye
    return seen


@given(
    azimuth=st.floats(0, 360),
    elevation=st.floats(-20, 60),
    roll=st.floats(-15, 15),
    distance=st.floats(1.5, 6),
)
def test_points_come_back_from_their_pixels(
    azimuth: float, elevation: float, roll: float, distance: float
) -> None:
    camera = Camera(azimuth=azimuth, elevation=elevation, roll=roll, distance=distance)
    points = np.random.default_rng(0).uniform((-0.5, 0.2, -0.5), (0.5, 1.6, 0.5), (20, 3))
    back = rays(camera, camera.project(points), camera.view(points)[:, 2])
    np.testing.assert_allclose(back, points, atol=1e-9)
    middle = camera.project(np.array(camera.target))
    np.testing.assert_allclose(middle, (camera.width / 2, camera.height / 2), atol=1e-6)


def test_from_in_front_the_left_hand_is_on_the_right_and_up_is_up() -> None:
    camera = Camera(target=(0, 1, 0), azimuth=0, elevation=0, distance=3)
    np.testing.assert_allclose(camera.eye, (0, 1, 3), atol=1e-12)
    x, y = camera.project(np.array((0.4, 1.5, 0)))
    assert x > camera.width / 2
    assert y < camera.height / 2


def test_azimuth_90_is_at_the_person_s_left_and_elevation_above() -> None:
    np.testing.assert_allclose(
        Camera(target=(0, 1, 0), azimuth=90, elevation=0, distance=2).eye, (2, 1, 0), atol=1e-12
    )
    assert Camera(elevation=30, distance=2).eye[1] == pytest.approx(0.9 + 1.0)


def test_roll_turns_the_image_clockwise() -> None:
    above = np.array((0, 1.5, 0))
    x, _ = Camera(roll=10, elevation=0).project(above)
    assert x > Camera(roll=0, elevation=0).project(above)[0]


def test_framing_holds_every_point() -> None:
    points = np.random.default_rng(1).uniform((-1, 0, -0.3), (1, 1.8, 0.3), (50, 3))
    camera = Camera.framing(points, azimuth=30, elevation=8, size=(480, 640), fill=0.8)
    assert camera.inside(points, 0.8).all()
    assert not camera.inside(points, 0.7).all()


def test_framing_at_a_distance_does_not_care_what_fits() -> None:
    points = np.array([(-2.0, 0.0, 0.0), (2.0, 1.8, 0.0)])
    camera = Camera.framing(
        points, azimuth=0, elevation=0, size=(640, 480), view_angle=90, distance=1.5
    )
    np.testing.assert_allclose(camera.eye, (0, 0.9, 1.5), atol=1e-12)
    assert camera.focal == pytest.approx(320)
    assert not camera.inside(points).any()
