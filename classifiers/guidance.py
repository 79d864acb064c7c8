"""What would help: advice, now and then, from what is in view and from what was refused."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

from classifiers.crouch import Crouches
from classifiers.events import (
    Advice,
    Event,
    Guidance,
    Phase,
    Reason,
    RepCounted,
    RepRejected,
    SubjectSwitched,
)
from classifiers.exercise import Exercise, Hold
from classifiers.plain import plain
from classifiers.view import JOINTS, View
from pose_engine.landmarks import Pose

QUIET_S = 10.0
"""Between two pieces of advice there are at least so many seconds."""
REPEAT_S = 30.0
"""And so many before the same is said again."""
ABSENT_S = 3.0
"""How long nobody is seen before he is asked into view."""

_MOSTLY, _OFTEN = 0.75, 0.5
"""The share of the last seconds that is worth a word (after 2.8 s of nothing else), and that of the
other joints which are then named, too."""
_FINE_S = 8.0
"""So long after a counted repetition the view is good enough, whatever is out of it."""
_MEANT_S = 10.0
"""So long after its posture was last seen an exercise is still what the person is about."""
_IN_A_ROW, _IN_A_ROW_S = 2, 15.0
_LEAST_CROUCHES = 2
_TRIED = 0.4
"""A movement that is less deep was not meant as a repetition: walking and bouncing are less."""

_JOINTS_OF = {"torso": ("shoulder", "hip"), "arms": ("elbow", "wrist"), "legs": ("knee", "ankle"),
              "weight": ()}  # fmt: skip
_FORM = {
    Reason.TOO_FAST: (Advice.SLOW_DOWN, "Slow down: too fast to count."),
    Reason.TOO_SHALLOW: (Advice.GO_DEEPER, "Go deeper: too shallow to count."),
    Reason.INCOMPLETE: (Advice.COME_UP, "Come all the way up before you go down again."),
}


@dataclass(slots=True)
class CoachState:
    """What a coach remembers beside the view, as plain data; times in seconds."""

    seen_s: float | None = None
    """When somebody was last seen; before that, since when he is looked for."""
    counted_s: float | None = None
    meant_s: dict[str, float] = field(default_factory=dict)
    """By exercise, when its posture was last seen."""
    refused: dict[str, tuple[str, int, float]] = field(default_factory=dict)
    """By exercise, why the last movements were refused, how many, and when the last one was."""
    said_s: dict[str, float] = field(default_factory=dict)
    """By advice, when it was last given."""


class Coach:
    """Turns trouble that lasts into advice: rarely, one piece at a time, the most useful first.

    What must be in view follows from an exercise's data: the joints of its angle and of its parts,
    the legs only where it cannot be judged without; from a hold's, those that it is seen by. Of
    several exercises those matter whose posture was seen lately, or else all. While repetitions
    are counted, or a hold is under way, the view is good enough.
    """

    def __init__(self, exercises: Sequence[Exercise | Hold]) -> None:
        self._exercises = tuple(exercises)
        self._needed = {one.name: _needed(one) for one in exercises}
        self._state = CoachState()
        self._view = View()
        self._crouches = Crouches()

    def turned_to(self, exercises: Sequence[Exercise | Hold]) -> "Coach":
        """One for other exercises, who knows what was said lately."""
        other = Coach(exercises)
        other._state = CoachState(seen_s=self._state.seen_s, said_s=self._state.said_s)
        return other

    def look_away(self) -> None:
        """What was in view until now tells nothing of when somebody is looked for next."""
        self._state.seen_s = None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain data for `restored`."""
        state, crouches = plain(self._state), plain(self._crouches)
        return {"state": state, "view": self._view.snapshot(), "crouches": crouches}

    def restored(self, snapshot: Mapping[str, Any]) -> Self:
        """This coach, going on from a snapshot; raises KeyError or TypeError on a wrong one."""
        self._state = CoachState(**snapshot["state"])
        self._view.restored(snapshot["view"])
        self._crouches = Crouches(**snapshot.get("crouches", {}))  # older ones have none
        return self

    def advise(
        self, pose: Pose | None, phases: Mapping[str, Phase], events: Sequence[Event], at_s: float
    ) -> list[Guidance]:
        """Take in one moment: who is seen, where in each exercise he is, what was said of it."""
        self._listen(events, phases, at_s)
        self._look(pose, phases, at_s)
        if pose is None:
            advice = [*self._about_absence(at_s)]
        else:
            advice = [*self._about_rotation(at_s), *self._about_view(phases, at_s)]
        advice += self._about_form(events, at_s)
        best = next((one for one in advice if self._timely(one)), None)
        if best is None:
            return []
        self._state.said_s[best.advice] = at_s
        return [best]

    def _listen(self, events: Sequence[Event], phases: Mapping[str, Phase], at_s: float) -> None:
        state = self._state
        for event in events:
            match event:
                case SubjectSwitched():
                    self._view.reset()
                    self._crouches = Crouches()
                    self._state = state = CoachState(seen_s=state.seen_s, said_s=state.said_s)
                case RepCounted():
                    state.counted_s = at_s
                    state.refused.pop(event.exercise, None)
                case RepRejected() if _meant_as_one(event, phases[event.exercise]):
                    reason, count, last_s = state.refused.get(event.exercise, ("", 0, -inf))
                    again = reason == event.reason and at_s - last_s <= _IN_A_ROW_S
                    state.refused[event.exercise] = (event.reason, again * count + 1, at_s)

    def _look(self, pose: Pose | None, phases: Mapping[str, Phase], at_s: float) -> None:
        state = self._state
        postures = (name for name, phase in phases.items() if phase is not Phase.AWAY)
        state.meant_s.update(dict.fromkeys(postures, at_s))
        if pose is not None:
            self._view.look(pose, at_s)
            if max(self._view.turn(90), self._view.turn(270)) > _MOSTLY:
                self._crouches.look(pose, at_s)
            else:
                self._crouches = Crouches()
        if pose is not None or state.seen_s is None:
            state.seen_s = at_s

    def _about_view(self, phases: Mapping[str, Phase], at_s: float) -> Iterator[Guidance]:
        if self._goes_well(phases, at_s):
            return
        meant = self._meant(at_s)
        name = meant[0].name if len(meant) == 1 else None
        needed = set[str]().union(*(self._needed[e.name] for e in meant or self._exercises))
        told = {joint for e in meant for joint in e.joints}
        if out := _unseen(needed, self._view.out, self._view.hidden):
            advice = Advice.STEP_BACK if 2 * len(out) <= len(needed) else Advice.STEP_INTO_VIEW
            yield Guidance(advice, _text(advice, out, "out of view"), out, name, at_s)
        if hidden := _unseen(told, self._view.hidden, self._view.out):
            advice = Advice.TURN_SIDEWAYS
            yield Guidance(advice, _text(advice, hidden, "hidden"), hidden, name, at_s)

    def _about_rotation(self, at_s: float) -> Iterator[Guidance]:
        """Nobody stands on his head for long, or squats lying on his side."""
        upright = any(exercise.upright for exercise in self._exercises)
        squats = upright and self._crouches.count >= _LEAST_CROUCHES
        turns = (90, 180, 270) if squats else (180,)
        for degrees in turns:
            if self._view.turn(degrees) > _MOSTLY:
                text = f"Check the rotation: turned by {degrees} degrees the picture is upright."
                yield Guidance(Advice.CHECK_ROTATION, text, (), None, at_s)

    def _about_absence(self, at_s: float) -> Iterator[Guidance]:
        """Asked once: whoever has gone away on purpose is left in peace."""
        seen_s = at_s if self._state.seen_s is None else self._state.seen_s
        advice = Advice.STEP_INTO_VIEW
        if at_s - seen_s > ABSENT_S and self._state.said_s.get(advice, -inf) <= seen_s:
            yield Guidance(advice, "Step into view.", (), None, at_s)

    def _about_form(self, events: Sequence[Event], at_s: float) -> Iterator[Guidance]:
        for event in events:
            if isinstance(event, RepRejected) and event.reason in _FORM and self._known(event):
                reason, count, _ = self._state.refused.get(event.exercise, ("", 0, 0.0))
                if reason == event.reason and count >= _IN_A_ROW:
                    yield Guidance(*_FORM[event.reason], (), event.exercise, at_s)

    def _known(self, refused: RepRejected) -> bool:
        """Whether it is this exercise that he does: walking may look like shallow squats."""
        return len(self._exercises) == 1 or refused.count > 0

    def _timely(self, advice: Guidance) -> bool:
        said_s = self._state.said_s
        silence_s = advice.at_s - max(said_s.values(), default=-inf)
        return silence_s >= QUIET_S and advice.at_s - said_s.get(advice.advice, -inf) >= REPEAT_S

    def _goes_well(self, phases: Mapping[str, Phase], at_s: float) -> bool:
        """Whether a movement is under way that may yet count, or one just has."""
        counted_s = self._state.counted_s
        just = counted_s is not None and at_s - counted_s <= _FINE_S
        return just or any(phase.under_way for phase in phases.values())

    def _meant(self, at_s: float) -> list[Exercise | Hold]:
        """What the person is about, as far as that can be told."""
        if len(self._exercises) == 1:
            return [*self._exercises]
        meant_s = self._state.meant_s
        return [e for e in self._exercises if at_s - meant_s.get(e.name, -inf) <= _MEANT_S]


