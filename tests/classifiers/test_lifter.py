"""Limbs are put where the net says, wherever the body is, and the rest stays where it was."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.lifter import LIMBS, Lifter, LifterError, inputs, targets
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray
from tests.classifiers.figures import push_up, squat, turned

FACE_AND_HANDS = sorted({*range(LANDMARK_COUNT)} - {*LIMBS})


def random_lifter() -> Lifter:
    """Two layers of chance."""
    rng = np.random.default_rng(0)
    return Lifter([
        (rng.normal(0, 0.1, (51, 32)), rng.normal(0, 0.1, 32)),
        (rng.normal(0, 0.1, (32, 48)), rng.normal(0, 0.1, 48)),
    ])  # fmt: skip


def figures() -> FloatArray:
    """Bodies in some postures, (n, 33, 3)."""
    postures = [posture(depth) for posture in (squat, push_up) for depth in (0.0, 0.4, 1.0)]
    return np.array([turned(one, 50) for one in postures])


def test_limbs_are_lifted_and_the_rest_stays_about_the_hips() -> None:
    bodies = figures()
    lifted = random_lifter()(bodies)
    assert lifted.shape == bodies.shape
    assert lifted.dtype == np.float32
    assert not np.allclose(lifted[:, LIMBS], bodies[:, LIMBS], atol=0.05)
    np.testing.assert_allclose(lifted[:, FACE_AND_HANDS], bodies[:, FACE_AND_HANDS], atol=1e-6)


@given(st.floats(0.1, 500), st.floats(-5, 5), st.floats(-5, 5))
def test_place_does_not_matter_and_size_stays(scale: float, right: float, down: float) -> None:
    lift, bodies = random_lifter(), figures()
    moved = ((bodies + np.array([right, down, 1])) * scale).astype(np.float32)
    np.testing.assert_allclose(lift(moved), lift(bodies) * scale, atol=1e-3 * scale)


def test_who_would_be_lifted_to_the_truth_is() -> None:
    """A net that gives the targets of one body gives that body."""
    bodies = figures()[:1]
    flat = bodies * (1, 1, 0.3)
    right = Lifter([(np.zeros((inputs(flat).shape[1], 48)), targets(bodies)[0])])
    lifted = right(flat.astype(np.float32))
    size = np.linalg.norm(lifted[:, LIMBS]) / np.linalg.norm(bodies[:, LIMBS])
    np.testing.assert_allclose(lifted[:, LIMBS], bodies[:, LIMBS] * size, atol=1e-5)


def test_several_are_lifted_as_each_alone() -> None:
    """To the last bit, by the net that is used."""
    lift = Lifter.read()
    postures = [posture(depth) for posture in (squat, push_up) for depth in np.linspace(0, 1, 17)]
    bodies = np.array([turned(one, 7 * number) for number, one in enumerate(postures)])
    np.testing.assert_array_equal(lift(bodies), [lift(one[None])[0] for one in bodies])


def test_what_is_written_is_read_but_for_the_rounding(tmp_path: Path) -> None:
    lift = random_lifter()
    lift.write(tmp_path / "lifter.npz")
    np.testing.assert_allclose(
        Lifter.read(tmp_path / "lifter.npz")(figures()), lift(figures()), atol=2e-3
    )


def test_a_body_of_no_size_is_lifted_to_numbers() -> None:
    nowhere = np.zeros((1, LANDMARK_COUNT, 3), np.float32)
    assert np.isfinite(random_lifter()(nowhere)).all()


@pytest.mark.parametrize("content", [b"", b"no weights", None])
def test_a_file_without_weights_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "lifter.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LifterError, match=r"lifter\.npz"):
        Lifter.read(path)
