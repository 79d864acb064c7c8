"""The state machine that turns a pose that is kept into a hold, timed from its start to its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from classifiers.events import Event, HoldEnded, HoldStarted
from classifiers.plain import plain
from classifiers.rules import HoldRules


@dataclass(slots=True)
class HoldState:
    """All that a timer remembers, as plain data."""

    start_s: float | None = None
    """Since when the pose is kept; None while it is not."""
    kept_s: float = 0.0
    """When it was last kept."""
    seen_s: float = 0.0
    """When the person was last seen."""
    broken_s: float = 0.0
    """Seconds it was broken, less what has been made up for."""
    announced: bool = False
    angles: list[float] = field(default_factory=list)
    """Where the joint angles are held, in degrees."""
    confidence_sum: float = 0.0
    """Over the time that the pose was kept, each moment weighted by its length."""
    weight_sum: float = 0.0


class HoldTimer:
    """Times one hold: feed it `observe` or `miss` in time order, `end` when nothing follows."""

    def __init__(self, exercise: str, rules: HoldRules) -> None:
        self.exercise = exercise
        self.rules = rules
        self._state = HoldState()

    @property
    def keeping(self) -> bool:
        """Whether the pose is kept, however short."""
        return self._state.start_s is not None

    @property
    def held_s(self) -> float | None:
        """Seconds so far of the hold that is under way; None where there is none."""
        state = self._state
        if not state.announced or state.start_s is None:
            return None
        return state.kept_s - state.start_s

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        return plain(self._state)

    def restored(self, snapshot: dict[str, Any]) -> Self:
        """This timer, going on from a snapshot; raises TypeError on a wrong one."""
        self._state = HoldState(**{**snapshot, "angles": list(snapshot["angles"])})
        return self

    def observe(self, confidence: float, angles: Sequence[float], at_s: float) -> list[Event]:
        """The person is seen, in the pose with `confidence` (0..1), with joint angles in degrees.

        The angles are always of the same joints.
        """
        events = self.miss(at_s)
        confident = confidence >= self.rules.least_confidence
        if self._state.start_s is None:
            if confident:
                self._begin(angles, at_s)
        elif confident and self._sway(angles) <= self.rules.most_sway_degrees:
            events += self._keep(confidence, angles, at_s)
        elif self._breaks(at_s):
            events += self.end()
            if confident:
                self._begin(angles, at_s)
        self._state.seen_s = at_s
        return events

    def miss(self, at_s: float) -> list[Event]:
        """Too little is seen to tell. Only after `lost_s` is a hold over."""
        return self.end() if at_s - self._state.seen_s > self.rules.lost_s else []

    def end(self) -> list[Event]:
        """Whatever comes is no part of it: the stream is over, or another person is seen."""
        state, self._state = self._state, HoldState(seen_s=self._state.seen_s)
        if not state.announced or state.start_s is None:
            return []
        confidence = state.confidence_sum / state.weight_sum
        return [HoldEnded(self.exercise, state.start_s, state.kept_s, confidence)]

    def _begin(self, angles: Sequence[float], at_s: float) -> None:
        self._state = HoldState(start_s=at_s, kept_s=at_s, angles=list(angles))

    def _keep(self, confidence: float, angles: Sequence[float], at_s: float) -> list[Event]:
        state, rules = self._state, self.rules
        elapsed_s = at_s - state.seen_s
        state.kept_s = at_s
        state.broken_s = max(0.0, state.broken_s - elapsed_s * rules.mend_share)
        state.confidence_sum += confidence * elapsed_s
        state.weight_sum += elapsed_s
        weight = 1 - math.exp(-elapsed_s / rules.settle_s)
        state.angles = [
            held + weight * (angle - held) for held, angle in zip(state.angles, angles, strict=True)
        ]
        start_s = state.start_s
        if state.announced or start_s is None or at_s - start_s < rules.least_s:
            return []
        state.announced = True
        return [HoldStarted(self.exercise, start_s, at_s)]

    def _sway(self, angles: Sequence[float]) -> float:
        """How far the angles are from where they are held: root mean square, in degrees."""
        apart = [angle - held for angle, held in zip(angles, self._state.angles, strict=True)]
        return math.sqrt(sum(angle**2 for angle in apart) / len(apart))

    def _breaks(self, at_s: float) -> bool:
        """Take in that the pose is broken, and say whether that has gone on for too long."""
        state, rules = self._state, self.rules
        state.broken_s += at_s - state.seen_s
        return state.broken_s > (rules.broken_s if state.announced else rules.slip_s)
