"""Which exercise a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

from collections.abc import Collection, Sequence

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
_CANDIDATES = 24
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
            _Neighbourhood(
                (e.up, e.down), (e.up,), set(e.parts) - {"legs", "weight"}, vectors, labels
            )
            for e in counted
            if not e.needs_legs
        ]

    def classify(self, vectors: FloatArray, legs_seen: Sequence[bool]) -> list[dict[str, float]]:
        """The confidence in each class, summing to 1, for each of (n, len(NAMES)) by `embed`."""
        whole = _by_name(self._whole, vectors)
        legless = whole if all(legs_seen) else _by_name(self._legless, vectors)
        return [
            self._confidences(whole[n] if seen else legless[n]) for n, seen in enumerate(legs_seen)
        ]

    def held(self, vectors: FloatArray, holds: Collection[str]) -> list[dict[str, float]]:
        """The confidence, 0..1, that each of the vectors is the pose of each named hold."""
        shares = {name: self._held[name].shares(vectors).sum(1).tolist() for name in holds}
        return [{name: shares[name][n] for name in holds} for n in range(len(vectors))]

    def _confidences(self, shares: dict[str, float]) -> dict[str, float]:
        total = sum(shares.values())
        confidences = dict.fromkeys(self.classes, 0.0) | shares | {NONE: max(0.0, 1 - total)}
        return {name: value / max(total, 1.0) for name, value in confidences.items()}

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
        self.names = tuple(names)
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
        self._classes = np.full(kept.sum(), -1)
        for number, name in enumerate(self.names):
            self._classes[labels[kept] == name] = number
        self._samples = scaled[kept]
        self._squares = (self._samples**2).sum(1)

    def shares(self, vectors: FloatArray) -> FloatArray:
        """The shares of the nearest samples that are in reach and of each of its own classes.

        Of (n, len(NAMES)), as (n, classes).
        """
        scaled = np.einsum("nc,cs->ns", vectors[:, self._columns], self._scale)
        nearest, in_reach = self._nearest(scaled)
        votes = (self._classes[nearest][:, :, None] == np.arange(len(self.names))) & in_reach
        shares: FloatArray = votes.sum(1) / _NEIGHBOURS
        return shares

    def _nearest(self, scaled: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The nearest samples of each, (n, k), and whether they are in reach, (n, k, 1).

        By one product with all of them: of so many numbers a sample a tree prunes little, and
        asking scikit-learn's for one pose at a time takes twenty times as long. A product's
        rounding depends on how many are asked for, hence the second look at the few that matter.
        """
        roughly = self._squares - 2 * (scaled @ self._samples.T)
        few = np.argpartition(roughly, _CANDIDATES)[:, :_CANDIDATES]
        squared = ((self._samples[few] - scaled[:, None]) ** 2).sum(2)
        nearest = np.argpartition(squared, _NEIGHBOURS - 1)[:, :_NEIGHBOURS]
        in_reach = np.take_along_axis(squared, nearest, 1) < self._reach**2
        return np.take_along_axis(few, nearest, 1), in_reach[:, :, None]

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors are in reach of a sample of its own."""
        own = NearestNeighbors(n_neighbors=1).fit(self._own)
        distances, _ = own.kneighbors(vectors[:, self._columns] @ self._scale)
        reached: NDArray[np.bool_] = distances[:, 0] < self._reach
        return reached


def _by_name(
    neighbourhoods: Sequence[_Neighbourhood], vectors: FloatArray
) -> list[dict[str, float]]:
    """The shares of every class, for each of the vectors."""
    shares: list[dict[str, float]] = [{} for _ in vectors]
    for one in neighbourhoods:
        for found, row in zip(shares, one.shares(vectors).tolist(), strict=True):
            found.update(zip(one.names, row, strict=True))
    return shares


def _whitening(covariance: FloatArray) -> FloatArray:
    """The matrix, (n, n), that makes n numbers of that covariance uncorrelated.

    Squared, they then add up to 1 on average: ZCA/PCA whitening with a shrunk covariance.
    """
    spread = np.maximum(covariance.diagonal(), _LEAST_SPREAD**2)
    shrunk = _TRUST * covariance + (1 - _TRUST) * np.diag(spread)
    variances, axes = np.linalg.eigh(shrunk)
    return (axes / np.sqrt((variances + _FLOOR**2) * len(variances))).astype(np.float32)
