"""The classifier's samples: poses of synthetic people, written into the exercise folders."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from classifiers.exercise import Exercise
from classifiers.knn import NONE, PoseClassifier
from classifiers.samples import SampleSet
from people.motions import EXERCISES, MOTIONS
from people.samples import random_skeletons, sample_poses
from people.skeleton import Skeleton

PER_EXERCISE, OTHERS = 1750, 7000
"""Poses made. Of the others only those are kept that come within reach of an exercise."""
_BODIES = 40
_EXERCISES = Path(__file__).parents[1] / "models" / "exercises"


def write_samples(folder: Path, seed: int) -> None:
    """Write `samples.csv` of every exercise, and of what must not be counted, under `folder`.

    The same seed writes the same bytes. Raises AssetsMissing when the bodies are not there.
    """
    skeletons = random_skeletons(_BODIES, seed)
    others = [name for name in MOTIONS if name not in EXERCISES]
    makes = [([name], PER_EXERCISE) for name in EXERCISES] + [(others, OTHERS)]
    names = (*EXERCISES, NONE)
    sets = {
        name: _samples(name, motions, count, seed + offset, skeletons)
        for offset, (name, (motions, count)) in enumerate(zip(names, makes, strict=True))
    }
    sets[NONE] = _close(sets)
    for name, samples in sets.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        samples.write(folder / name / "samples.csv")


def _samples(
    name: str, motions: Sequence[str], count: int, seed: int, skeletons: Sequence[Skeleton]
) -> SampleSet:
    poses = sample_poses(motions, count, seed, skeletons=skeletons)
    labels = np.where(poses.depth > 0.5, f"{name}_down", f"{name}_up")
    return SampleSet(
        labels=tuple([NONE] * count if name == NONE else labels.tolist()),
        sources=tuple(f"synthetic {motion}" for motion in poses.motion),
        points=poses.world,
    )


def _close(sets: Mapping[str, SampleSet]) -> SampleSet:
    """What belongs to no exercise but comes within reach of one; the rest would never be asked."""
    exercises = [Exercise.read(_EXERCISES / name) for name in EXERCISES]
    classifier = PoseClassifier(exercises, reduce(add, sets.values()))
    return sets[NONE].where(classifier.reaches(sets[NONE].vectors()))
