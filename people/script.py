"""What a person does in a clip, second by second: motions, strokes, pauses, reps."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from classifiers.events import Phase
from people.motions.motion import Motion, ease, mix
from people.posture import Posture
from people.rotations import vector
from people.skeleton import Skeleton

FULL_DEPTH = 0.75
"""A stroke at least this deep is a full repetition; a shallower one is partial."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A motion there and back: how deep, and the seconds of each stage.

    For a cyclic motion `depth` is the number of cycles, done in `down_s`.
    """

    depth: float = 1.0
    down_s: float = 0.9
    hold_s: float = 0.1
    up_s: float = 0.8
    rest_s: float = 0.35


@dataclass(frozen=True, kw_only=True)
class Part:
    """One motion, stroke after stroke.

    `exercise`: what its strokes count as, None for a decoy. `pause_s`: the way from the part
    before to this one's start. `rest_s`: at the start, before the first stroke. `at`: where on
    the floor (x, z), metres. `yaw`: degrees turned left. `travel`: metres walked ahead.
    """

    motion: Motion
    strokes: tuple[Stroke, ...] = ()
    exercise: str | None = None
    pause_s: float = 0.7
    rest_s: float = 0.3
    at: tuple[float, float] = (0.0, 0.0)
    yaw: float = 0.0
    travel: float = 0.0


@dataclass(frozen=True)
class Rep:
    """One stroke of an exercise: times in seconds, `depth` 0..1, full or partial."""

    exercise: str
    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    full: bool


@dataclass(frozen=True)
class _Stage:
    """A stretch of time with one movement; `part` is a row of the script's parts."""

    part: int
    start_s: float
    end_s: float
    first: float
    last: float
    phase: Phase
    joins: bool = False


@dataclass(frozen=True)
class Script:
    """Parts one after the other; `parts` must not be empty. Raises ValueError when it is."""

    parts: Sequence[Part]
    _stages: list[_Stage] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("parts must name at least one motion")
        for i in range(len(self.parts)):
            self._add(i)

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return self._stages[-1].end_s

    @cached_property
    def reps(self) -> tuple[Rep, ...]:
        """The strokes of exercises, in time's order."""
        stages, reps = self._stages, []
        for down, hold, up in zip(stages, stages[1:], stages[2:], strict=False):
            exercise = self.parts[down.part].exercise
            if exercise and down.phase is Phase.DOWN:
                bottom = (hold.start_s + hold.end_s) / 2
                full = down.last >= FULL_DEPTH
                reps.append(Rep(exercise, down.start_s, bottom, up.end_s, down.last, full))
        return tuple(reps)

    def depth(self, at: float) -> float:
        """How far along its motion the person is, 0..1."""
        stage = self._stage(at)
        if stage.joins:
            return 0.0
        share = self._share(stage, at)
        if self.parts[stage.part].motion.cyclic:
            return mix(stage.first, stage.last, share) % 1.0
        return mix(stage.first, stage.last, ease(share))

    def phase(self, at: float) -> Phase:
        """Where in a repetition the person is; away outside the exercises."""
        stage = self._stage(at)
        counted = self.parts[stage.part].exercise is not None and not stage.joins
        return stage.phase if counted else Phase.AWAY

    def posture(self, skeleton: Skeleton, at: float) -> Posture:
        """The posture at a time, where on the floor it is."""
        stage = self._stage(at)
        share = self._share(stage, at)
        if stage.joins:
            before = self._placed(skeleton, stage.part - 1, 0.0, 1.0)
            after = self._placed(skeleton, stage.part, 0.0, 0.0)
            return before.towards(after, ease(share)).grounded()
        return self._placed(skeleton, stage.part, self.depth(at), self._walked(stage.part, at))

    def travels(self, at: float) -> bool:
        """Whether the person is walking in or out at that time, or on the way from or to it."""
        stage = self._stage(at)
        parts = self.parts[stage.part - stage.joins : stage.part + 1]
        return any(part.travel for part in parts)

    def _add(self, i: int) -> None:
        part = self.parts[i]
        if i and part.pause_s:
            self._stretch(i, part.pause_s, (0, 0), Phase.AWAY, joins=True)
        self._stretch(i, part.rest_s, (0, 0), Phase.TOP)
        for stroke in part.strokes:
            self._stretch(i, stroke.down_s, (0, stroke.depth), Phase.DOWN)
            if not part.motion.cyclic:
                self._stretch(i, stroke.hold_s, (stroke.depth, stroke.depth), Phase.BOTTOM)
                self._stretch(i, stroke.up_s, (stroke.depth, 0), Phase.UP)
                self._stretch(i, stroke.rest_s, (0, 0), Phase.TOP)

    def _stretch(
        self,
        part: int,
        length: float,
        depths: tuple[float, float],
        phase: Phase,
        *,
        joins: bool = False,
    ) -> None:
        start = self._stages[-1].end_s if self._stages else 0.0
        self._stages.append(_Stage(part, start, start + length, *depths, phase, joins))

    def _stage(self, at: float) -> _Stage:
        ends = self._ends
        return self._stages[min(bisect_right(ends, at), len(ends) - 1)]

    @cached_property
    def _ends(self) -> list[float]:
        return [stage.end_s for stage in self._stages]

    @staticmethod
    def _share(stage: _Stage, at: float) -> float:
        length = stage.end_s - stage.start_s
        return min(max((at - stage.start_s) / length, 0.0), 1.0) if length else 1.0

    def _walked(self, part: int, at: float) -> float:
        """The share of the part's travel done."""
        moving = [s for s in self._stages if s.part == part and s.phase is Phase.DOWN]
        if not moving:
            return 0.0
        start, end = moving[0].start_s, moving[-1].end_s
        return min(max((at - start) / (end - start), 0.0), 1.0)

    def _placed(self, skeleton: Skeleton, i: int, depth: float, walked: float) -> Posture:
        part = self.parts[i]
        posture = part.motion.posture(skeleton, depth)
        if part.at == (0.0, 0.0) and not part.yaw and not part.travel:
            return posture
        ahead = vector(0, 0, part.travel * walked)
        start = vector(part.at[0], 0, part.at[1])
        return posture.moved(ahead).moved(start, part.yaw)
