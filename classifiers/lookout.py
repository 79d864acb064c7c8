"""Poses, each looked at as it is observed or, which is quicker, with others before that."""

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from classifiers.embedding import points_of
from classifiers.glance import Glance
from classifiers.knn import PoseClassifier
from classifiers.quantities import Readings
from classifiers.roll import Roll, level, stands
from pose_engine.landmarks import Pose


class Look(NamedTuple):
    """At one pose: its row of a glance."""

    pose: Pose
    at_s: float
    roll: Roll
    """The camera's, by then."""
    glance: Glance
    row: int

    @property
    def vector(self) -> list[float]:
        """Its embedding, see `Glance.vectors`."""
        return self.glance.vectors[self.row]

    @property
    def away(self) -> float:
        """See `Glance.away`."""
        return self.glance.away[self.row]

    @property
    def square(self) -> float:
        """See `Glance.square`."""
        return self.glance.square[self.row]

    @property
    def seen(self) -> dict[str, float]:
        """See `Glance.seen`."""
        return self.glance.seen[self.row]

    @property
    def confidences(self) -> dict[str, float]:
        """See `Glance.confidences`."""
        return self.glance.confidences[self.row]

    def readings(self, names: tuple[str, ...]) -> Readings:
        """Its named quantities, (names, 2, 2)."""
        readings: Readings = self.glance.readings(names)[self.row]
        return readings


class Lookout:
    """Looks at the poses of one session, whose `holds` are asked for too."""

    def __init__(self, classifier: PoseClassifier) -> None:
        self._classifier = classifier
        self._ahead = deque[Look]()
        self.holds: Collection[str] = ()
        self.roll = Roll()
        """How the camera was rolled when the last pose was observed."""

    @property
    def coming_roll(self) -> Roll:
        """How it is once all that is expected is observed."""
        return self._ahead[-1].roll if self._ahead else self.roll

    def expect(self, look: Look) -> None:
        """It will be observed after those that are expected already."""
        self._ahead.append(look)

    def look(self, pose: Pose, at_s: float) -> Look:
        """At one that is observed now."""
        if not (self._ahead and self._ahead[0].pose is pose and self._ahead[0].at_s == at_s):
            self._ahead.clear()  # what was expected has not come
            look_ahead([(self, pose, at_s)], self._classifier)
        look = self._ahead.popleft()
        self.roll = look.roll
        return look

    def turn_to(self, holds: Collection[str]) -> None:
        """These are asked for from here on."""
        self.holds = holds
        self._ahead.clear()

    def forget(self) -> None:
        """What comes may be seen by another camera."""
        self.roll = Roll()
        self._ahead.clear()


def look_ahead(coming: Sequence[tuple[Lookout, Pose, float]], classifier: PoseClassifier) -> None:
    """Have lookouts of the classifier expect poses, each its own in this order, at these seconds.

    What can be told of each pose alone is told of all at once.
    """
    poses = [pose for _, pose, _ in coming]
    points, visibility = points_of(poses), np.array([pose.visibility for pose in poses])
    last, rolls = dict[Lookout, Roll](), list[Roll]()
    for (lookout, pose, at_s), stand in zip(coming, stands(points, visibility), strict=True):
        before = last.get(lookout) or lookout.coming_roll
        last[lookout] = before.after(stand, pose.subject, at_s)
        rolls.append(last[lookout])
    holds = set[str]().union(*(lookout.holds for lookout, _, _ in coming))
    glance = Glance(level(points, rolls), visibility, classifier, holds)
    for row, ((lookout, pose, at_s), roll) in enumerate(zip(coming, rolls, strict=True)):
        lookout.expect(Look(pose, at_s, roll, glance, row))
