"""What can be told of each of some poses alone: told of all of them at once, which is quicker."""

from collections.abc import Collection
from functools import cached_property

from classifiers.embedding import (
    ANGLES,
    angles_seen,
    embed_points,
    squarenesses,
    trunks_away,
)
from classifiers.knn import PoseClassifier
from classifiers.quantities import Readings, read_points
from pose_engine.landmarks import FloatArray

LEAST_SEEN = 0.3
"""An angle that is seen less tells nothing."""


class Glance:
    """At one body or more; each of its tables has one row a body, the same as for that one alone.

    `points`: (n, 33, 3) as `embedding.points_of` gives them, `visibility`: (n, 33) in 0..1. A table
    is worked out when it is first asked for.
    """

    def __init__(
        self,
        points: FloatArray,
        visibility: FloatArray,
        classifier: PoseClassifier,
        holds: Collection[str],
    ) -> None:
        self._points, self._visibility = classifier.lift(points), visibility
        self._vectors = embed_points(self._points, visibility)
        self._classifier, self._holds = classifier, holds
        self._readings: dict[tuple[str, ...], Readings] = {}

    @cached_property
    def vectors(self) -> list[list[float]]:
        """What `embed_points` gives of the lifted points."""
        vectors: list[list[float]] = self._vectors.tolist()
        return vectors

    @cached_property
    def away(self) -> list[float]:
        """How far the trunk points away from the camera, 0..1."""
        away: list[float] = trunks_away(self._points).tolist()
        return away

    @cached_property
    def square(self) -> list[float]:
        """How squarely he faces the camera or turns his back to it, 0..1."""
        square: list[float] = squarenesses(self._points).tolist()
        return square

    @cached_property
    def seen(self) -> list[dict[str, float]]:
        """How well the angle of each joint of `ANGLES` is seen, 0..1."""
        seen = angles_seen(self._visibility).tolist()
        return [dict(zip(ANGLES, row, strict=True)) for row in seen]

    @cached_property
    def confidences(self) -> list[dict[str, float]]:
        """In each class, and in the pose of each of the holds."""
        legs_seen = [seen["knee"] >= LEAST_SEEN for seen in self.seen]
        return self._classifier.classify(self._vectors, legs_seen, self._holds)

    def readings(self, names: tuple[str, ...]) -> Readings:
        """The named quantities, (poses, names, 2, 2)."""
        if names not in self._readings:
            self._readings[names] = read_points(self._points, self._visibility, names)
        return self._readings[names]
