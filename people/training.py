"""The classifier's samples: poses of synthetic people, written into the exercise folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.embedding import as_pictured
from classifiers.exercise_file import read_exercise
from classifiers.knn import NEAR, NONE, PoseClassifier
from classifiers.lifter import Lifter
from classifiers.samples import SampleSet
from people.motions import EXERCISES, MOTIONS
from people.samples import Samples, random_skeletons, sample_poses
from people.skeleton import Skeleton

PER_EXERCISE, OTHERS = 1750, 7000
"""Poses made. Of the others only those are kept that come within reach of an exercise."""
NOT_OTHERS = (*EXERCISES, "chair_pose", "warrior_ii")
"""A chair pose is the bottom of a squat, so it does not speak against one; a plank may, for what
looks like the top of a push-up is left out."""
_BODIES = 40
_EXERCISES = Path(__file__).parents[1] / "models" / "exercises"


@dataclass(frozen=True)
class _Poses:
    """Poses of one class: `count` of the motions in turn, at some depths, in some styles."""

    label: str
    motions: tuple[str, ...]
    count: int
    depths: tuple[float, float] = (0.0, 1.0)
    style: Mapping[str, Any] = field(default_factory=dict)

    def sampled(self, seed: int, skeletons: Sequence[Skeleton]) -> SampleSet:
        """As samples, the same for the same seed."""
        poses = sample_poses(
            self.motions,
            self.count,
            seed,
            skeletons=skeletons,
            depths=self.depths,
            style=self.style,
        )
        return _labelled(poses, [self.label] * self.count)


RAISED = tuple(
    _Poses(f"push_up_{end}", ("push_up",), 50, depths, {"support": metres})
    for metres in (0.3, 0.45, 0.6)
    for end, depths in (("up", (0.0, 0.5)), ("down", (0.5, 1.0)))
)
"""Push-ups with the hands on a step, a bench, a chair."""

_HELD, _ENTERED = (0.0, 0.1), (0.9, 1.0)
FACE_DOWN = (
    _Poses(NONE, ("lie_on_front",), 200),
    _Poses(NONE, ("cobra",), 260, (0.95, 1.0)),
)
"""Only the top of a cobra speaks against a push-up: on the way there it looks like the bottom of
one on the knees whose hips sag."""
HOLDS = {
    "plank": (
        _Poses("plank_high", ("plank",), 300, _HELD, {"kind": "straight"}),
        _Poses("plank_forearm", ("plank",), 300, _HELD, {"kind": "forearms"}),
        _Poses(NEAR, ("lie_on_front",), 100, (0.7, 1.0), {"top": 66, "hands": 0.25}),
        _Poses(NEAR, ("lie_on_front", "all_fours", "downward_dog"), 200),
    ),
    "chair_pose": (
        _Poses("chair_pose_raised", ("chair_pose",), 300, _ENTERED, {"arms": "up"}),
        _Poses("chair_pose_joined", ("chair_pose",), 300, _ENTERED, {"arms": "chest"}),
        _Poses(NEAR, ("seated",), 80, _ENTERED, {"left": "overhead", "right": "same"}),
        _Poses(NEAR, ("seated",), 80, _ENTERED, {"left": "front", "right": "same"}),
        _Poses(NEAR, ("seated", "sit_down"), 160, _ENTERED),
        _Poses(NEAR, ("sit_on_floor", "kneel", "sit_up"), 80),
    ),
    "warrior_ii": (
        _Poses("warrior_ii", ("warrior_ii",), 600, _ENTERED),
        _Poses(NEAR, ("idle",), 100, _ENTERED, {"left": "wide", "right": "same"}),
        _Poses(NEAR, ("side_lunge", "lunge", "jumping_jack"), 200),
    ),
}
"""Each hold's own poses, and those that come near it: upward dogs, sitting, arms out wide ..."""


def write_samples(folder: Path, seed: int) -> None:
    """Write `samples.csv` of every exercise, and of what must not be counted, under `folder`.

    The same seed writes the same bytes. Raises AssetsMissing when the bodies are not there.
    """
    skeletons = random_skeletons(_BODIES, seed)
    apart = {*NOT_OTHERS, *(motion for poses in FACE_DOWN for motion in poses.motions)}
    others = [name for name in MOTIONS if name not in apart]
    makes = [([name], PER_EXERCISE) for name in EXERCISES] + [(others, OTHERS)]
    names = (*EXERCISES, NONE)
    sets = {
        name: _counted(name, motions, count, seed + offset, skeletons)
        for offset, (name, (motions, count)) in enumerate(zip(names, makes, strict=True))
    }
    sets["push_up"] += _all(RAISED, seed, skeletons)
    sets[NONE] += _all(FACE_DOWN, seed, skeletons)
    sets[NONE] = _close(sets)
    offset = seed + len(sets)
    for name, held in HOLDS.items():
        sets[name] = _all(held, offset, skeletons)
        offset += len(held)
    for name, samples in sets.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        samples.write(folder / name / "samples.csv")


def _counted(
    name: str, motions: Sequence[str], count: int, seed: int, skeletons: Sequence[Skeleton]
) -> SampleSet:
    poses = sample_poses(motions, count, seed, skeletons=skeletons)
    ends = np.where(poses.depth > 0.5, f"{name}_down", f"{name}_up").tolist()
    return _labelled(poses, [NONE] * count if name == NONE else ends)


def _all(poses: Sequence[_Poses], seed: int, skeletons: Sequence[Skeleton]) -> SampleSet:
    return reduce(add, (one.sampled(seed + i, skeletons) for i, one in enumerate(poses)))


def _close(sets: Mapping[str, SampleSet]) -> SampleSet:
    """What belongs to no exercise but comes within reach of one; the rest would never be asked."""
    exercises = [read_exercise(_EXERCISES / name) for name in EXERCISES]
    classifier = PoseClassifier(exercises, reduce(add, sets.values()), Lifter.read())
    return sets[NONE].where(classifier.reaches(sets[NONE].vectors(classifier.lift)))


def _labelled(poses: Samples, labels: Sequence[str]) -> SampleSet:
    return SampleSet(
        labels=tuple(labels),
        sources=tuple(f"synthetic {motion}" for motion in poses.motion),
        points=as_pictured(poses.world, poses.image),
    )
