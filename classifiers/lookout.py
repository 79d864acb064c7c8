"""Poses, each looked at as it is observed or, which is quicker, with others before that."""

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from classifiers.embedding import points_of
from classifiers.glance import Glance, glances
from classifiers.knn import PoseClassifier
from classifiers.roll import Roll, level, stands
from pose_engine.landmarks import Pose


class Expected(NamedTuple):
    """A pose that will be observed, and what a glance at it tells."""

    pose: Pose
    at_s: float
    roll: Roll
    """The camera's, by then."""
    glance: Glance


class Lookout:
    """Looks at the poses of one session, whose `holds` are asked for too."""

    def __init__(self, classifier: PoseClassifier) -> None:
        self._classifier = classifier
        self._ahead = deque[Expected]()
        self.holds: Collection[str] = ()
        self.roll = Roll()
        """How the camera was rolled when the last pose was observed."""

    @property
    def coming_roll(self) -> Roll:
        """How it is once all that is expected is observed."""
        return self._ahead[-1].roll if self._ahead else self.roll

    def expect(self, expected: Expected) -> None:
        """It will be observed after those that are expected already."""
        self._ahead.append(expected)

    def look(self, pose: Pose, at_s: float) -> Glance:
        """At one that is observed now."""
        if not (self._ahead and self._ahead[0].pose is pose and self._ahead[0].at_s == at_s):
            self._ahead.clear()  # what was expected has not come
            look_ahead([(self, pose, at_s)], self._classifier)
        _, _, self.roll, glance = self._ahead.popleft()
        return glance

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
    told = glances(level(points, rolls), visibility, classifier, holds)
    for (lookout, pose, at_s), roll, glance in zip(coming, rolls, told, strict=True):
        lookout.expect(Expected(pose, at_s, roll, glance))
