"""What is told of several poses at once is what is told of each alone."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest

from classifiers.embedding import ANGLES, angles_seen, embed, points_of, trunks_away
from classifiers.glance import Glance, glances
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


def _glances(
    poses: Sequence[Pose], classifier: PoseClassifier, holds: Collection[str] = HOLDS
) -> list[Glance]:
    visibility = np.array([pose.visibility for pose in poses])
    return glances(points_of(poses), visibility, classifier, holds)


def _told(glance: Glance) -> object:
    return glance[:5], glance.readings(NAMES).tolist()


def test_several_are_seen_as_each_alone(classifier: PoseClassifier) -> None:
    """To the last bit."""
    together = _glances(POSES, classifier)
    assert [_told(one) for one in together] == [
        _told(one) for pose in POSES for one in _glances([pose], classifier)
    ]


def test_it_tells_what_is_told_of_a_pose(classifier: PoseClassifier) -> None:
    for glance, pose in zip(_glances(POSES, classifier), POSES, strict=True):
        assert glance.vector == embed(pose).tolist()
        assert glance.away == trunks_away(points_of([pose]))[0]
        (seen,) = angles_seen(pose.visibility[None]).tolist()
        assert glance.seen == dict(zip(ANGLES, seen, strict=True))
        assert glance.readings(NAMES).tolist() == read(pose, NAMES).tolist()
        assert set(glance.confidences) == {*classifier.classes, *HOLDS}


def test_without_legs_in_view_the_rest_is_asked(classifier: PoseClassifier) -> None:
    hidden = as_pose(push_up(0.9), hidden=(Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE))
    told = _glances([hidden, as_pose(push_up(0.9))], classifier, ())
    vectors = np.array([one.vector for one in told], np.float32)
    assert [one.confidences for one in told] == classifier.classify(vectors, [False, True])


def test_a_body_of_no_size_breaks_nothing(classifier: PoseClassifier) -> None:
    nowhere = Pose(*(np.zeros((33, 3), np.float32),) * 2, *(np.ones(33, np.float32),) * 2)
    (glance,) = _glances([nowhere], classifier)
    assert np.isfinite(glance.vector).all()
    assert np.isfinite(glance.readings(NAMES)).all()
