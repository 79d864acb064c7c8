"""Sets: the repetitions of one exercise that no rest, no other exercise and no change parts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from classifiers.events import (
    Event,
    PhaseChanged,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectSwitched,
)
from classifiers.plain import plain

LEAST_REST_S = 10.0
"""A pause that is shorter is never a rest: a breath or two between heavy repetitions."""
REST_REPS = 3.0
"""Nor one of less than so many times the set's mean repetition, for those that are done slowly."""

_SAME_DEPTH = 0.6
"""A refused movement of less than this share of the set's mean depth is no part of the set."""
_LEAST_REPS = 4
"""Fewer repetitions tell no fatigue: the first two would be among the last two."""
_LEAST_DEPTH, _LEAST_S = 0.01, 0.05


@dataclass(slots=True)
class Reps:
    """The repetitions of a set so far, summed up, as plain data."""

    exercise: str
    start_s: float
    end_s: float
    """Of the last repetition."""
    busy_s: float
    """When somebody was last at it, counted or not."""
    count: int = 0
    rep_s: float = 0.0
    down_s: float = 0.0
    up_s: float = 0.0
    depth: float = 0.0
    velocity: float = 0.0
    """Of the last repetition: depth climbed a second."""
    pace: float = 0.0
    """Mean velocity of the last two."""
    fastest: float = 0.0
    """The greatest pace."""

    def add(self, rep: RepCounted) -> None:
        """Take in the next repetition."""
        velocity = max(rep.depth, _LEAST_DEPTH) / max(rep.up_s, _LEAST_S)
        if self.count:
            self.pace = (self.velocity + velocity) / 2
            self.fastest = max(self.fastest, self.pace)
        self.velocity = velocity
        self.count += 1
        self.end_s = self.busy_s = rep.end_s
        self.rep_s += rep.end_s - rep.start_s
        self.down_s += rep.down_s
        self.up_s += rep.up_s
        self.depth += rep.depth

    @property
    def rest_s(self) -> float:
        """How long a pause must be to be a rest."""
        return max(LEAST_REST_S, REST_REPS * self.rep_s / self.count)

    @property
    def velocity_loss(self) -> float | None:
        """The share by which the pace fell from the fastest to the last.

        After velocity-based training, where it is the mean velocity of the way up (Sánchez-Medina
        and González-Badillo, Medicine & Science in Sports & Exercise 43 (9), 2011); two
        repetitions at a time, so that a single odd one does not decide.
        """
        return 1 - self.pace / self.fastest if self.count >= _LEAST_REPS else None


@dataclass(slots=True)
class SetState:
    """All that is remembered, as plain data."""

    reps: Reps | None = None
    moving_s: float | None = None
    """Since when the person is in the same part of a movement, if he is in one."""
    ended_s: float | None = None
    """The end of the last set, of any exercise."""
    numbers: dict[str, int] = field(default_factory=dict)
    """By exercise, the sets so far."""


class SetKeeper:
    """Groups a session's repetitions into sets, by its events and its time."""

    def __init__(self) -> None:
        self._state = SetState()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        reps = self._state.reps
        return plain(self._state) | {"reps": None if reps is None else plain(reps)}

    def restored(self, snapshot: Mapping[str, Any]) -> Self:
        """This keeper, going on from a snapshot; raises KeyError or TypeError on a wrong one."""
        reps = snapshot["reps"]
        self._state = SetState(**{**snapshot, "reps": None if reps is None else Reps(**reps)})
        return self

    def observe(self, events: Iterable[Event], at_s: float) -> list[SetEnded]:
        """Take in what happened at a moment; the set that it ends, if any."""
        ended = [done for event in events for done in self._take(event)]
        return [*ended, *self._rested(at_s)]

    def finish(self, events: Iterable[Event] = ()) -> list[SetEnded]:
        """The stream ended, with these events: so does the set."""
        return [*(done for event in events for done in self._take(event)), *self._end()]

    def _take(self, event: Event) -> Iterator[SetEnded]:
        reps = self._state.reps
        match event:
            case SubjectSwitched():
                yield from self._end()
            case RepCounted():
                yield from self._count(event)
            case PhaseChanged() if reps and event.exercise == reps.exercise:
                self._state.moving_s = event.at_s if event.phase.under_way else None
            case RepRejected() if reps and event.exercise == reps.exercise:
                if event.depth >= _SAME_DEPTH * reps.depth / reps.count:
                    reps.busy_s = event.end_s

    def _count(self, rep: RepCounted) -> Iterator[SetEnded]:
        reps = self._state.reps
        if reps and (reps.exercise != rep.exercise or rep.start_s - reps.busy_s >= reps.rest_s):
            yield from self._end()
        if self._state.reps is None:
            self._state.reps = Reps(rep.exercise, rep.start_s, rep.end_s, rep.end_s)
        self._state.reps.add(rep)

    def _rested(self, at_s: float) -> Iterator[SetEnded]:
        """A set is over when nobody was at it for the time of a rest."""
        reps, moving_s = self._state.reps, self._state.moving_s
        if reps is None:
            return
        busy_s = reps.busy_s if moving_s is None else max(reps.busy_s, moving_s)
        if at_s - busy_s >= reps.rest_s:
            yield from self._end()

    def _end(self) -> Iterator[SetEnded]:
        state, reps = self._state, self._state.reps
        if reps is None:
            return
        number = state.numbers[reps.exercise] = state.numbers.get(reps.exercise, 0) + 1
        yield SetEnded(
            exercise=reps.exercise,
            number=number,
            reps=reps.count,
            start_s=reps.start_s,
            end_s=reps.end_s,
            rest_s=None if state.ended_s is None else reps.start_s - state.ended_s,
            mean_rep_s=reps.rep_s / reps.count,
            mean_down_s=reps.down_s / reps.count,
            mean_up_s=reps.up_s / reps.count,
            mean_depth=reps.depth / reps.count,
            velocity_loss=reps.velocity_loss,
        )
        state.reps, state.moving_s, state.ended_s = None, None, reps.end_s
