"""The classifier, on stick figures and on the samples that come with it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import models
from classifiers.embedding import embed
from classifiers.exercise import Exercise, Hold
from classifiers.exercise_file import read_exercise
from classifiers.knn import NEAR, NONE, PoseClassifier
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray, Landmark
from tests.classifiers.figures import (
    CHAIR,
    EXERCISES,
    PLANK,
    as_pose,
    bend,
    held_samples,
    push_up,
    samples,
    squat,
    turned,
)

COMMITTED = Path(models.__file__).parent / "exercises"


def classify(
    classifier: PoseClassifier, vector: FloatArray, *, legs_seen: bool = True
) -> dict[str, float]:
    return classifier.classify(vector[None], [legs_seen])[0]


def held(classifier: PoseClassifier, vector: FloatArray, holds: list[str]) -> dict[str, float]:
    found = classifier.classify(vector[None], [True], holds)[0]
    return {name: found[name] for name in holds}


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
    classes = classify(classifier, embed(as_pose(turned(points, heading))))
    assert max(classes, key=classes.__getitem__) == label
    assert sum(classes.values()) == pytest.approx(1)


def _all_within(exercises: Sequence[Exercise | Hold], reach: float | None) -> list[Exercise | Hold]:
    return [replace(e, reach=reach) if isinstance(e, Exercise) else e for e in exercises]


@pytest.mark.parametrize("reach", [None, 1.2])
def test_a_pose_like_no_sample_belongs_to_no_exercise(reach: float | None) -> None:
    classifier = PoseClassifier(_all_within(EXERCISES, reach), samples())
    upside_down = (squat(0) * [1, -1, 1]).astype(np.float32)
    assert classify(classifier, embed(as_pose(upside_down)))[NONE] == 1


def _among_others(
    reach: float | None, points: FloatArray, others: int, *, legs_seen: bool = True
) -> float:
    """The confidence in a push-up's bottom of a pose that so many others have."""
    same = SampleSet((NONE,) * others, ("figure",) * others, points[None].repeat(others, axis=0))
    classifier = PoseClassifier(_all_within(EXERCISES, reach), samples() + same)
    found = classify(classifier, embed(as_pose(points)), legs_seen=legs_seen)
    return found["push_up_down"]


@pytest.mark.parametrize("legs_seen", [True, False])
def test_all_in_reach_vote_where_an_exercise_says_so(legs_seen: bool) -> None:
    """Twenty others are nearer than any of its own."""
    points = push_up(0.8)
    points[[Landmark.LEFT_ELBOW, Landmark.RIGHT_ELBOW], 1] -= 0.08
    shares = {
        reach: _among_others(reach, points, 20, legs_seen=legs_seen) for reach in (None, 0.3, 1.2)
    }
    assert shares[None] == shares[0.3] == 0
    assert 0.3 < shares[1.2] < _among_others(1.2, points, 0, legs_seen=legs_seen)


def test_where_all_vote_its_bottom_may_be_a_pose_of_anything_too() -> None:
    points = push_up(0.93)
    assert _among_others(None, points, 20) == 0
    assert _among_others(1.2, points, 20) == _among_others(1.2, points, 0) > 0.3


def test_without_legs_the_upper_body_decides(classifier: PoseClassifier) -> None:
    points = push_up(0.9)
    for landmark in range(Landmark.LEFT_KNEE, len(points)):
        points[landmark] = [0.4, -0.5, 0.2]
    vector = embed(as_pose(points))
    assert classify(classifier, vector)["push_up_down"] == 0
    assert classify(classifier, vector, legs_seen=False)["push_up_down"] > 0.9


@pytest.fixture(scope="module")
def timing() -> PoseClassifier:
    """The same with a plank, which is a push-up's top, and a chair pose, which is a squat."""
    return PoseClassifier((*EXERCISES, PLANK, CHAIR), samples() + held_samples())


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (push_up(0.04), {"plank": 1, "chair": 0}),
        (squat(0.93), {"plank": 0, "chair": 1}),
        (push_up(0.9), {"plank": 0, "chair": 0}),
        (squat(0.1), {"plank": 0, "chair": 0}),
    ],
)
def test_a_held_pose_is_told_from_others(
    timing: PoseClassifier, points: FloatArray, expected: dict[str, float]
) -> None:
    vector = embed(as_pose(turned(points, 45)))
    assert held(timing, vector, ["plank", "chair"]) == pytest.approx(expected, abs=0.1)
    assert held(timing, vector, []) == {}


