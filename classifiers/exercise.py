"""An exercise is a folder of data: a movement that is counted, or a pose that is held and timed."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from classifiers.embedding import (
    ANGLES,
    LIFTS,
    PARTS,
    angle_degrees,
    lift,
    overhang,
    slope,
)
from classifiers.quantities import QUANTITIES
from classifiers.rules import CountingRules, GradeRules, HoldRules, check_numbers
from classifiers.samples import MAX_LABEL
from pose_engine.landmarks import FloatArray

_TOLD_BY = {"arms": "elbow", "legs": "knee"}
"""The joint that must be in view for a part of the body to be judged."""
_DEEPEST, _MOST_GAIN = 1.5, 3.0
_LABEL = re.compile(f"[a-z0-9_]{{1,{MAX_LABEL}}}")
_FIELDS = ("kind", "title", "description", "parts", "rules")
_REPS_FIELDS = (*_FIELDS, "measures", "depth", "grades", "upright")
_HOLD_FIELDS = (*_FIELDS, "variants")
_DEPTH_FIELDS = ("angle", "top_degrees", "bottom_degrees", "top_lift", "bottom_lift", "away_gain")
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


class ExerciseError(ValueError):
    """An exercise folder cannot be used; the message names the file and the field."""


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


def read_exercise(folder: Path) -> Exercise | Hold:
    """Read `exercise.toml` of a folder; raises ExerciseError."""
    path = folder / "exercise.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        kind = data.get("kind", Kind.REPS)
        if kind not in tuple(Kind):
            raise ValueError(f"kind must be one of {', '.join(Kind)}")
        exercise = (_hold if kind == Kind.HOLD else _exercise)(folder.name, data)
        check_labels((exercise.name, *exercise.classes))
        return exercise
    except OSError as error:
        raise ExerciseError(f"{path}: {error.strerror}") from error
    except KeyError as error:
        raise ExerciseError(f"{path}: the field {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise ExerciseError(f"{path}: {error}") from error


def _share(value: float, top: float, bottom: float) -> float:
    return min(max((top - value) / (top - bottom), 0.0), _DEEPEST)


def _exercise(name: str, data: dict[str, Any]) -> Exercise:
    _check_fields("a counted exercise", data, _REPS_FIELDS)
    depth, upright = data["depth"], data.get("upright", False)
    _check_depth(depth)
    if not isinstance(upright, bool):
        raise TypeError(f"upright must be true or false, not {upright!r}")
    lifted = "top_lift" in depth
    return Exercise(
        name=name,
        title=str(data["title"]),
        description=str(data["description"]),
        parts=_parts(data),
        angle=str(depth["angle"]),
        degrees=(float(depth["top_degrees"]), float(depth["bottom_degrees"])),
        lifts=(float(depth["top_lift"]), float(depth["bottom_lift"])) if lifted else None,
        rules=CountingRules(**_table(data, "rules", CountingRules)),
        away_gain=float(depth.get("away_gain", 1)),
        measures=_names(data.get("measures", [depth["angle"]]), "measures", QUANTITIES),
        grades=GradeRules(**_table(data, "grades", GradeRules)),
        upright=upright,
    )


def _check_depth(depth: Mapping[str, Any]) -> None:
    _check_fields("depth", depth, _DEPTH_FIELDS)
    if depth["angle"] not in ANGLES:
        raise ValueError(f"depth.angle must be one of {', '.join(ANGLES)}")
    check_numbers("depth", {name: depth[name] for name in depth if name != "angle"})
    top, bottom = depth["top_degrees"], depth["bottom_degrees"]
    if top == bottom or not (0 <= top <= 180 and 0 <= bottom <= 180):
        raise ValueError("depth needs top_degrees and bottom_degrees in 0..180 that differ")
    lifted = {"top_lift", "bottom_lift"} & depth.keys()
    if lifted and f"{depth['angle']}_lift" not in LIFTS:
        raise ValueError(f"depth has no lift for the {depth['angle']}")
    if lifted and not -1 <= depth["bottom_lift"] < depth["top_lift"] <= 1:
        raise ValueError("depth needs -1 <= bottom_lift < top_lift <= 1")
    if not 1 <= depth.get("away_gain", 1) <= _MOST_GAIN:
        raise ValueError(f"depth.away_gain must be in 1..{_MOST_GAIN:.0f}")


def _hold(name: str, data: dict[str, Any]) -> Hold:
    _check_fields("a hold", data, _HOLD_FIELDS)
    variants = data.get("variants", [])
    if not isinstance(variants, list):
        raise TypeError(f"variants must be a list of names, not {variants!r}")
    return Hold(
        name=name,
        title=str(data["title"]),
        description=str(data["description"]),
        parts=_parts(data),
        variants=tuple(str(variant) for variant in variants),
        rules=HoldRules(**_table(data, "rules", HoldRules)),
    )


def _parts(data: Mapping[str, Any]) -> tuple[str, ...]:
    parts = _names(data["parts"], "parts", PARTS)
    if not parts:
        raise ValueError("parts must not be empty")
    return parts


def _names(given: object, field: str, known: Collection[str]) -> tuple[str, ...]:
    if not isinstance(given, list) or not set(given) <= set(known):
        raise ValueError(f"{field} must be some of {', '.join(known)}, as a list")
    return tuple(given)


def _table(
    data: Mapping[str, Any], name: str, known: type[CountingRules | GradeRules | HoldRules]
) -> dict[str, Any]:
    table: dict[str, Any] = data.get(name, {})
    _check_fields(name, table, [field.name for field in fields(known)])
    return table


def _check_fields(what: str, table: object, known: Collection[str]) -> None:
    """What is misspelt would else be as if it were not there."""
    if not isinstance(table, dict):
        raise TypeError(f"{what} must be a table, not {table!r}")
    unknown = table.keys() - set(known)
    if unknown:
        raise ValueError(f"{what} has unknown fields: {', '.join(sorted(unknown))}")


def check_labels(labels: Collection[str]) -> None:
    """Raises ValueError for what can be neither a name nor a label."""
    for label in labels:
        if not _LABEL.fullmatch(label):
            limit = f"at most {MAX_LABEL} characters, each of a-z, 0-9 or _"
            raise ValueError(f"names and labels have {limit}: {label!r}")
