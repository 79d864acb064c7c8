"""Which exercise a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from classifiers.embedding import columns
from classifiers.exercise import Exercise, Hold
from classifiers.samples import SamplesError, SampleSet
from pose_engine.landmarks import FloatArray

NONE = "none"
"""The class of poses that belong to no exercise."""
NEAR = "near"
"""The class of poses that come near a hold and are none; holds alone look at it."""

_NEIGHBOURS = 15
_REACH, _HELD_REACH = 1.5, 1.1
"""How far a sample may be to have a vote; nearer for a hold, for no movement speaks for it too."""
_SHARED_NEIGHBOURS = 3
_SHARED_REACH = 0.5
_LEAST_SPREAD = 0.05
_TRUST = 0.7
_FLOOR = 0.02
"""What a number is taken to vary by at least: one that is always the same would decide alone."""


class PoseClassifier:
    """Fitted once on a sample set and shared: classifying changes nothing in it.

    Its classes are `up` and `down` of every exercise, and `none`. Each exercise asks in its own
    parts of the body, so that squats do not depend on the arms; without the legs in view it asks
    in the rest, and an exercise about the legs has no say.

    Poses that are held stand apart: a chair pose is the bottom of a squat as well, and only time
    tells which. So they are asked for by themselves, and their samples have no say in an exercise.

    Raises SamplesError where a class has no samples.
    """

    def __init__(self, exercises: Sequence[Exercise | Hold], samples: SampleSet) -> None:
        counted = [one for one in exercises if isinstance(one, Exercise)]
        holds = [one for one in exercises if isinstance(one, Hold)]
        self.classes = (*(name for e in counted for name in (e.up, e.down)), NONE)
        vectors, labels = samples.vectors(), np.array(samples.labels)
        self._held = {
            hold.name: _Neighbourhood(
                hold.classes, hold.classes, hold.parts, vectors, labels, reach=_HELD_REACH
            )
            for hold in holds
        }
        seen = ~np.isin(labels, [NEAR, *(name for hold in holds for name in hold.classes)])
        vectors, labels = vectors[seen], labels[seen]
        self._whole = [
            _Neighbourhood((e.up, e.down), (e.up,), e.parts, vectors, labels) for e in counted
        ]
        self._legless = [
            _Neighbourhood((e.up, e.down), (e.up,), set(e.parts) - {"legs"}, vectors, labels)
            for e in counted
            if not e.needs_legs
        ]

    def classify(self, vector: FloatArray, *, legs_seen: bool = True) -> dict[str, float]:
        """The confidence in each class, summing to 1, for one vector of `embed`."""
        confidences = dict.fromkeys(self.classes, 0.0)
        for neighbourhood in self._whole if legs_seen else self._legless:
            confidences |= neighbourhood.confidences(vector)
        total = sum(confidences.values())
        confidences[NONE] = max(0.0, 1 - total)
        return {name: value / max(total, 1.0) for name, value in confidences.items()}

    def held(self, vector: FloatArray, holds: Iterable[str]) -> dict[str, float]:
        """The confidence, 0..1, that one vector of `embed` is the pose of each named hold."""
        return {name: sum(self._held[name].confidences(vector).values()) for name in holds}

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors, (n, len(NAMES)), any exercise has a sample in reach of."""
        near = [neighbourhood.reaches(vectors) for neighbourhood in self._whole]
        any_near: NDArray[np.bool_] = np.any(near, axis=0)
        return any_near


class _Neighbourhood:
    """The samples as one exercise sees them: some numbers only, whitened by their own spread.

    A number that hardly varies within each of its own classes, such as the slope of the trunk in a
    squat, weighs more than one that does, and what two numbers say in common is said once. A
    distance is the root mean square of the differences in standard deviations.
    Poses of anything else that look like its `shared` classes (standing, before a lunge, is a
    squat's top; a push-up's top is a plank) speak neither for nor against it: they are left out.
    A sample out of reach has no vote, so that a pose unlike every sample belongs to no exercise.
    """

    def __init__(
        self,
        names: Sequence[str],
        shared: Collection[str],
        parts: Collection[str],
        vectors: FloatArray,
        labels: NDArray[np.str_],
        *,
        reach: float = _REACH,
    ) -> None:
        self._reach = reach
        self._columns = columns(parts)
        self._names = tuple(names)
        own = [labels == name for name in names]
        missing = [name for name, mask in zip(names, own, strict=True) if not mask.any()]
        if missing:
            raise SamplesError(f"no sample is labelled {' or '.join(missing)}")
        used = vectors[:, self._columns]
        self._scale = _whitening(np.mean([np.cov(used[one].T) for one in own], axis=0))
        scaled = used @ self._scale
        self._own = scaled[np.logical_or.reduce(own)]
        alike = scaled[np.isin(labels, list(shared))]
        to_own, _ = NearestNeighbors(n_neighbors=_SHARED_NEIGHBOURS).fit(alike).kneighbors(scaled)
        kept = np.logical_or.reduce(own) | (to_own.mean(1) > _SHARED_REACH)
        self._labels = labels[kept]
        self._samples = scaled[kept]
        self._squares = (self._samples**2).sum(1)

    def confidences(self, vector: FloatArray) -> dict[str, float]:
        """The share of the nearest samples that are in reach and of each of its own classes."""
        near = self._labels[self._nearest(vector[self._columns] @ self._scale)]
        return {name: float((near == name).sum()) / _NEIGHBOURS for name in self._names}

    def _nearest(self, scaled: FloatArray) -> NDArray[np.intp]:
        """Which samples are the nearest, as far as they are in reach.

        By one product with all of them: of so many numbers a sample a tree prunes little, and
        asking scikit-learn's for one pose at a time takes twenty times as long.
        """
        squared: FloatArray = self._squares - 2 * (self._samples @ scaled) + scaled @ scaled
        nearest = np.argpartition(squared, _NEIGHBOURS)[:_NEIGHBOURS]
        in_reach: NDArray[np.intp] = nearest[squared[nearest] < self._reach**2]
        return in_reach

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors are in reach of a sample of its own."""
        own = NearestNeighbors(n_neighbors=1).fit(self._own)
        distances, _ = own.kneighbors(vectors[:, self._columns] @ self._scale)
        reached: NDArray[np.bool_] = distances[:, 0] < self._reach
        return reached


def _whitening(covariance: FloatArray) -> FloatArray:
    """The matrix, (n, n), that makes n numbers of that covariance uncorrelated.

    Squared, they then add up to 1 on average: ZCA/PCA whitening with a shrunk covariance.
    """
    spread = np.maximum(covariance.diagonal(), _LEAST_SPREAD**2)
    shrunk = _TRUST * covariance + (1 - _TRUST) * np.diag(spread)
    variances, axes = np.linalg.eigh(shrunk)
    return (axes / np.sqrt((variances + _FLOOR**2) * len(variances))).astype(np.float32)
