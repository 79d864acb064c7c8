"""An exercise: a movement that is counted, or a pose that is held and timed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from classifiers.embedding import ANGLES, angle_degrees, lift, overhang, slope
from classifiers.rules import CountingRules, GradeRules, HoldRules
from pose_engine.landmarks import FloatArray

_TOLD_BY = {"arms": "elbow", "legs": "knee"}
"""The joint that must be in view for a part of the body to be judged."""
_DEEPEST = 1.5
"""Of depths: how much deeper than that somebody goes says nothing more."""
_LEAST_DROP = 0.1
"""Of a leg's length: who hardly comes down is not set back by much, whatever the net guesses."""
_HANGING = 0.8
"""Of an arm's length, the hand is below the shoulder: 0.9 and more with a bar in the hands, up to
0.75 with a weight before the chest."""
_GUESSED = 0.15
"""So much of a set-back may be the net's guess of somebody who is seen from straight in front or
behind, where leaning back and forth is out of the picture."""


class Kind(StrEnum):
    """What is done with an exercise."""

    REPS = "reps"
    """Its repetitions are counted."""
    HOLD = "hold"
    """Its pose is timed."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is counted, and by which numbers. The poses labelled `up` and `down` are its samples."""

    name: str
    title: str
    description: str
    parts: tuple[str, ...]
    """The parts of the body, of `embedding.PARTS`, that tell its poses from others."""
    angle: str
    """The joint of `embedding.ANGLES` that tells how deep."""
    degrees: tuple[float, float]
    """The angle at depth 0 and at depth 1."""
    lifts: tuple[float, float] | None
    """The lift of that joint's limb at depth 0 and at depth 1, where it has one."""
    rules: CountingRules
    away_gain: float = 1.0
    """What a depth is multiplied by where the trunk points straight away from the camera."""
    measures: tuple[str, ...] = ()
    """The quantities of `quantities.QUANTITIES` that are measured of its repetitions."""
    grades: GradeRules = field(default_factory=GradeRules)
    upright: bool = False
    """Whether it is done on one's feet: who does it lying down is in a picture that is turned."""
    reach: float | None = None
    """How far all of its samples vote, in the units of `knn`; None: the nearest alone do."""

    @property
    def kind(self) -> Kind:
        """Counted."""
        return Kind.REPS

    @property
    def up(self) -> str:
        """The class of its poses near the top."""
        return f"{self.name}_up"

    @property
    def down(self) -> str:
        """The class of its poses near the bottom."""
        return f"{self.name}_down"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of its poses."""
        return self.up, self.down

    @property
    def needs_legs(self) -> bool:
        """Whether it can only be judged while the legs are in view."""
        return self.angle in ("hip", "knee")

    @property
    def joints(self) -> tuple[str, ...]:
        """Those that it is judged by."""
        return ANGLES[self.angle]

    @property
    def sense(self) -> int:
        """1 where the joint bends on the way down, as in a squat; -1 where it opens."""
        top, bottom = self.degrees
        return 1 if bottom < top else -1

    def depth(self, vector: Sequence[float] | FloatArray, away: float = 0.0) -> float:
        """How deep a pose is, from 0 at the top over 1 at full depth to 1.5.

        It is the mean of how far the joint is bent and how far the limb has come down, so that one
        of them alone, as the net bends a straight leg that points at the camera, goes half way.
        `away`: how far the trunk points away from the camera, see `embedding.trunks_away`.
        """
        depths = [_share(angle_degrees(vector, self.angle), *self.degrees)]
        if self.lifts:
            depths.append(_share(lift(vector, self.angle), *self.lifts))
        gain = 1 + (self.away_gain - 1) * away
        return min(gain * sum(depths) / len(depths), _DEEPEST)

    def set_back(
        self, vector: Sequence[float] | FloatArray, tilt: float = 0.0, square: float = 0.0
    ) -> float:
        """How far the weight is behind the feet, as a share of how far the hips have come down.

        It is about 0 on one's own feet; on to a chair they go back as they come down. Hips lower
        than the knees are on no chair: then it is 0. `tilt`: where the weight seems to be when he
        stands, see `Stance`. `square`: how squarely he is seen, see `embedding.squarenesses`.
        """
        if slope(vector, "thigh") < 0:
            return 0.0
        high = lift(vector, "knee")
        back = (overhang(vector) - tilt * high) / max(1 - high, _LEAST_DROP)
        return back - square * _GUESSED

    def stoop(self, vector: Sequence[float] | FloatArray) -> float:
        """How far the trunk leans over arms that hang: 0 upright, 1 level, 2 head down.

        Arms that are held anywhere else hold no bar on the floor: then it is 0.
        """
        return 1 - slope(vector, "torso") if lift(vector, "elbow") > _HANGING else 0.0


@dataclass(frozen=True, slots=True)
class Hold:
    """What is timed. The poses labelled as one of `classes` are its samples."""

    upright: ClassVar = False
    """No pose that is held tells which way up a picture is."""

    name: str
    title: str
    description: str
    parts: tuple[str, ...]
    """The parts of the body, of `embedding.PARTS`, that tell its pose from others."""
    variants: tuple[str, ...]
    """The ways it is held, such as a plank on the hands or the forearms; may be empty."""
    rules: HoldRules

    @property
    def kind(self) -> Kind:
        """Timed."""
        return Kind.HOLD

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of its poses: one a variant."""
        return tuple(f"{self.name}_{variant}" for variant in self.variants) or (self.name,)

    @property
    def needs_legs(self) -> bool:
        """Whether it can only be judged while the legs are in view."""
        return "legs" in self.parts

    @property
    def angles(self) -> tuple[str, ...]:
        """The joints of `embedding.ANGLES` that must be in view for it to be judged."""
        return tuple(_TOLD_BY[part] for part in self.parts if part in _TOLD_BY)

    def seen(self, angles: Mapping[str, float]) -> float:
        """How well its arms and legs are seen, 0..1: the part that is seen worst.

        `angles`: how well the angle of each joint is seen, see `Glance.seen`.
        """
        return min((angles[one] for one in self.angles), default=1.0)

    @property
    def joints(self) -> tuple[str, ...]:
        """Those that it is judged by: unless they are in view it is not `seen`."""
        return tuple(joint for angle in self.angles for joint in ANGLES[angle])


def _share(value: float, top: float, bottom: float) -> float:
    return min(max((top - value) / (top - bottom), 0.0), _DEEPEST)
