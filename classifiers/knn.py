"""Which exercise a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from classifiers.embedding import columns
from classifiers.exercise import Exercise
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray

NONE = "none"
"""The class of poses that belong to no exercise."""

_NEIGHBOURS = 15
_REACH = 1.0
_TOP_NEIGHBOURS = 3
_SHARED_REACH = 0.3


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


class _Neighbourhood:
    """The samples as one exercise sees them: some numbers only, each scaled to unit variance.

    Poses of anything else that look like the exercise's own top (standing, before a lunge) speak
    neither for nor against it: they are left out. A sample out of reach has no vote, so that a
    pose unlike every sample belongs to no exercise. Distances are root mean squares.
    """

    def __init__(
        self,
        exercise: Exercise,
        parts: Collection[str],
        vectors: FloatArray,
        labels: NDArray[np.str_],
    ) -> None:
        self._columns = columns(parts)
        self._scaler = StandardScaler().fit(vectors[:, self._columns])
        scaled = self._scale(vectors)
        top, own = labels == exercise.up, np.isin(labels, (exercise.up, exercise.down))
        to_top, _ = (
            NearestNeighbors(n_neighbors=_TOP_NEIGHBOURS).fit(scaled[top]).kneighbors(scaled)
        )
        kept = own | (to_top.mean(1) > _SHARED_REACH)
        self._names = (exercise.up, exercise.down)
        self._labels = labels[kept]
        self._index = NearestNeighbors(n_neighbors=_NEIGHBOURS, algorithm="kd_tree").fit(
            scaled[kept]
        )

    def confidences(self, vector: FloatArray) -> dict[str, float]:
        """The share of the nearest samples that are in reach and of each of its own classes."""
        distances, indices = self._index.kneighbors(self._scale(vector[None]))
        near = self._labels[indices[0][distances[0] < _REACH]]
        return {name: float((near == name).sum()) / _NEIGHBOURS for name in self._names}

    def _scale(self, vectors: FloatArray) -> FloatArray:
        """Scaled so that the Euclidean distance is the root mean square over the numbers."""
        scaled: FloatArray = self._scaler.transform(vectors[:, self._columns])
        scaled /= np.sqrt(self._columns.sum())
        return scaled
