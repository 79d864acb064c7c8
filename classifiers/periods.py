"""Counts the periods of any movement that repeats, whatever it is, from the landmarks alone."""

import math
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from classifiers.cycles import (
    Cycle,
    Trajectory,
    alike,
    cycles,
    find_repeat,
    last_alike,
    principal,
    shares,
)
from classifiers.events import UnknownCounted
from classifiers.places import PLACES, Numbers, hips, places, torso
from classifiers.plain import plain
from pose_engine.landmarks import Pose

RATE_HZ = 15
"""A movement is looked at in so many even steps a second, whatever the frame rate."""
SHORTEST_S, LONGEST_S = 0.4, 6.0
"""How long a period may be."""
LEAST_PERIODS = 3
"""So many in a row, and alike, make a movement one that repeats."""
KEPT_STEPS = math.ceil(LEAST_PERIODS * LONGEST_S * RATE_HZ) + 3
"""How far back a movement is looked at: 18.2 seconds."""

_LAGS = range(int(SHORTEST_S * RATE_HZ) - 1, int(LONGEST_S * RATE_HZ) + 2)
_LEAST_WINDOW = 3 * RATE_HZ
_LOOK_EVERY = 4  # steps
_LEAST_REPEAT = 0.7
_LEAST_ALIKE = 0.4
_LEAST_TRAVEL = 0.35  # torsos, of all places together
_PATIENCE = 2.5
_LONGEST_GAP_S = 1.0
_TORSO_TIME_S = 3.0
_UNITS = 100  # steps are kept in hundredths of a torso
_FARTHEST = 32767


@dataclass(slots=True)
class PeriodState:
    """What a counter remembers besides the steps, as plain data."""

    count: int = 0
    seen: list[float] = field(default_factory=list)
    """Where the person was when last seen: `places` in torsos; empty when nobody was."""
    origin: list[float] = field(default_factory=list)
    """Where the hips were in the picture when the movement began."""
    at_s: float = 0.0
    """When that was."""
    torso: float = 0.0
    """Its length in the picture, smoothed."""
    step: int = 0
    """The number of the last step, which is at `step / RATE_HZ` seconds."""
    start: int = -1
    """The steps at which the last counted period began and ended."""
    end: int = -1


