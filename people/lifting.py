"""The lifter's training: people in every posture, as a camera and BlazePose would give them."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from classifiers.embedding import as_pictured
from classifiers.lifter import Lifter, inputs, targets
from people.motions import EXERCISES, MOTIONS
from people.samples import random_skeletons, sample_poses
from people.skeleton import Skeleton
from pose_engine.landmarks import LANDMARK_COUNT, MIRROR, FloatArray, Landmark

POSES, BODIES = 150_000, 60
WIDTHS = (256, 256, 256)
EPOCHS = 24
_EXTRA = 4
"""So many times more of the exercises than of any other motion."""
_STRAYS = 0.35
"""The share of poses that are none of a motion, but between two: people do more than we know."""
_TRUNK, _SHOULDER, _HEAD, _HIP = 0.05, 0.04, 0.07, 0.01
_STEPS = {
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW): 0.07,
    (Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST): 0.075,
    (Landmark.LEFT_HIP, Landmark.LEFT_KNEE): 0.075,
    (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE): 0.07,
    (Landmark.LEFT_ANKLE, Landmark.LEFT_HEEL): 0.017,
    (Landmark.LEFT_ANKLE, Landmark.LEFT_FOOT_INDEX): 0.04,
}
"""Metres that the pose net is off by in z: of the trunk's lean, of each end of it, and of a limb's
next landmark, beside the one before, on the left as on the right. Together they come to what
BlazePose was off by on rendered people: 0.09 at the knee, 0.12 to 0.16 at wrist and ankle."""
_ACROSS = 0.02
"""The same across the view, of each step."""

Report = Callable[[str], None]
_FIRST_RATE, _LAST_RATE = 1e-3, 2e-5


def train(skeletons: Sequence[Skeleton], poses: int, seed: int, report: Report = print) -> Lifter:
    """Fit a lifter on so many poses and their mirror images; `report` is told how far it is."""
    motions = [*MOTIONS, *EXERCISES * _EXTRA]
    samples = sample_poses(motions, poses, seed, skeletons=skeletons, strays=_STRAYS)
    seen, true = as_pictured(samples.world, samples.image), samples.true
    seen = seen + _drift(poses, np.random.default_rng(seed))
    x, y = (np.concatenate([one, _mirrored(one)]) for one in (seen, true))
    return _fitted(inputs(x), targets(y), report)


def write_lifter(path: Path, seed: int) -> None:
    """Train and write the weights: a quarter of an hour, most of it for the poses.

    Raises AssetsMissing when the bodies are not there.
    """
    train(random_skeletons(BODIES, seed), POSES, seed).write(path)


def _drift(count: int, rng: np.random.Generator) -> FloatArray:
    """Where a limb is off all of it is: errors that add up from the trunk out, (count, 33, 3)."""

    def error(metres: float) -> FloatArray:
        return rng.normal(0, (_ACROSS, _ACROSS, metres), (count, 3)).astype(np.float32)

    drift = np.zeros((count, LANDMARK_COUNT, 3), np.float32)
    trunk = rng.normal(0, (0, 0, _TRUNK), (count, 3))
    drift[:, Landmark.NOSE] = trunk + error(_HEAD)
    for side in (0, 1):
        drift[:, Landmark.LEFT_SHOULDER + side] = trunk + error(_SHOULDER)
        drift[:, Landmark.LEFT_HIP + side] = error(_HIP)
        for (before, after), metres in _STEPS.items():
            drift[:, after + side] = drift[:, before + side] + error(metres)
    return drift


def _mirrored(points: FloatArray) -> FloatArray:
    mirrored: FloatArray = (points * (-1, 1, 1))[:, MIRROR].astype(np.float32)
    return mirrored


def _fitted(x: FloatArray, y: FloatArray, report: Report) -> Lifter:
    """By Adam, the rate going down from epoch to epoch."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - takes 0.7 s, to train alone
    from sklearn.neural_network import MLPRegressor  # noqa: PLC0415

    middle, spread = x.mean(0), x.std(0) + 1e-6
    scaled = (x - middle) / spread
    net = MLPRegressor(
        hidden_layer_sizes=WIDTHS, batch_size=512, max_iter=1, warm_start=True, alpha=1e-5,
        random_state=0,
    )  # fmt: skip
    for epoch, rate in enumerate(np.geomspace(_FIRST_RATE, _LAST_RATE, EPOCHS), 1):
        net.learning_rate_init = rate
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is one epoch at a time
            net.fit(scaled, y)
        report(f"epoch {epoch} of {EPOCHS}: loss {net.loss_:.5f}")
    first, *others = zip(net.coefs_, net.intercepts_, strict=True)
    weights = first[0] / spread[:, None]
    return Lifter([(weights, first[1] - middle @ weights), *others])
