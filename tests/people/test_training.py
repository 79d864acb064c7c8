"""The committed samples are what the tool makes, and a classifier can be fitted on them."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.embedding import as_pictured, embed_points
from classifiers.exercise import Kind
from classifiers.knn import NEAR
from classifiers.library import Library
from classifiers.samples import SampleSet
from people import training
from people.assets import AssetsMissing
from people.motions import EXERCISES
from people.samples import sample_poses
from people.skeleton import Skeleton

CHECKOUT = Path(training.__file__).parents[1]
COMMITTED = CHECKOUT / "models" / "exercises"


def test_every_class_has_its_share_of_the_committed_samples() -> None:
    for name in EXERCISES:
        samples = SampleSet.read(COMMITTED / name / "samples.csv")
        up, down = (samples.labels.count(f"{name}_{end}") for end in ("up", "down"))
        raised = sum(poses.count for poses in training.RAISED if poses.label.startswith(name))
        assert up + down == len(samples) == training.PER_EXERCISE + raised
        assert min(up, down) > 0.4 * len(samples)
    others = SampleSet.read(COMMITTED / "none" / "samples.csv")
    assert set(others.labels) == {"none"}
    assert training.OTHERS / 2 < len(others) < training.OTHERS  # the rest is out of reach
    assert not {f"synthetic {name}" for name in training.NOT_OTHERS} & set(others.sources)


def test_the_card_says_how_many_there_are() -> None:
    squats, push_ups, others, *holds = (
        len(SampleSet.read(COMMITTED / name / "samples.csv"))
        for name in ("squat", "push_up", "none", *training.HOLDS)
    )
    card = CHECKOUT.joinpath("docs", "exercise_accuracy.md").read_text(encoding="utf-8")
    made = training.OTHERS + sum(poses.count for poses in training.FACE_DOWN)
    for told in (
        f"| {squats + push_ups + others:,} poses: {squats:,} squats, {push_ups:,} push-ups",
        f"and {made:,} of 26 other movements, of which those {others:,} are kept",
        f"beside them {sum(holds):,} for the three holds",
    ):
        assert told in card


@pytest.mark.parametrize("name", training.HOLDS)
def test_every_hold_has_its_poses_and_some_that_come_near(name: str) -> None:
    samples = SampleSet.read(COMMITTED / name / "samples.csv")
    for label in {poses.label for poses in training.HOLDS[name]}:
        counts = [poses.count for poses in training.HOLDS[name] if poses.label == label]
        assert samples.labels.count(label) == sum(counts)
    assert samples.labels.count(NEAR) <= len(samples) / 2


@pytest.mark.timeout(600)  # all of them: a minute, on a busy machine two
def test_the_same_seed_writes_the_same_samples(tmp_path: Path) -> None:
    try:
        training.write_samples(tmp_path, 10)
    except AssetsMissing as missing:
        pytest.skip(str(missing))
    for path in COMMITTED.glob("*/samples.csv"):
        made = SampleSet.read(tmp_path / path.parent.name / path.name)
        committed = SampleSet.read(path)
        assert (made.labels, made.sources) == (committed.labels, committed.sources)
        assert np.allclose(made.points, committed.points, atol=0.002)


def test_the_committed_exercises_load(library: Library) -> None:
    kinds = {one.name: one.kind for one in library.exercises}
    assert kinds == dict.fromkeys(EXERCISES, Kind.REPS) | dict.fromkeys(training.HOLDS, Kind.HOLD)


def test_without_legs_a_push_ups_top_is_still_one_and_a_dog_is_not(
    library: Library, skeleton: Skeleton
) -> None:
    classifier = library.classifier

    def sure(motion: str, depth: float) -> float:
        samples = sample_poses([motion], 60, 77, skeletons=[skeleton], depths=(depth, depth))
        points = classifier.lift(as_pictured(samples.world, samples.image))
        vectors = embed_points(points, np.ones((60, 33), np.float32))
        classes = classifier.classify(vectors, [False] * 60)
        return float(np.mean([one["push_up_up"] + one["push_up_down"] for one in classes]))

    assert sure("push_up", 0.0) > 0.85
    assert sure("downward_dog", 1.0) < 0.1