class PeriodCounter:
    """Feed it `observe` in time order, `forget` when what was seen is not to count, `finish`.

    A movement repeats when it comes back to itself after 0.4 to 6 seconds and its last three
    periods are alike; these are counted then, and each further one when it is done, as long as it
    is like the one before and comes no later than two and a half times that one's length after it.
    """

    def __init__(self) -> None:
        self._state = PeriodState()
        self._steps = np.zeros((0, PLACES), np.int16)

    @property
    def count(self) -> int:
        """Periods counted so far."""
        return self._state.count

    def observe(self, pose: Pose, at_s: float) -> list[UnknownCounted]:
        """The person is seen. A gap of more than a second ends a movement."""
        image = pose.image / np.float32(pose.scale)
        length = torso(image)
        if not self._state.seen or at_s - self._state.at_s > _LONGEST_GAP_S:
            self.forget()
            self._state.torso, self._state.step = length, math.floor(at_s * RATE_HZ)
            self._state.origin = hips(image).tolist()
        else:
            share = 1 - math.exp((self._state.at_s - at_s) / _TORSO_TIME_S)
            self._state.torso += share * (length - self._state.torso)
        now = places(image, self._state.origin) / self._state.torso
        events = self._step_to(now, at_s)
        self._state.seen, self._state.at_s = now.tolist(), at_s
        return events

    def forget(self) -> None:
        """What was seen so far is another person's, or has been counted as something else."""
        self._state = PeriodState(count=self._state.count)
        self._steps = self._steps[:0]

    def finish(self) -> list[UnknownCounted]:
        """The stream ended: what is done by now counts."""
        return self._look()

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`: some 14 kB of JSON, most of it 273 steps."""
        return {**plain(self._state), "steps": self._steps.tolist()}

    def restored(self, snapshot: dict[str, Any]) -> Self:
        """This counter, going on from a snapshot; raises TypeError or ValueError on a wrong one."""
        state = dict(snapshot)
        steps = np.array(state.pop("steps", None), np.int16).reshape(-1, PLACES)
        if len(steps) > KEPT_STEPS:
            raise ValueError(f"a snapshot holds at most {KEPT_STEPS} steps, not {len(steps)}")
        self._state, self._steps = PeriodState(**state), steps
        if "origin" not in state:  # in those of before places were from the picture's corner
            self.forget()
        return self

    def _step_to(self, now: Numbers, at_s: float) -> list[UnknownCounted]:
        """Take the even steps since the last sight, between there and here."""
        state, events = self._state, []
        for step in range(state.step + 1, math.floor(at_s * RATE_HZ) + 1):
            share = (step / RATE_HZ - state.at_s) / (at_s - state.at_s)
            self._keep(np.array(state.seen) * (1 - share) + now * share)
            state.step = step
            if step % _LOOK_EVERY == 0:
                events += self._look()
        return events

    def _keep(self, place: Numbers) -> None:
        row = np.clip(place * _UNITS, -_FARTHEST, _FARTHEST).round().astype(np.int16)
        self._steps = np.vstack([self._steps[1 - KEPT_STEPS :], row])

    def _look(self) -> list[UnknownCounted]:
        """Count every period that is done and not counted."""
        state, trajectory = self._state, self._steps / _UNITS
        first = state.step + 1 - len(trajectory)
        events = []
        if state.start >= first and state.step - state.end <= _PATIENCE * (state.end - state.start):
            last = Cycle(state.start, state.end).later(-first)
            while found := _next(trajectory, last):
                events.append(self._counted(*found, first))
                last = found[0]
            return events
        first = max(first, state.end)
        fresh = trajectory[len(trajectory) - (state.step + 1 - first) :]
        return [self._counted(*found, first) for found in _begun(fresh)]

    def _counted(self, cycle: Cycle, likeness: float, first: int) -> UnknownCounted:
        state, cycle = self._state, cycle.later(first)
        state.count += 1
        state.start, state.end = cycle.start, cycle.end
        return UnknownCounted(state.count, state.start / RATE_HZ, state.end / RATE_HZ, likeness)


def _begun(trajectory: Trajectory) -> list[tuple[Cycle, float]]:
    """The periods of a movement that has begun to repeat, with their likeness."""
    if len(trajectory) < _LEAST_WINDOW:
        return []
    repeat = find_repeat(principal(trajectory, len(trajectory)), _LAGS, _LEAST_WINDOW)
    if repeat is None or repeat.likeness < _LEAST_REPEAT:
        return []
    along = principal(trajectory, repeat.window)
    share = shares(along[:, 0], repeat.window, _LEAST_TRAVEL)
    either = (cycles(share), cycles(1 - share))  # which turn is home, the movement alone can say
    most = max((last_alike(along, c, repeat.lag, _LEAST_ALIKE) for c in either), key=len)
    return most if len(most) >= LEAST_PERIODS else []


def _next(trajectory: Trajectory, last: Cycle) -> tuple[Cycle, float] | None:
    """The next period after the last, if it is done, with its likeness to that one."""
    begin = last.end - int(_PATIENCE * (last.end - last.start))
    window = len(trajectory) - max(begin, 0)
    along = principal(trajectory, window)
    share = shares(along[:, 0], window, _LEAST_TRAVEL)
    share = share if share[last.end] <= 0.5 else 1 - share
    later = (cycle.later(last.end) for cycle in cycles(share[last.end :]))
    judged = ((cycle, alike(along, last, cycle)) for cycle in later)
    return next((one for one in judged if one[1] >= _LEAST_ALIKE), None)
