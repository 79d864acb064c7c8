"""One person's stream of poses, turned into events: the only place that chains the steps."""

import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from classifiers.embedding import ANGLES, angle_degrees, points_of
from classifiers.events import (
    Event,
    Phase,
    Reason,
    RepCounted,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
)
from classifiers.exercise import Exercise, Hold
from classifiers.glance import Glance
from classifiers.guidance import Coach
from classifiers.hold import HoldTimer
from classifiers.knn import PoseClassifier
from classifiers.measures import MeasureRecorder
from classifiers.periods import PeriodCounter
from classifiers.repetition import RepetitionCounter
from classifiers.roll import Roll, level, stands
from classifiers.sets import SetKeeper
from classifiers.smoothing import ConfidenceFilter
from classifiers.stance import Stance
from pose_engine.landmarks import Pose

SNAPSHOT_VERSION = 8
_READABLE = (7, SNAPSHOT_VERSION)
UNKNOWN = "unknown"
"""Under this name repeated movement that is no known exercise is counted."""
_CONFIDENCE_TIME_S = 0.2
_LOST_S = 1.0
_LEAST_SEEN = 0.3


class TimeWentBackwards(ValueError):
    """An observation is not later than the one before it."""


class SnapshotError(ValueError):
    """A snapshot is not one of this version's sessions."""


class Expected(NamedTuple):
    """A pose that was looked at before it is observed."""

    pose: Pose
    at_s: float
    roll: Roll
    """The camera's, by then."""
    glance: Glance
    row: int
    """The pose's, in the glance."""


