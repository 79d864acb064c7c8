"""What can be told of each of some poses alone: told of all of them at once, which is quicker."""

from collections.abc import Callable, Collection
from functools import cache, partial
from typing import NamedTuple

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


class Glance(NamedTuple):
    """At one body."""

    vector: list[float]
    """What `embed_points` gives of its lifted points, (len(NAMES),)."""
    away: float
    """How far the trunk points away from the camera, 0..1."""
    square: float
    """How squarely he faces the camera or turns his back to it, 0..1."""
    seen: dict[str, float]
    """How well the angle of each joint of `ANGLES` is seen, 0..1."""
    confidences: dict[str, float]
    """In each class, and in the pose of each of the holds, 0..1."""
    read_all: Callable[[tuple[str, ...]], Readings]
    """Quantities of all bodies that were looked at with it, only if they are asked for; ..."""
    row: int
    """... and where it is among them."""

    def readings(self, names: tuple[str, ...]) -> Readings:
        """Its named quantities, (names, 2, 2)."""
        readings: Readings = self.read_all(names)[self.row]
        return readings


def glances(
    points: FloatArray,
    visibility: FloatArray,
    classifier: PoseClassifier,
    holds: Collection[str] = (),
) -> list[Glance]:
    """At each of some bodies, the same as at it alone.

    `points`: (n, 33, 3) as `embedding.points_of` gives them, `visibility`: (n, 33) in 0..1;
    `holds`: those whose poses are asked for.
    """
    points = classifier.lift(points)
    vectors = embed_points(points, visibility)
    seen = [dict(zip(ANGLES, row, strict=True)) for row in angles_seen(visibility).tolist()]
    legs_seen = [one["knee"] >= LEAST_SEEN for one in seen]
    columns = (
        vectors.tolist(),
        trunks_away(points).tolist(),
        squarenesses(points).tolist(),
        seen,
        classifier.classify(vectors, legs_seen, holds),
    )
    read_all = cache(partial(read_points, points, visibility))
    return [Glance(*row, read_all, i) for i, row in enumerate(zip(*columns, strict=True))]
