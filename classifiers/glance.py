"""What can be told of each of some poses alone: told of all of them at once, which is quicker."""

from collections.abc import Collection, Sequence
from functools import cached_property

from classifiers.embedding import ANGLES, angles_seen, embed_all, trunks_away
from classifiers.knn import PoseClassifier
from classifiers.quantities import Readings, read_all
from pose_engine.landmarks import Pose

_LEAST_SEEN = 0.3


class Glance:
    """At one pose or more; each of its tables has one row a pose, the same as for that one alone.

    A table is worked out when it is first asked for.
    """

    def __init__(
        self, poses: Sequence[Pose], classifier: PoseClassifier, holds: Collection[str]
    ) -> None:
        self._poses = poses
        self._classifier, self._holds = classifier, holds
        self._vectors = embed_all(poses)
        self._readings: dict[tuple[str, ...], Readings] = {}

    @cached_property
    def vectors(self) -> list[list[float]]:
        """What `embed` gives."""
        vectors: list[list[float]] = self._vectors.tolist()
        return vectors

    @cached_property
    def away(self) -> list[float]:
        """How far the trunk points away from the camera, 0..1."""
        away: list[float] = trunks_away(self._poses).tolist()
        return away

    @cached_property
    def seen(self) -> list[dict[str, float]]:
        """How well the angle of each joint of `ANGLES` is seen, 0..1."""
        return [dict(zip(ANGLES, row, strict=True)) for row in angles_seen(self._poses).tolist()]

    @cached_property
    def confidences(self) -> list[dict[str, float]]:
        """In each class, and in the pose of each of the holds."""
        legs_seen = [seen["knee"] >= _LEAST_SEEN for seen in self.seen]
        classes = self._classifier.classify(self._vectors, legs_seen)
        held = self._classifier.held(self._vectors, self._holds)
        return [one | other for one, other in zip(classes, held, strict=True)]

    def readings(self, names: tuple[str, ...]) -> Readings:
        """The named quantities, (poses, names, 2, 2)."""
        if names not in self._readings:
            self._readings[names] = read_all(self._poses, names)
        return self._readings[names]
