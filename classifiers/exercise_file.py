"""`exercise.toml` -> an exercise, refused with the field that is wrong."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from classifiers.embedding import ANGLES, LIFTS, PARTS
from classifiers.exercise import Exercise, Hold, Kind
from classifiers.quantities import QUANTITIES
from classifiers.rules import CountingRules, GradeRules, HoldRules, check_numbers
from classifiers.samples import MAX_LABEL

_MOST_GAIN, _MOST_REACH = 3.0, 3.0
_LABEL = re.compile(f"[a-z0-9_]{{1,{MAX_LABEL}}}")
_FIELDS = ("kind", "title", "description", "parts", "rules")
_REPS_FIELDS = (*_FIELDS, "measures", "depth", "grades", "upright", "reach")
_HOLD_FIELDS = (*_FIELDS, "variants")
_DEPTH_FIELDS = ("angle", "top_degrees", "bottom_degrees", "top_lift", "bottom_lift", "away_gain")


class ExerciseError(ValueError):
    """An exercise folder cannot be used; the message names the file and the field."""


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
        reach=_reach(data),
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


def _reach(data: Mapping[str, Any]) -> float | None:
    if "reach" not in data:
        return None
    reach = data["reach"]
    check_numbers("exercise", {"reach": reach})
    if not 0 < reach <= _MOST_REACH:
        raise ValueError(f"reach must be more than 0 and at most {_MOST_REACH:.0f}")
    return float(reach)


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