class ExerciseSession:
    """Pure: no clock, image, socket or lock. Time comes in as the sender's capture time.

    The whole state is small and leaves as plain data by `snapshot`, so that a session can go on
    in another process. With `unknown`, repeated movement that is no known exercise counts too.
    """

    def __init__(
        self,
        exercises: Sequence[Exercise | Hold],
        classifier: PoseClassifier,
        *,
        unknown: bool = False,
    ) -> None:
        self._classifier = classifier
        self._ahead = deque[Expected]()
        self._roll = Roll()
        self._filter = ConfidenceFilter(_CONFIDENCE_TIME_S)
        self._stance = Stance()
        self._exercises: tuple[Exercise, ...] = ()
        self._holds: tuple[Hold, ...] = ()
        self._timers: dict[str, HoldTimer] = {}
        self._counters: dict[str, RepetitionCounter] = {}
        self._recorders: dict[str, MeasureRecorder] = {}
        self._coach = Coach(())
        self._take_up(exercises)
        self._periods = PeriodCounter() if unknown else None
        self._sets = SetKeeper()
        self._at_s: float | None = None
        self._seen_s: float | None = None
        self._person: int | None = None
        self.subject = False
        """Whether somebody is in view."""

    @property
    def counts(self) -> dict[str, int]:
        """Repetitions so far, of every exercise that is or was counted, and of `unknown`."""
        counts = {name: counter.count for name, counter in self._counters.items()}
        return counts if self._periods is None else counts | {UNKNOWN: self._periods.count}

    @property
    def phases(self) -> dict[str, Phase]:
        """Where in a repetition the person is, for every exercise that is counted."""
        return {e.name: self._counters[e.name].phase for e in self._exercises}

    @property
    def holds(self) -> dict[str, float]:
        """Seconds so far of every hold that is under way."""
        held = {name: timer.held_s for name, timer in self._timers.items()}
        return {name: seconds for name, seconds in held.items() if seconds is not None}

    @property
    def keeping(self) -> bool:
        """Whether somebody keeps a pose that is held, however short."""
        return any(timer.keeping for timer in self._timers.values())

    @property
    def timed(self) -> Collection[str]:
        """The names of the holds that it times."""
        return self._timers.keys()

    @property
    def confidences(self) -> dict[str, float]:
        """The smoothed confidence in each class of the classifier, and in the pose of each hold.

        Empty before the first pose.
        """
        return dict(self._filter.values)

    def observe(self, pose: Pose | None, at_s: float) -> list[Event]:
        """Take in who is seen at a time in seconds, None for nobody; raises TimeWentBackwards.

        Nobody being seen neither makes nor takes away a repetition; another person's pose ends the
        movement under way.
        """
        before_s = -math.inf if self._at_s is None else self._at_s
        if not at_s > before_s:
            raise TimeWentBackwards(f"at {at_s} s is not later than {before_s} s")
        self._at_s = at_s
        if pose is None:
            events = self._measured(self._miss(at_s))
        else:
            seen = self._look(pose, at_s)
            self._roll = seen.roll
            events = self._measured(self._count(pose, seen.glance, seen.row, at_s))
            self._record(seen.glance, seen.row, at_s)
        sets = self._sets.observe(events, at_s)
        return [*events, *sets, *self._coach.advise(pose, self._phases, events, at_s)]

    @property
    def _phases(self) -> dict[str, Phase]:
        """Those of holds as well: one that is under way is at its bottom."""
        holds = self.holds
        held = {name: Phase.BOTTOM if name in holds else Phase.AWAY for name in self._timers}
        return self.phases | held

    @property
    def roll(self) -> Roll:
        """How the camera is rolled, once all that is expected is observed."""
        return self._ahead[-1].roll if self._ahead else self._roll

    def expect(self, coming: Expected) -> None:
        """It will be observed after those that are expected already.

        The glance is by the classifier of the session, and asks for the holds of `timed` at least.
        """
        self._ahead.append(coming)

    def _look(self, pose: Pose, at_s: float) -> Expected:
        """At one that is observed now."""
        if not (self._ahead and self._ahead[0].pose is pose and self._ahead[0].at_s == at_s):
            self._ahead.clear()  # what was expected has not come
            look_ahead([(self, pose, at_s)], self._classifier)
        return self._ahead.popleft()

    def _miss(self, at_s: float) -> list[Event]:
        """Take in that nobody is seen."""
        events = self._presence(None, at_s)
        events += [event for c in self._counters.values() for event in c.miss(at_s)]
        return events + [event for t in self._timers.values() for event in t.miss(at_s)]

    def _count(self, pose: Pose, glance: Glance, row: int, at_s: float) -> list[Event]:
        """Take in the pose of a row of a glance."""
        events = self._presence(pose, at_s)
        events += self._switch(pose.subject, at_s)
        vector, seen = glance.vectors[row], glance.seen[row]
        confidences = self._filter.update(self._own(glance.confidences[row]), at_s)
        self._stance.look(vector, at_s)
        for exercise in self._exercises:
            counter = self._counters[exercise.name]
            if seen[exercise.angle] < _LEAST_SEEN:
                events += counter.miss(at_s, Reason.LOW_VISIBILITY)
                continue
            confidence = confidences[exercise.up] + confidences[exercise.down]
            depth = exercise.depth(vector, glance.away[row])
            set_back = exercise.set_back(vector, self._stance.tilt, glance.square[row])
            stoop = exercise.stoop(vector)
            events += counter.observe(depth, confidence, at_s, set_back=set_back, stoop=stoop)
        events += self._time(vector, seen, confidences, at_s)
        return events + self._unknown(events, pose, at_s)

    def _own(self, confidences: Mapping[str, float]) -> dict[str, float]:
        """Without those in holds that only others time."""
        return {name: confidences[name] for name in (*self._classifier.classes, *self._timers)}

    def _record(self, glance: Glance, row: int, at_s: float) -> None:
        """Measure what is under way."""
        for recorder in self._recorders.values():
            if recorder.follows:
                recorder.look(glance.readings(recorder.names)[row], at_s)

    def choose(self, exercises: Sequence[Exercise | Hold]) -> list[Event]:
        """Count or time these from here on; counts so far stay. Ends the movement under way."""
        events = self._give_up()
        self._take_up(exercises)
        return events

    def interrupt(self) -> list[Event]:
        """Nothing is looked at for a while: the movement or hold under way is given up."""
        self._seen_s = None
        self._coach.look_away()
        return self._give_up()

    def anew(self) -> "ExerciseSession":
        """One that counts the same from zero on, of the same person, who knows what was advised."""
        exercises: tuple[Exercise | Hold, ...] = (*self._exercises, *self._holds)
        unknown = self._periods is not None
        session = ExerciseSession(exercises, self._classifier, unknown=unknown)
        session._coach = self._coach.turned_to(exercises)
        return session

    def _give_up(self) -> list[Event]:
        """What comes next is no part of the movement or hold under way."""
        self._forget()
        self._roll = Roll()
        self._ahead.clear()
        at_s = 0.0 if self._at_s is None else self._at_s
        left = [c.leave(at_s, Reason.INCOMPLETE) for c in self._counters.values()]
        events = self._measured([event for events in left for event in events])
        return events + [event for timer in self._timers.values() for event in timer.end()]

    def finish(self) -> list[Event]:
        """The stream ended, and with it the set: a repetition all but finished is still counted."""
        events = self._measured([e for c in self._counters.values() for e in c.finish()])
        events += [event for timer in self._timers.values() for event in timer.end()]
        events += self._unknown(events)
        return [*events, *self._sets.finish(events)]

    def snapshot(self) -> dict[str, Any]:
        """The whole state as plain data, for JSON."""
        return {
            "version": SNAPSHOT_VERSION,
            "at_s": self._at_s,
            "seen_s": self._seen_s,
            "person": self._person,
            "subject": self.subject,
            "counted": [exercise.name for exercise in self._exercises],
            "filter": {"values": self._filter.values, "at_s": self._filter.at_s},
            "roll": [*self._roll],
            "stance": self._stance.snapshot(),
            "counters": {name: counter.snapshot() for name, counter in self._counters.items()},
            "timers": {name: timer.snapshot() for name, timer in self._timers.items()},
            "recorders": {name: one.snapshot() for name, one in self._recorders.items()},
            "sets": self._sets.snapshot(),
            "coach": self._coach.snapshot(),
            "unknown": None if self._periods is None else self._periods.snapshot(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a snapshot of a session with the same exercises; raises SnapshotError."""
        try:
            if snapshot["version"] not in _READABLE:
                raise SnapshotError(f"version {snapshot['version']} is none of {_READABLE}")
            counters = {
                name: RepetitionCounter(name, counter.rules).restored(snapshot["counters"][name])
                for name, counter in self._counters.items()
            }
            recorders = {
                e.name: MeasureRecorder(e).restored(snapshot["recorders"][e.name])
                for e in self._exercises
            }
            named = {exercise.name: exercise for exercise in self._exercises}
            counted = tuple(named[name] for name in snapshot["counted"])
            roll, stance = Roll(*snapshot["roll"]), Stance().restored(snapshot["stance"])
            sets = SetKeeper().restored(snapshot["sets"])
            coach = Coach((*counted, *self._holds)).restored(snapshot["coach"])
            timers = {
                name: HoldTimer(name, timer.rules).restored(snapshot["timers"][name])
                for name, timer in self._timers.items()
            }
            unknown = snapshot["unknown"]
            periods = None if unknown is None else PeriodCounter().restored(unknown)
            self._filter.values = dict(snapshot["filter"]["values"])
            self._filter.at_s = snapshot["filter"]["at_s"]
            self._roll, self._stance = roll, stance
            self._at_s, self._seen_s = snapshot["at_s"], snapshot["seen_s"]
            self._person = snapshot["person"]
            self.subject = bool(snapshot["subject"])
            self._exercises = counted
            self._counters, self._recorders, self._timers = counters, recorders, timers
            self._sets, self._coach, self._periods = sets, coach, periods
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"not a snapshot of this session: {error!r}") from error

    def _take_up(self, exercises: Sequence[Exercise | Hold]) -> None:
        """Whoever was counted before keeps his counter."""
        self._ahead.clear()
        self._exercises = tuple(one for one in exercises if isinstance(one, Exercise))
        self._holds = tuple(one for one in exercises if isinstance(one, Hold))
        for exercise in self._exercises:
            counter = RepetitionCounter(exercise.name, exercise.rules)
            self._counters.setdefault(exercise.name, counter)
            self._recorders.setdefault(exercise.name, MeasureRecorder(exercise))
        self._timers = {hold.name: HoldTimer(hold.name, hold.rules) for hold in self._holds}
        self._coach = self._coach.turned_to(exercises)

    def _measured(self, events: list[Event]) -> list[Event]:
        for recorder in self._recorders.values() if events else ():
            events = recorder.measured(events)
        return events

    def _time(
        self,
        vector: Sequence[float],
        seen: Mapping[str, float],
        confidences: Mapping[str, float],
        at_s: float,
    ) -> list[Event]:
        """Take in the pose as what may be held."""
        angles = [angle_degrees(vector, joint) for joint in ANGLES]
        events: list[Event] = []
        for hold in self._holds:
            timer = self._timers[hold.name]
            if hold.seen(seen) < _LEAST_SEEN:
                events += timer.miss(at_s)
            else:
                events += timer.observe(confidences[hold.name], angles, at_s)
        return events

    def _unknown(
        self, events: Sequence[Event], pose: Pose | None = None, at_s: float = 0
    ) -> list[Event]:
        """Periods of no known exercise: what led to a counted repetition is known."""
        if self._periods is None:
            return []
        if any(isinstance(event, RepCounted | SubjectSwitched) for event in events):
            self._periods.forget()
        return [*(self._periods.finish() if pose is None else self._periods.observe(pose, at_s))]

    def _switch(self, person: int, at_s: float) -> list[Event]:
        """Two people are never added up: what the one before had begun is given up."""
        before, self._person = self._person, person
        if before is None or before == person:
            return []
        self._forget()
        given_up = [event for c in self._counters.values() for event in c.leave(at_s)]
        given_up += [event for timer in self._timers.values() for event in timer.end()]
        return [SubjectSwitched(at_s), *given_up]

    def _forget(self) -> None:
        """Who comes next may be another one, or stand before another camera."""
        self._filter.reset()
        self._stance = Stance()

    def _presence(self, pose: Pose | None, at_s: float) -> list[Event]:
        if pose is not None:
            self._seen_s, found = at_s, not self.subject
            self.subject = True
            return [SubjectFound(at_s)] if found else []
        if self._seen_s is None:
            self._seen_s = at_s
        if self.subject and at_s - self._seen_s > _LOST_S:
            self.subject = False
            return [SubjectLost(at_s)]
        return []


def look_ahead(
    coming: Sequence[tuple[ExerciseSession, Pose, float]], classifier: PoseClassifier
) -> None:
    """Have sessions of the classifier expect poses, each its own in this order, at these seconds.

    What can be told of each pose alone is told of all at once.
    """
    poses = [pose for _, pose, _ in coming]
    points, visibility = points_of(poses), np.array([pose.visibility for pose in poses])
    last, rolls = dict[ExerciseSession, Roll](), list[Roll]()
    for (session, pose, at_s), stand in zip(coming, stands(points, visibility), strict=True):
        before = last.get(session) or session.roll
        last[session] = before.after(stand, pose.subject, at_s)
        rolls.append(last[session])
    holds = set[str]().union(*(session.timed for session, _, _ in coming))
    glance = Glance(level(points, rolls), visibility, classifier, holds)
    for row, ((session, pose, at_s), roll) in enumerate(zip(coming, rolls, strict=True)):
        session.expect(Expected(pose, at_s, roll, glance, row))