def _needed(exercise: Exercise | Hold) -> set[str]:
    if isinstance(exercise, Hold):
        return {*exercise.joints}
    parts = [p for p in exercise.parts if p != "legs" or exercise.needs_legs]
    return {*exercise.joints, *(joint for part in parts for joint in _JOINTS_OF[part])}


def _meant_as_one(refused: RepRejected, phase: Phase) -> bool:
    """Whether it was a try: not a bounce, not a rise alone or a movement that was broken off."""
    if refused.reason is Reason.TOO_SHALLOW:
        return refused.depth >= _TRIED
    return refused.reason is not Reason.INCOMPLETE or phase.under_way


def _unseen(
    joints: Collection[str], cause: Callable[[str], float], other: Callable[[str], float]
) -> tuple[str, ...]:
    """The joints to name, from the head down, if one of them is mostly unseen for that cause."""
    shares = {joint: cause(joint) + other(joint) for joint in joints if cause(joint) > other(joint)}
    if max(shares.values(), default=0.0) <= _MOSTLY:
        return ()
    return tuple(f"{joint}s" for joint in JOINTS if shares.get(joint, 0.0) > _OFTEN)


def _text(advice: Advice, parts: Sequence[str], trouble: str) -> str:
    """Such as `Step back: knees and ankles out of view.`"""
    named = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"{advice.replace('_', ' ').capitalize()}: {named} {trouble}."
