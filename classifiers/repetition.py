"""The state machine that turns one exercise's depth over time into counted and refused reps."""

from dataclasses import dataclass
from typing import Any, Self

from classifiers.events import Event, Phase, PhaseChanged, Reason, RepCounted, RepRejected
from classifiers.plain import plain
from classifiers.rules import CountingRules


@dataclass(slots=True)
class CounterState:
    """All that a counter remembers, as plain data. What a phase does not use is left as it was.

    In every phase: `count`, `missed`, `posture_s`, and `at_s`, `depth` and `confidence` of the
    last sight. AWAY: `passed_top_s`, and while that is not None `top_*` of the top that was passed.
    TOP, DOWN, BOTTOM and UP: `top_*`, `opened_depth`, which is None at TOP, and the sums of
    confidence and weight. DOWN, BOTTOM and UP: `bottom_*`, `plateau_depth`, the sums over the
    bottom, and `rise_depth` and `rise_s`, which are the bottom's until UP. UP: `rise_to_s`.
    """

    count: int = 0
    phase: Phase = Phase.AWAY
    at_s: float = 0.0
    """When the person was last seen."""
    missed: Reason = Reason.SUBJECT_LOST
    """Why not since then."""
    depth: float = 0.0
    posture_s: float = 0.0
    """When the posture was last this exercise's."""
    confidence: float = 0.0
    """In the posture, when the person was last seen."""
    top_depth: float = 0.0
    top_confidence: float = 0.0
    top_s: float = 0.0
    """When the top was last left, or still is held."""
    bottom_depth: float = 0.0
    bottom_from_s: float = 0.0
    """When the person came within half a turn of the deepest point, and last was there."""
    bottom_to_s: float = 0.0
    plateau_depth: float = 0.0
    """The depth at `bottom_from_s`."""
    bottom_s: float = 0.0
    """The seconds that were seen of the bottom, ..."""
    set_back_sum: float = 0.0
    """... and how far behind the feet the weight was in them, times the seconds, ..."""
    stoop_sum: float = 0.0
    """... and how far the trunk leant over hanging arms, likewise."""
    rise_depth: float = 0.0
    """The highest point since the bottom, when it was reached, and when he last was near it."""
    rise_s: float = 0.0
    rise_to_s: float = 0.0
    passed_top_s: float | None = None
    """When a top was last passed outside the posture."""
    opened_depth: float | None = None
    """Where the person appeared, if that was below the top."""
    confidence_sum: float = 0.0
    """The confidence since the top was left, each moment weighted by depth and length."""
    weight_sum: float = 0.0


