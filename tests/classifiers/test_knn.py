"""The classifier, on stick figures."""

import numpy as np
import pytest

from classifiers.embedding import embed
from classifiers.knn import NONE, PoseClassifier
from pose_engine.landmarks import FloatArray, Landmark
from tests.classifiers.figures import EXERCISES, as_pose, bend, push_up, samples, squat, turned


@pytest.fixture(scope="module")
def classifier() -> PoseClassifier:
    return PoseClassifier(EXERCISES, samples())


@pytest.mark.parametrize(
    ("points", "label"),
    [
        (squat(0.02), "squat_up"),
        (squat(0.93), "squat_down"),
        (push_up(0.03), "push_up_up"),
        (push_up(0.97), "push_up_down"),
        (bend(0.9), NONE),
    ],
)
@pytest.mark.parametrize("heading", [0, 45, 200])
def test_the_nearest_samples_decide(
    classifier: PoseClassifier, points: FloatArray, label: str, heading: float
) -> None:
    classes = classifier.classify(embed(as_pose(turned(points, heading))))
    assert max(classes, key=classes.__getitem__) == label
    assert sum(classes.values()) == pytest.approx(1)


def test_a_pose_like_no_sample_belongs_to_no_exercise(classifier: PoseClassifier) -> None:
    upside_down = (squat(0) * [1, -1, 1]).astype(np.float32)
    assert classifier.classify(embed(as_pose(upside_down)))[NONE] == 1


def test_without_legs_the_upper_body_decides(classifier: PoseClassifier) -> None:
    points = push_up(0.9)
    for landmark in range(Landmark.LEFT_KNEE, len(points)):
        points[landmark] = [0.4, -0.5, 0.2]
    vector = embed(as_pose(points))
    assert classifier.classify(vector)["push_up_down"] == 0
    assert classifier.classify(vector, legs_seen=False)["push_up_down"] > 0.9
