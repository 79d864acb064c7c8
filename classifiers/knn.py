"""Which exercise a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from classifiers.embedding import columns
from classifiers.exercise import Exercise
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray

NONE = "none"
"""The class of poses that belong to no exercise."""

_NEIGHBOURS = 15
_REACH = 1.5
_TOP_NEIGHBOURS = 3
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
    """

    def __init__(self, exercises: Sequence[Exercise], samples: SampleSet) -> None:
        self.classes = (*(name for e in exercises for name in (e.up, e.down)), NONE)
        vectors, labels = samples.vectors(), np.array(samples.labels)
        self._whole = [_Neighbourhood(e, e.parts, vectors, labels) for e in exercises]
        self._legless = [
            _Neighbourhood(e, set(e.parts) - {"legs"}, vectors, labels)
            for e in exercises
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

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors, (n, len(NAMES)), any exercise has a sample in reach of."""
        near = [neighbourhood.reaches(vectors) for neighbourhood in self._whole]
        any_near: NDArray[np.bool_] = np.any(near, axis=0)
        return any_near


class _Neighbourhood:
    """The samples as one exercise sees them: some numbers only, whitened by their own spread.

    A number that hardly varies within `up` and within `down`, such as the slope of the trunk in a
    squat, weighs more than one that does, and what two numbers say in common is said once. A
    distance is the root mean square of the differences in standard deviations.
    Poses of anything else that look like the exercise's own top (standing, before a lunge) speak
    neither for nor against it: they are left out. A sample out of reach has no vote, so that a
    pose unlike every sample belongs to no exercise.
    """

    def __init__(
        self,
        exercise: Exercise,
        parts: Collection[str],
        vectors: FloatArray,
        labels: NDArray[np.str_],
    ) -> None:
        self._columns = columns(parts)
        self._names = (exercise.up, exercise.down)
        up, down = (labels == name for name in self._names)
        used = vectors[:, self._columns]
        self._scale = _whitening(np.cov(used[up].T) + np.cov(used[down].T))
        scaled = used @ self._scale
        self._own = scaled[up | down]
        to_top, _ = NearestNeighbors(n_neighbors=_TOP_NEIGHBOURS).fit(scaled[up]).kneighbors(scaled)
        kept = up | down | (to_top.mean(1) > _SHARED_REACH)
        self._labels = labels[kept]
        self._index = NearestNeighbors(n_neighbors=_NEIGHBOURS, algorithm="kd_tree")
        self._index.fit(scaled[kept])

    def confidences(self, vector: FloatArray) -> dict[str, float]:
        """The share of the nearest samples that are in reach and of each of its own classes."""
        distances, indices = self._index.kneighbors(vector[None, self._columns] @ self._scale)
        near = self._labels[indices[0][distances[0] < _REACH]]
        return {name: float((near == name).sum()) / _NEIGHBOURS for name in self._names}

    def reaches(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Which of the vectors are in reach of a sample of its own."""
        own = NearestNeighbors(n_neighbors=1).fit(self._own)
        distances, _ = own.kneighbors(vectors[:, self._columns] @ self._scale)
        reached: NDArray[np.bool_] = distances[:, 0] < _REACH
        return reached


def _whitening(twice_covariance: FloatArray) -> FloatArray:
    """The matrix, (n, n), that makes n numbers of that (doubled) covariance uncorrelated.

    Squared, they then add up to 1 on average: ZCA/PCA whitening with a shrunk covariance.
    """
    covariance = twice_covariance / 2
    spread = np.maximum(covariance.diagonal(), _LEAST_SPREAD**2)
    shrunk = _TRUST * covariance + (1 - _TRUST) * np.diag(spread)
    variances, axes = np.linalg.eigh(shrunk)
    return (axes / np.sqrt((variances + _FLOOR**2) * len(variances))).astype(np.float32)