class RepetitionCounter:
    """Counts one exercise: feed it `observe` or `miss` in time order, `finish` at the end."""

    def __init__(self, exercise: str, rules: CountingRules) -> None:
        self.exercise = exercise
        self.rules = rules
        self._state = CounterState()

    @property
    def count(self) -> int:
        """Repetitions counted so far."""
        return self._state.count

    @property
    def phase(self) -> Phase:
        """Where in a repetition the person is."""
        return self._state.phase

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        return plain(self._state)

    def restored(self, snapshot: dict[str, Any]) -> Self:
        """This counter, going on from a snapshot; raises TypeError or ValueError on a wrong one."""
        missed = Reason(snapshot.get("missed", Reason.SUBJECT_LOST))  # not in those of before
        phase = Phase(snapshot["phase"])
        self._state = CounterState(**{**snapshot, "phase": phase, "missed": missed})
        return self

    def observe(
        self,
        depth: float,
        confidence: float,
        at_s: float,
        *,
        set_back: float = 0.0,
        stoop: float = 0.0,
    ) -> list[Event]:
        """The person is seen at `depth`, in this exercise's posture with `confidence` (0..1).

        `set_back`: how far the weight is behind the feet, as `CountingRules.most_set_back`;
        `stoop`: how far the trunk leans over hanging arms, as `CountingRules.most_stoop`.
        """
        events = self.miss(at_s, self._state.missed)
        state, before = self._state, self.phase
        state.confidence = confidence
        if confidence >= self.rules.posture_confidence:
            state.posture_s = at_s
        if self.phase is Phase.AWAY:
            self._approach(depth, at_s)
        elif at_s - state.posture_s > self.rules.leave_s:
            events += self._give_up(Reason.WRONG_POSTURE)
        else:
            step_s = min(at_s - state.at_s, self.rules.longest_step_s)
            self._weigh(depth, step_s)
            events += self._follow(depth, at_s)
            if at_s == state.bottom_to_s:  # he is at the bottom
                state.bottom_s += step_s
                state.set_back_sum += set_back * step_s
                state.stoop_sum += stoop * step_s
        state.at_s, state.depth, state.missed = at_s, depth, Reason.SUBJECT_LOST
        return events + self._phase_change(before, at_s)

    def miss(self, at_s: float, reason: Reason = Reason.SUBJECT_LOST) -> list[Event]:
        """Too little is seen to tell. Only after `lost_s` is a movement under way given up."""
        self._state.missed = reason
        if self.phase is Phase.AWAY or at_s - self._state.at_s <= self.rules.lost_s:
            return []
        return self.leave(at_s, reason)

    def leave(self, at_s: float, reason: Reason = Reason.SUBJECT_LOST) -> list[Event]:
        """What comes is not the same person's: a movement under way is given up."""
        before = self.phase
        return self._give_up(reason) + self._phase_change(before, at_s)

    def finish(self) -> list[Event]:
        """The stream ended: a repetition all but finished counts, another movement is refused."""
        state = self._state
        all_but = self._climbed(state.rise_depth) >= self.rules.last_return_share
        if self.phase is Phase.UP and all_but:
            return self._judge(state.rise_s)
        return self._give_up(Reason.INCOMPLETE)

    def _phase_change(self, before: Phase, at_s: float) -> list[Event]:
        return [] if self.phase is before else [PhaseChanged(self.exercise, self.phase, at_s)]

    def _approach(self, depth: float, at_s: float) -> None:
        """Outside the posture: enter it, at the top, from a top just left, or somewhere below."""
        state, rules = self._state, self.rules
        inside = state.confidence >= rules.posture_confidence
        if depth <= rules.top_depth:
            self._rest(depth, at_s)
            state.phase = Phase.TOP if inside else Phase.AWAY
            state.passed_top_s = at_s
        elif inside:
            passed_s = state.passed_top_s
            if passed_s is None or at_s - passed_s > rules.entry_s:
                self._rest(rules.assumed_top, at_s)
                state.opened_depth, state.top_confidence = depth, 0.0
            self._go_down(depth, at_s)

    def _rest(self, depth: float, at_s: float) -> None:
        """Be at the top, `depth` being where that is."""
        state = self._state
        state.phase = Phase.TOP
        state.top_depth, state.top_s, state.top_confidence = depth, at_s, state.confidence
        state.opened_depth = None
        state.confidence_sum = state.weight_sum = 0.0

    def _go_down(self, depth: float, at_s: float) -> None:
        """Leave the top."""
        self._reach(depth, at_s)
        self._deepen(depth, at_s)

    def _reach(self, depth: float, at_s: float) -> None:
        """Be at the bottom from here on, until it goes on down."""
        state = self._state
        state.plateau_depth, state.bottom_from_s = depth, at_s
        state.bottom_s = state.set_back_sum = state.stoop_sum = 0.0

    def _deepen(self, depth: float, at_s: float) -> None:
        """Be deeper than before in this movement."""
        state = self._state
        if depth - state.plateau_depth > self.rules.turn / 2:
            self._reach(depth, at_s)
        state.bottom_depth = state.rise_depth = depth
        state.bottom_to_s = state.rise_s = at_s
        state.phase = Phase.BOTTOM if depth >= self.rules.counted_depth else Phase.DOWN

    def _follow(self, depth: float, at_s: float) -> list[Event]:
        state, rules = self._state, self.rules
        if self._near_bottom(depth) and self._climbed(state.rise_depth) < rules.last_return_share:
            state.bottom_to_s = at_s
        if state.phase is Phase.TOP:
            self._hold_top(depth, at_s)
        elif depth > state.bottom_depth:
            self._deepen(depth, at_s)
        elif state.phase is Phase.DOWN and at_s - state.bottom_from_s > rules.settle_s:
            events = self._reject(Reason.INCOMPLETE, at_s)
            self._rest(depth, at_s)
            return events
        elif state.phase is Phase.UP or state.bottom_depth - depth >= rules.turn:
            state.phase = Phase.UP
            return self._rise(depth, at_s)
        return []

    def _near_bottom(self, depth: float) -> bool:
        state = self._state
        return state.phase is not Phase.TOP and depth >= state.bottom_depth - self.rules.turn / 2

    def _hold_top(self, depth: float, at_s: float) -> None:
        state = self._state
        if depth - state.top_depth >= self.rules.turn:
            self._go_down(depth, at_s)
        elif depth <= state.top_depth + self.rules.turn / 2:
            self._rest(min(depth, state.top_depth), at_s)
        elif at_s - state.top_s > self.rules.settle_s:
            self._rest(depth, at_s)

    def _rise(self, depth: float, at_s: float) -> list[Event]:
        """On the way up: arrived at the top, down again from near it, or from half way."""
        state, rules = self._state, self.rules
        if depth < state.rise_depth:
            state.rise_depth, state.rise_s = depth, at_s
        if depth <= state.rise_depth + rules.turn / 2:
            state.rise_to_s = at_s
        climbed, fallen = self._climbed(state.rise_depth), depth - state.rise_depth
        arrived = climbed >= rules.arrived_share or at_s - state.rise_s >= rules.arrived_s
        if climbed >= rules.return_share and (arrived or fallen >= rules.turn):
            events = self._judge(state.rise_s)
        elif climbed >= rules.last_return_share and fallen >= 2 * rules.turn:
            events = self._reject(Reason.INCOMPLETE, state.rise_s)
        else:
            return []
        self._rest(state.rise_depth, state.rise_to_s)
        self._hold_top(depth, at_s)
        return events

    def _weigh(self, depth: float, step_s: float) -> None:
        """Take in the confidence of a moment: the deeper, the more it tells, but for a pause."""
        state = self._state
        if not self._near_bottom(depth) or state.bottom_s < self.rules.weighed_bottom_s:
            weight = depth * step_s
            state.confidence_sum += state.confidence * weight
            state.weight_sum += weight

    def _confidence(self) -> float:
        return self._state.confidence_sum / max(self._state.weight_sum, 1e-6)

    def _climbed(self, depth: float) -> float:
        """The share of the way from the bottom to the top that is done at `depth`."""
        state = self._state
        return (state.bottom_depth - depth) / max(state.bottom_depth - state.top_depth, 1e-6)

    def _judge(self, end_s: float) -> list[Event]:
        """The movement is over: count it, refuse it, or say nothing when it was too small."""
        reason = self._fault(end_s)
        return [self._counted(end_s)] if reason is None else self._reject(reason, end_s)

    def _fault(self, end_s: float) -> Reason | None:
        """The first thing that is wrong with the movement that ends here, if anything is."""
        state, rules = self._state, self.rules
        seconds = end_s - state.top_s
        travel = state.bottom_depth - state.top_depth
        opened = state.opened_depth
        faults = {
            Reason.INCOMPLETE: opened is not None and state.bottom_depth - opened < 2 * rules.turn,
            Reason.TOO_SHALLOW: state.bottom_depth < rules.counted_depth
            or travel < rules.counted_travel,
            Reason.TOO_FAST: seconds < rules.least_s
            or state.bottom_from_s - state.top_s < rules.least_down_s,
            Reason.HELD: state.bottom_to_s - state.bottom_from_s > rules.held_s,
            Reason.TOO_SLOW: seconds > rules.most_s,
            Reason.WRONG_POSTURE: self._unlike_on_the_way() or self._unlike_at_the_bottom(),
        }
        return next((reason for reason, found in faults.items() if found), None)

    def _unlike_on_the_way(self) -> bool:
        """Whether the posture was hardly the exercise's, or is not at the top that it came to."""
        state, rules = self._state, self.rules
        alike = max(rules.least_top, rules.least_top_share * state.top_confidence)
        top = min(rules.least_top_confidence, alike)
        return self._confidence() < rules.least_confidence or state.confidence < top

    def _unlike_at_the_bottom(self) -> bool:
        """Whether he sat there, or bent for a bar, as a mean over its seconds."""
        state, rules = self._state, self.rules
        seconds = max(state.bottom_s, 1e-6)
        most_set_back = rules.most_set_back + rules.set_back_slope * (state.bottom_depth - 1)
        sat = state.set_back_sum / seconds > most_set_back
        return sat or state.stoop_sum / seconds > rules.most_stoop

    def _counted(self, end_s: float) -> Event:
        state = self._state
        state.count += 1
        return RepCounted(
            exercise=self.exercise,
            count=state.count,
            start_s=state.top_s,
            bottom_s=(state.bottom_from_s + state.bottom_to_s) / 2,
            end_s=end_s,
            depth=state.bottom_depth,
            confidence=self._confidence(),
        )

    def _reject(self, reason: Reason, end_s: float) -> list[Event]:
        state = self._state
        if state.bottom_depth - state.top_depth < self.rules.noticed_travel:
            return []
        return [
            RepRejected(self.exercise, state.count, reason, state.top_s, end_s, state.bottom_depth)
        ]

    def _give_up(self, reason: Reason) -> list[Event]:
        """Leave the exercise; a movement under way is refused."""
        events = self._reject(reason, self._state.at_s) if self.phase.under_way else []
        self._state.phase, self._state.passed_top_s = Phase.AWAY, None
        return events
