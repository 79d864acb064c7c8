"""The classifier's samples: poses of synthetic people, written into the exercise folders."""

from pathlib import Path

import numpy as np

from classifiers.knn import NONE
from classifiers.samples import SampleSet
from people.motions import EXERCISES, MOTIONS
from people.samples import random_skeletons, sample_poses

PER_EXERCISE, OTHERS = 800, 2000
CONFUSABLE = (
    "deadlift", "pick_up", "sit_down", "lunge", "side_lunge",
    "plank", "all_fours", "downward_dog", "lie_on_front", "mountain_climber",
)  # fmt: skip
"""What comes close to a squat or a push-up: three times as many of these as of the rest."""
_BODIES = 40


def write_samples(folder: Path, seed: int) -> None:
    """Write `samples.csv` of every exercise, and of what must not be counted, under `folder`.

    The same seed writes the same bytes. Raises AssetsMissing when the bodies are not there.
    """
    skeletons = random_skeletons(_BODIES, seed)
    others = [*(name for name in MOTIONS if name not in EXERCISES), *CONFUSABLE, *CONFUSABLE]
    sets = [(name, [name], PER_EXERCISE) for name in EXERCISES] + [(NONE, others, OTHERS)]
    for offset, (name, motions, count) in enumerate(sets):
        poses = sample_poses(motions, count, seed + offset, skeletons=skeletons)
        labels = np.where(poses.depth > 0.5, f"{name}_down", f"{name}_up")
        samples = SampleSet(
            labels=tuple([NONE] * count if name == NONE else labels.tolist()),
            sources=tuple(f"synthetic {motion}" for motion in poses.motion),
            points=poses.world,
        )
        (folder / name).mkdir(parents=True, exist_ok=True)
        samples.write(folder / name / "samples.csv")
