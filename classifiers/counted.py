"""An exercise as a session counts it: its counter, and the recorder that measures what counts."""

from collections.abc import Iterable

from classifiers.events import Event, Reason
from classifiers.exercise import Exercise
from classifiers.glance import LEAST_SEEN, Glance
from classifiers.measures import MeasureRecorder
from classifiers.repetition import RepetitionCounter


class CountedExercise:
    """Feed it `observe` or `miss` in time order, `finish` at the end."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.counter = RepetitionCounter(exercise.name, exercise.rules)
        self.recorder = MeasureRecorder(exercise)

    def observe(
        self, glance: Glance, at_s: float, *, confidence: float, tilt: float
    ) -> list[Event]:
        """The person is seen, in this exercise's posture with `confidence` (0..1).

        `tilt`: where his weight seems to be when he stands, see `Stance`.
        """
        exercise, vector = self.exercise, glance.vector
        if glance.seen[exercise.angle] < LEAST_SEEN:
            events = self.miss(at_s, Reason.LOW_VISIBILITY)
        else:
            events = self._measured(
                self.counter.observe(
                    exercise.depth(vector, glance.away),
                    confidence,
                    at_s,
                    set_back=exercise.set_back(vector, tilt, glance.square),
                    stoop=exercise.stoop(vector),
                )
            )
        if self.recorder.follows:
            self.recorder.look(glance.readings(self.recorder.names), at_s)
        return events

    def miss(self, at_s: float, reason: Reason = Reason.SUBJECT_LOST) -> list[Event]:
        """As `RepetitionCounter.miss`."""
        return self._measured(self.counter.miss(at_s, reason))

    def leave(self, at_s: float, reason: Reason) -> list[Event]:
        """As `RepetitionCounter.leave`."""
        return self._measured(self.counter.leave(at_s, reason))

    def finish(self) -> list[Event]:
        """As `RepetitionCounter.finish`."""
        return self._measured(self.counter.finish())

    def _measured(self, events: Iterable[Event]) -> list[Event]:
        return [self.recorder.follow(event) for event in events]
