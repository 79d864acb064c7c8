"""An exercise is a folder of data: how depth is measured, when a rep counts, what it looks like."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from classifiers.embedding import ANGLES, PARTS, angle_degrees
from classifiers.grade import GradeRules
from classifiers.quantities import QUANTITIES
from classifiers.repetition import CountingRules
from pose_engine.landmarks import FloatArray


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
    top_degrees: float
    bottom_degrees: float
    rules: CountingRules
    measures: tuple[str, ...] = ()
    """The quantities of `quantities.QUANTITIES` that are measured of its repetitions."""
    grades: GradeRules = field(default_factory=GradeRules)

    @property
    def up(self) -> str:
        """The class of its poses near the top."""
        return f"{self.name}_up"

    @property
    def down(self) -> str:
        """The class of its poses near the bottom."""
        return f"{self.name}_down"

    @property
    def needs_legs(self) -> bool:
        """Whether it can only be judged while the legs are in view."""
        return self.angle in ("hip", "knee")

    def depth(self, vector: FloatArray) -> float:
        """How deep a pose is: 0 at `top_degrees`, 1 at `bottom_degrees`, clipped to 0..1.25."""
        degrees = angle_degrees(vector, self.angle)
        depth = (self.top_degrees - degrees) / (self.top_degrees - self.bottom_degrees)
        return min(max(depth, 0.0), 1.25)

    @classmethod
    def read(cls, folder: Path) -> "Exercise":
        """Read `exercise.toml` of a folder; raises ExerciseError."""
        path = folder / "exercise.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            return _exercise(folder.name, data)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ExerciseError(f"{path}: {error}") from error
        except KeyError as error:
            raise ExerciseError(f"{path}: the field {error} is missing") from error
        except (TypeError, ValueError) as error:
            raise ExerciseError(f"{path}: {error}") from error


def _exercise(name: str, data: dict[str, Any]) -> Exercise:
    depth = data["depth"]
    if depth["angle"] not in ANGLES:
        raise ValueError(f"depth.angle must be one of {', '.join(ANGLES)}")
    if not data["parts"] or not set(data["parts"]) <= set(PARTS):
        raise ValueError(f"parts must be some of {', '.join(PARTS)}")
    if not 0 <= depth["bottom_degrees"] < depth["top_degrees"] <= 180:
        raise ValueError("depth needs 0 <= bottom_degrees < top_degrees <= 180")
    measures = data.get("measures", [depth["angle"]])
    if not set(measures) <= set(QUANTITIES):
        raise ValueError(f"measures must be some of {', '.join(QUANTITIES)}")
    return Exercise(
        name=name,
        title=str(data["title"]),
        description=str(data["description"]),
        parts=tuple(data["parts"]),
        angle=str(depth["angle"]),
        top_degrees=float(depth["top_degrees"]),
        bottom_degrees=float(depth["bottom_degrees"]),
        rules=CountingRules(**_table(data, "rules", CountingRules)),
        measures=tuple(measures),
        grades=GradeRules(**_table(data, "grades", GradeRules)),
    )


def _table(
    data: dict[str, Any], name: str, known: type[CountingRules | GradeRules]
) -> dict[str, Any]:
    table: dict[str, Any] = data.get(name, {})
    unknown = table.keys() - {field.name for field in fields(known)}
    if unknown:
        raise ValueError(f"{name} has unknown fields: {', '.join(sorted(unknown))}")
    return table