def test_what_comes_near_a_hold_speaks_against_it(timing: PoseClassifier) -> None:
    """Hips dropped: near a plank, but it has samples of its own."""
    shares = np.linspace(0, 1, 40)
    dropped = np.stack([push_up(0.05) + _dropped_hips(0.03 + 0.01 * share) for share in shares])
    near = SampleSet((NEAR,) * 40, ("figure",) * 40, dropped)
    vector = embed(as_pose(dropped[17]))
    before = held(timing, vector, ["plank"])["plank"]
    told = PoseClassifier((*EXERCISES, PLANK), samples() + held_samples() + near)
    assert held(told, vector, ["plank"])["plank"] == 0 < before


def _dropped_hips(metres: float) -> FloatArray:
    drop = np.zeros((33, 3), np.float32)
    drop[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 1] = metres
    return drop


@pytest.mark.parametrize("legs_seen", [True, False])
def test_holds_change_nothing_in_what_is_counted(legs_seen: bool) -> None:
    """To the last bit, for the samples of every folder: a held pose is a repetition's as well."""
    folders = sorted(path.parent for path in COMMITTED.glob("*/samples.csv"))
    exercises = {f: read_exercise(f) for f in folders if (f / "exercise.toml").exists()}
    counted = [one for one in exercises.values() if isinstance(one, Exercise)]
    sets = {folder: SampleSet.read(folder / "samples.csv") for folder in folders}
    every, without = (
        PoseClassifier(chosen, sum(rest, first))
        for chosen, (first, *rest) in (
            (list(exercises.values()), list(sets.values())),
            (counted, [sets[f] for f in folders if exercises.get(f, counted[0]) in counted]),
        )
    )
    assert every.classes == without.classes
    assert len(held(every, embed(as_pose(squat(0))), ["plank", "chair_pose", "warrior_ii"])) == 3
    for one in sets.values():
        for vector in one.vectors()[::60]:
            confidences = classify(every, vector, legs_seen=legs_seen)
            assert confidences == classify(without, vector, legs_seen=legs_seen)


def _committed() -> tuple[list[Exercise | Hold], SampleSet]:
    folders = sorted(path.parent for path in COMMITTED.glob("*/samples.csv"))
    exercises = [read_exercise(f) for f in folders if (f / "exercise.toml").exists()]
    first, *rest = (SampleSet.read(folder / "samples.csv") for folder in folders)
    return exercises, sum(rest, first)


def test_the_order_of_the_samples_does_not_matter() -> None:
    """Which of them are looked at first, and whether that is enough, depends on it."""
    exercises, samples = _committed()
    order = np.random.default_rng(3).permutation(len(samples.labels))
    shuffled = SampleSet(
        tuple(samples.labels[i] for i in order),
        tuple(samples.sources[i] for i in order),
        samples.points[order],
    )
    vectors = samples.vectors()[::150] + np.float32(0.02)
    legs_seen = [n % 4 > 0 for n in range(len(vectors))]
    holds = [one.name for one in exercises if isinstance(one, Hold)]
    one, other = (PoseClassifier(exercises, which) for which in (samples, shuffled))
    found, expected = (c.classify(vectors, legs_seen, holds) for c in (one, other))
    apart = [abs(a[name] - b[name]) for a, b in zip(found, expected, strict=True) for name in a]
    assert max(apart) <= 1 / 15 + 1e-6  # a vote, of two that are as far but for rounding
    assert np.mean(apart) < 1e-3


@pytest.mark.parametrize("reach", [None, 1.2])
def test_many_are_classified_as_each_is_alone(reach: float | None) -> None:
    """To the last bit, whatever the arithmetic does with many at once."""
    exercises, samples = _committed()
    classifier = PoseClassifier(_all_within(exercises, reach), samples)
    vectors = samples.vectors()[:: len(samples.labels) // 80] + np.float32(0.01)
    holds = [one.name for one in exercises if isinstance(one, Hold)]
    for size in (2, 3, 8, 64):
        for start in range(0, len(vectors), size):
            some = vectors[start : start + size]
            legs_seen = [n % 3 > 0 for n in range(len(some))]
            assert classifier.classify(some, legs_seen, holds) == [
                classifier.classify(one[None], [seen], holds)[0]
                for one, seen in zip(some, legs_seen, strict=True)
            ]
