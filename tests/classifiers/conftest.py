"""Libraries of stick figures' exercises."""

import pytest

from classifiers.exercise import Exercise, Hold
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from tests.classifiers.figures import CHAIR, EXERCISES, PLANK, held_samples, samples


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(EXERCISES, PoseClassifier(EXERCISES, samples()))


@pytest.fixture(scope="session")
def timing() -> Library:
    """With a plank, which is a push-up's top, and a chair pose, which is a squat's bottom."""
    exercises: tuple[Exercise | Hold, ...] = (*EXERCISES, PLANK, CHAIR)
    return Library(exercises, PoseClassifier(exercises, samples() + held_samples()))
