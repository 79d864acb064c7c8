"""How a repetition was done: measures taken while its movement goes on, and its grade."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from classifiers.events import Event, Measure, Phase, PhaseChanged, RepCounted, RepRejected, Unit
from classifiers.exercise import Exercise
from classifiers.quantities import QUANTITIES, Readings, both_sides, left_against_right
from classifiers.smoothing import LONGEST_STEP_S

_LEAST_SEEN = 0.3
"""A joint that is seen less does not tell where the top and the bottom are."""
_LEAST_CERTAINTY = 0.01
"""A measure that is less certain is of joints that were not seen."""
_NEAR_DEGREES = 4.0
"""A moment in which the joint is so far from its extreme weighs 1/e of the extreme itself."""
_RUSH_S, _MOST_RUSH_DEGREES = 0.1, 90.0
"""Nothing moves at a turning point: a joint that moves counts as so many seconds of its speed
farther from it. So one bad frame, which jumps, is taken for neither top nor bottom."""
_TOP_S = 1.0
"""The time constant with which a top is forgotten: what was just before the way down tells."""
_WORST_S = 0.15
"""The time constant with which the worst of a movement is smoothed."""
_FIRST_STEP_S = 0.05
"""What the first sight of a movement speaks for."""

_Sums = Readings
"""(n + 1, 2, 2): n readings over time, weighed and summed, and the weights' sum at the end."""


@dataclass(slots=True)
class MovementState:
    """All that is remembered of one exercise's movement: some numbers, however long it takes."""

    start: _Sums
    """The top that this movement came from."""
    bottom: _Sums
    top: _Sums
    """The top since then, which the next movement will come from."""
    smooth: Readings
    """Smoothed by time."""
    phase: Phase = Phase.AWAY
    at_s: float | None = None
    """When the joint that tells the depth was last seen."""
    degrees: float = 0.0
    """Its angle then."""
    worst: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By quantity the degrees that were worst in this movement, and how sure they are."""


class MeasureRecorder:
    """Follows one exercise by what its counter says, and measures each repetition that counts.

    The top and the bottom are means over time in which the moments weigh the more, the nearer to
    its extreme the joint is that tells the depth.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.names = tuple(dict.fromkeys((exercise.angle, *exercise.measures)))
        """The quantities that it looks at."""
        self._state = self._nothing()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        state = self._state
        sums = {name: getattr(state, name).tolist() for name in _SUMS}
        return sums | {
            "phase": state.phase,
            "at_s": state.at_s,
            "degrees": state.degrees,
            "worst": dict(state.worst),
        }

    def restored(self, snapshot: Mapping[str, Any]) -> Self:
        """This recorder, going on from a snapshot; raises KeyError, TypeError or ValueError."""
        empty = self._nothing()
        sums = {
            name: np.array(snapshot[name], float).reshape(getattr(empty, name).shape)
            for name in _SUMS
        }
        self._state = MovementState(
            **sums,
            phase=Phase(snapshot["phase"]),
            at_s=snapshot["at_s"],
            degrees=snapshot["degrees"],
            worst={name: (value, seen) for name, (value, seen) in snapshot["worst"].items()},
        )
        return self

    @property
    def follows(self) -> bool:
        """Whether there is something to look at."""
        return self._state.phase is not Phase.AWAY

    def look(self, readings: Readings, at_s: float) -> None:
        """Take in the named quantities of a moment, after the events that it caused."""
        state = self._state
        degrees, seen = both_sides(readings[0])
        if seen < _LEAST_SEEN:
            return
        degrees *= self._exercise.sense
        if state.at_s is None:
            state.at_s, state.degrees, state.smooth = at_s - _FIRST_STEP_S, degrees, readings
        self._weigh(readings, degrees, at_s - state.at_s)
        state.at_s, state.degrees = at_s, degrees

    def _nothing(self) -> MovementState:
        count = len(self.names)
        start, bottom, top = np.zeros((3, count + 1, 2, 2))
        return MovementState(start, bottom, top, np.zeros((count, 2, 2)))

    def follow(self, event: Event) -> Event:
        """Take in what its exercise's counter says; a repetition with its measures and grade."""
        match event:
            case PhaseChanged():
                self._enter(event.phase)
            case RepCounted():
                grade = self._exercise.grades.grade(event.depth)
                measures = self._measures()
                seen = {name: one for name, one in measures if one.certainty >= _LEAST_CERTAINTY}
                event = replace(event, grade=grade, measures=seen)
                self._begin()
            case RepRejected():
                self._begin()
        return event

    def _enter(self, phase: Phase) -> None:
        if phase is Phase.AWAY:
            self._state = self._nothing()
        elif phase in (Phase.DOWN, Phase.BOTTOM):
            if self._state.phase is Phase.TOP:
                self._begin()
            self._state.top = np.zeros_like(self._state.top)
        self._state.phase = phase

    def _begin(self) -> None:
        """What comes is another movement, from the top that was reached."""
        state = self._state
        state.start, state.bottom, state.worst = state.top, np.zeros_like(state.top), {}

    def _weigh(self, readings: Readings, degrees: float, elapsed_s: float) -> None:
        state = self._state
        step_s = min(elapsed_s, LONGEST_STEP_S)
        rush = min(abs(degrees - state.degrees) / elapsed_s * _RUSH_S, _MOST_RUSH_DEGREES)
        moment = step_s * np.concatenate([readings, np.ones((1, 2, 2))])
        share = 1 - math.exp(-elapsed_s / _WORST_S)
        state.smooth = state.smooth + share * (readings - state.smooth)
        if state.phase in (Phase.TOP, Phase.UP):
            kept = math.exp(-step_s / _TOP_S)
            state.top = kept * state.top + math.exp((degrees - rush) / _NEAR_DEGREES) * moment
        if state.phase is not Phase.TOP:
            state.bottom = state.bottom + math.exp(-(degrees + rush) / _NEAR_DEGREES) * moment
            self._note_worst()

    def _note_worst(self) -> None:
        worst = self._state.worst
        for name, reading in zip(self.names, self._state.smooth, strict=True):
            if QUANTITIES[name].worst:
                now = both_sides(reading)
                worst[name] = max(worst.get(name, now), now, key=lambda one: abs(one[0]))

    def _measures(self) -> Iterator[tuple[str, Measure]]:
        means = {"top": _mean(self._state.start), "bottom": _mean(self._state.bottom)}
        for name in self._exercise.measures:
            quantity, i = QUANTITIES[name], self.names.index(name)
            if quantity.worst:
                if name in self._state.worst:
                    yield name, _measure(self._state.worst[name])
                continue
            for place, mean in means.items():
                if mean is not None:
                    yield f"{name}_{place}", _measure(both_sides(mean[i]))
            if quantity.sided and means["bottom"] is not None:
                yield f"{name}_asymmetry", _measure(left_against_right(means["bottom"][i]))


_SUMS = ("start", "bottom", "top", "smooth")


def _mean(sums: _Sums) -> Readings | None:
    weight = sums[-1, 0, 0]
    return sums[:-1] / weight if weight else None


def _measure(value: tuple[float, float]) -> Measure:
    degrees, certainty = value
    return Measure(degrees, Unit.DEGREES, certainty)
