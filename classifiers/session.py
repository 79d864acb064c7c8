"""One person's stream of poses, turned into events: the only place that chains the steps."""

import math
from collections.abc import Sequence
from typing import Any

from classifiers.counted import CountedExercise
from classifiers.embedding import ANGLES, angle_degrees
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
from classifiers.glance import LEAST_SEEN, Glance
from classifiers.guidance import Coach
from classifiers.hold import HoldTimer
from classifiers.knn import PoseClassifier
from classifiers.lookout import Lookout
from classifiers.periods import PeriodCounter
from classifiers.roll import Roll
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


class TimeWentBackwards(ValueError):
    """An observation is not later than the one before it."""


class SnapshotError(ValueError):
    """A snapshot is not one of this version's sessions."""


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
        self.lookout = Lookout(classifier)
        """Through which it sees poses, see `look_ahead`."""
        self._filter = ConfidenceFilter(_CONFIDENCE_TIME_S)
        self._stance = Stance()
        self._exercises: tuple[Exercise, ...] = ()
        self._holds: tuple[Hold, ...] = ()
        self._counted: dict[str, CountedExercise] = {}
        self._timers: dict[str, HoldTimer] = {}
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
        counts = {name: one.counter.count for name, one in self._counted.items()}
        return counts if self._periods is None else counts | {UNKNOWN: self._periods.count}

    @property
    def phases(self) -> dict[str, Phase]:
        """Where in a repetition the person is, for every exercise that is counted."""
        return {e.name: self._counted[e.name].counter.phase for e in self._exercises}

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
            events = self._miss(at_s)
        else:
            events = self._count(pose, self.lookout.look(pose, at_s), at_s)
        sets = self._sets.observe(events, at_s)
        return [*events, *sets, *self._coach.advise(pose, self._phases, events, at_s)]

    @property
    def _phases(self) -> dict[str, Phase]:
        """Those of holds as well: one that is under way is at its bottom."""
        holds = self.holds
        held = {name: Phase.BOTTOM if name in holds else Phase.AWAY for name in self._timers}
        return self.phases | held

    def _miss(self, at_s: float) -> list[Event]:
        """Take in that nobody is seen."""
        events = self._lose(at_s)
        events += [event for one in self._counted.values() for event in one.miss(at_s)]
        return events + [event for timer in self._timers.values() for event in timer.miss(at_s)]

    def _count(self, pose: Pose, glance: Glance, at_s: float) -> list[Event]:
        """Take in a pose: smooth what it was classified as, count and time."""
        events = [*self._find(at_s), *self._switch(pose.subject, at_s)]
        names = (*self._classifier.classes, *self._timers)  # not the holds that only others time
        confidences = self._filter.update({name: glance.confidences[name] for name in names}, at_s)
        self._stance = self._stance.after(glance.vector, at_s)
        for exercise in self._exercises:
            confidence = confidences[exercise.up] + confidences[exercise.down]
            counted, tilt = self._counted[exercise.name], self._stance.tilt
            events += counted.observe(glance, at_s, confidence=confidence, tilt=tilt)
        angles = [angle_degrees(glance.vector, joint) for joint in ANGLES]
        for hold in self._holds:
            timer = self._timers[hold.name]
            if hold.seen(glance.seen) < LEAST_SEEN:
                events += timer.miss(at_s)
            else:
                events += timer.observe(confidences[hold.name], angles, at_s)
        return events + self._unknown(events, pose, at_s)

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
        at_s = 0.0 if self._at_s is None else self._at_s
        self.lookout.forget()
        return self._leave(at_s, Reason.INCOMPLETE)

    def _leave(self, at_s: float, reason: Reason) -> list[Event]:
        """What comes next is no part of the movement or hold under way."""
        self._filter.reset()
        self._stance = Stance()
        events = [event for one in self._counted.values() for event in one.leave(at_s, reason)]
        return events + [event for timer in self._timers.values() for event in timer.end()]

    def finish(self) -> list[Event]:
        """The stream ended, and with it the set: a repetition all but finished is still counted."""
        events = [event for one in self._counted.values() for event in one.finish()]
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
            "roll": [*self.lookout.roll],
            "stance": self._stance._asdict(),
            "counters": {name: one.counter.snapshot() for name, one in self._counted.items()},
            "timers": {name: timer.snapshot() for name, timer in self._timers.items()},
            "recorders": {name: one.recorder.snapshot() for name, one in self._counted.items()},
            "sets": self._sets.snapshot(),
            "coach": self._coach.snapshot(),
            "unknown": None if self._periods is None else self._periods.snapshot(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a snapshot of a session with the same exercises.

        Raises SnapshotError; then it is of no more use.
        """
        try:
            if snapshot["version"] not in _READABLE:
                raise SnapshotError(f"version {snapshot['version']} is none of {_READABLE}")
            named = {exercise.name: exercise for exercise in self._exercises}
            self._exercises = tuple(named[name] for name in snapshot["counted"])
            for name, one in self._counted.items():
                one.counter.restored(snapshot["counters"][name])
                one.recorder.restored(snapshot["recorders"][name])
            for name, timer in self._timers.items():
                timer.restored(snapshot["timers"][name])
            self._coach = Coach((*self._exercises, *self._holds)).restored(snapshot["coach"])
            self._sets.restored(snapshot["sets"])
            unknown = snapshot["unknown"]
            self._periods = None if unknown is None else PeriodCounter().restored(unknown)
            self._filter.values = dict(snapshot["filter"]["values"])
            self._filter.at_s = snapshot["filter"]["at_s"]
            self.lookout.roll, self._stance = Roll(*snapshot["roll"]), Stance(**snapshot["stance"])
            self._at_s, self._seen_s = snapshot["at_s"], snapshot["seen_s"]
            self._person, self.subject = snapshot["person"], bool(snapshot["subject"])
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"not a snapshot of this session: {error!r}") from error

    def _take_up(self, exercises: Sequence[Exercise | Hold]) -> None:
        """Whoever was counted before keeps his counter."""
        self._exercises = tuple(one for one in exercises if isinstance(one, Exercise))
        self._holds = tuple(one for one in exercises if isinstance(one, Hold))
        for exercise in self._exercises:
            self._counted.setdefault(exercise.name, CountedExercise(exercise))
        self._timers = {hold.name: HoldTimer(hold.name, hold.rules) for hold in self._holds}
        self.lookout.turn_to(self._timers.keys())
        self._coach = self._coach.turned_to(exercises)

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
        return [SubjectSwitched(at_s), *self._leave(at_s, Reason.SUBJECT_LOST)]

    def _find(self, at_s: float) -> list[Event]:
        before, self.subject, self._seen_s = self.subject, True, at_s
        return [] if before else [SubjectFound(at_s)]

    def _lose(self, at_s: float) -> list[Event]:
        if self._seen_s is None:
            self._seen_s = at_s
        if not self.subject or at_s - self._seen_s <= _LOST_S:
            return []
        self.subject = False
        return [SubjectLost(at_s)]
