"""Which class a pose belongs to, by its nearest labelled samples (k-NN on scikit-learn)."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from classifiers.embedding import UPPER_BODY
from classifiers.samples import SampleSet
from pose_engine.landmarks import FloatArray

NONE = "none"
"""The class of poses that belong to no exercise."""


class PoseClassifier:
    """Fitted once on a sample set and shared: classifying changes nothing in it.

    Each of the nearest `neighbours` samples has one vote. A sample farther away than `reach` votes
    for `none` whatever its label, so that a pose unlike every sample belongs to no exercise.
    """

    def __init__(self, samples: SampleSet, *, neighbours: int = 15, reach: float = 1.0) -> None:
        self.classes = tuple(dict.fromkeys((*samples.labels, NONE)))
        vectors = samples.vectors()
        labels = np.array([self.classes.index(label) for label in samples.labels])
        size = min(neighbours, len(samples))
        self._whole = _Neighbourhood(vectors, labels, np.ones_like(UPPER_BODY), size)
        self._upper = _Neighbourhood(vectors, labels, UPPER_BODY, size)
        self._reach = reach

    def classify(self, vector: FloatArray, *, legs_seen: bool = True) -> dict[str, float]:
        """The confidence in each class, summing to 1, for one vector of `embed`.

        Without the legs only the numbers of the upper body are compared.
        """
        neighbourhood = self._whole if legs_seen else self._upper
        distances, labels = neighbourhood.nearest(vector)
        labels[distances > self._reach] = self.classes.index(NONE)
        votes = np.bincount(labels, minlength=len(self.classes)) / len(labels)
        return dict(zip(self.classes, votes.tolist(), strict=True))


class _Neighbourhood:
    """The samples in some of the numbers, each scaled to unit variance."""

    def __init__(
        self,
        vectors: FloatArray,
        labels: NDArray[np.int_],
        columns: NDArray[np.bool_],
        size: int,
    ) -> None:
        self._labels, self._columns = labels, columns
        self._scaler = StandardScaler().fit(vectors[:, columns])
        self._index = NearestNeighbors(n_neighbors=size, algorithm="brute")
        self._index.fit(self._scaler.transform(vectors[:, columns]))

    def nearest(self, vector: FloatArray) -> tuple[FloatArray, NDArray[np.int_]]:
        """Root-mean-square distances to the nearest samples, and their labels' numbers."""
        scaled = self._scaler.transform(vector[None, self._columns])
        distances, indices = self._index.kneighbors(scaled)
        return distances[0] / np.sqrt(self._columns.sum()), self._labels[indices[0]]
