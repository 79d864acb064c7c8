"""What is told of several poses at once is what is told of each alone."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest

from classifiers.embedding import ANGLES, angles_seen, embed, points_of, trunks_away
from classifiers.glance import Glance
from classifiers.knn import PoseClassifier
from classifiers.quantities import QUANTITIES, read
from pose_engine.landmarks import Landmark, Pose
from tests.classifiers.figures import (
    CHAIR,
    EXERCISES,
    PLANK,
    as_pose,
    held_samples,
    push_up,
    samples,
    squat,
    turned,
)

NAMES = tuple(QUANTITIES)
HOLDS = (PLANK.name, CHAIR.name)
HIDDEN: tuple[tuple[Landmark, ...], ...] = (
    (),
    (Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE),
    (Landmark.LEFT_ELBOW,),
)
POSES = [
    replace(
        as_pose(turned(posture(depth), 40 * depth), hidden=HIDDEN[number % len(HIDDEN)]),
        image=turned(posture(depth / 2), 40 * depth) * np.float32(300) + np.float32(20),
    )
    for number, depth in enumerate(np.linspace(0, 1, 11))
    for posture in (squat, push_up)
]


@pytest.fixture(scope="module")
def classifier() -> PoseClassifier:
    return PoseClassifier((*EXERCISES, PLANK, CHAIR), samples() + held_samples())


def _glance(
    poses: Sequence[Pose], classifier: PoseClassifier, holds: Collection[str] = HOLDS
) -> Glance:
    visibility = np.array([pose.visibility for pose in poses])
    return Glance(points_of(poses), visibility, classifier, holds)


def _of(glance: Glance, row: int) -> object:
    readings = glance.readings(NAMES)[row].tolist()
    return glance.vectors[row], glance.seen[row], glance.confidences[row], readings


def test_several_are_seen_as_each_alone(classifier: PoseClassifier) -> None:
    """To the last bit."""
    together = _glance(POSES, classifier)
    for row, pose in enumerate(POSES):
        assert _of(together, row) == _of(_glance([pose], classifier), 0)


def test_it_tells_what_is_told_of_a_pose(classifier: PoseClassifier) -> None:
    glance = _glance(POSES, classifier)
    for row, pose in enumerate(POSES):
        assert glance.vectors[row] == embed(pose).tolist()
        assert glance.away[row] == trunks_away(points_of([pose]))[0]
        (seen,) = angles_seen(pose.visibility[None]).tolist()
        assert glance.seen[row] == dict(zip(ANGLES, seen, strict=True))
        assert glance.readings(NAMES)[row].tolist() == read(pose, NAMES).tolist()
        assert set(glance.confidences[row]) == {*classifier.classes, *HOLDS}


def test_without_legs_in_view_the_rest_is_asked(classifier: PoseClassifier) -> None:
    hidden = as_pose(push_up(0.9), hidden=(Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE))
    glance = _glance([hidden, as_pose(push_up(0.9))], classifier, ())
    vectors = np.array(glance.vectors, np.float32)
    assert glance.confidences == classifier.classify(vectors, [False, True])


def test_a_body_of_no_size_breaks_nothing(classifier: PoseClassifier) -> None:
    nowhere = Pose(*(np.zeros((33, 3), np.float32),) * 2, *(np.ones(33, np.float32),) * 2)
    glance = _glance([nowhere], classifier)
    assert np.isfinite(glance.vectors).all()
    assert np.isfinite(glance.readings(NAMES)).all()
