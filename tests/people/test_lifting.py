"""A lifter can be trained, and the committed one knows people whom it was not trained on."""

import numpy as np
import pytest

from classifiers.embedding import angle_degrees, as_pictured, embed_points
from classifiers.lifter import LIMBS, Lift, Lifter, as_they_are
from people.lifting import train
from people.motions import MOTIONS
from people.samples import Samples, sample_poses
from people.skeleton import Skeleton
from pose_engine.landmarks import MIRROR, FloatArray


@pytest.fixture(scope="module")
def people(skeleton: Skeleton) -> Samples:
    return sample_poses([*MOTIONS], 300, 4711, skeletons=[skeleton])


def pictured(samples: Samples) -> FloatArray:
    return as_pictured(samples.world, samples.image)


def off(lift: Lift, samples: Samples) -> float:
    """How far the limbs are from the truth, metres: the mean, each body scaled to fit."""
    found, true = lift(pictured(samples))[:, LIMBS], samples.true[:, LIMBS]
    scale = (found * true).sum((1, 2)) / (found**2).sum((1, 2))
    return float(np.linalg.norm(found * scale[:, None, None] - true, axis=2).mean())


def knees(points: FloatArray) -> FloatArray:
    """The angle of each body's knees, degrees."""
    vectors = embed_points(points, np.ones(points.shape[:2], np.float32))
    return np.array([angle_degrees(vector, "knee") for vector in vectors])


def test_training_brings_limbs_nearer_to_the_truth(skeleton: Skeleton) -> None:
    told: list[str] = []
    lift = train([skeleton], 400, 1, told.append)
    squats = sample_poses(["squat"], 100, 2, skeletons=[skeleton])
    assert off(lift, squats) < 0.8 * off(as_they_are, squats)
    assert told[-1].startswith("epoch 24 of 24")


def test_the_same_seed_trains_the_same_lifter(skeleton: Skeleton, people: Samples) -> None:
    one, again = (train([skeleton], 300, 3, lambda _: None)(pictured(people)) for _ in range(2))
    np.testing.assert_allclose(one, again, atol=1e-4)


def test_the_committed_one_halves_the_error_of_what_is_seen(people: Samples) -> None:
    assert off(Lifter.read(), people) < 0.5 * off(as_they_are, people)


def test_bent_knees_are_as_bent_as_they_are(skeleton: Skeleton) -> None:
    squats = sample_poses(["squat"], 200, 5, skeletons=[skeleton], depths=(0.9, 1.0))
    lifted, true = knees(Lifter.read()(pictured(squats))), knees(squats.true)
    assert np.abs(lifted - true).mean() < 8
    assert abs(np.mean(lifted - true)) < 4


def test_a_mirrored_body_is_lifted_to_the_mirror_image(people: Samples) -> None:
    lift, bodies = Lifter.read(), pictured(people)
    mirrored = (bodies * (-1, 1, 1))[:, MIRROR].astype(np.float32)
    back = lift(mirrored)[:, MIRROR] * (-1, 1, 1)
    apart = np.linalg.norm((back - lift(bodies))[:, LIMBS], axis=2)
    assert apart.mean() < 0.03
