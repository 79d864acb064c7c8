"""Exact ground truth of a rendered clip: a small JSON file with the frames' arrays beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.events import Phase
from people.projection import Camera
from people.rotations import FloatArray
from people.script import Rep

_PHASES = list(Phase)
_MILLIMETRES, _TENTHS, _DEPTH_STEPS = 1000, 10, 10_000


@dataclass(frozen=True, eq=False)
class Truth:
    """What a clip of n frames shows.

    `about`: one line. `person`: shape and clothes. `image`: (n, 33, 2) pixels, right and down,
    of the BlazePose points, in view or not; to 0.1. `visible`: (n, 33) bool, in view and not
    hidden. `world`: (n, 33, 3) metres, y up, the room's axes; to 0.001. `depth`: (n,) 0..1 along
    the motion. `phases`: n of them, away outside the exercises.
    """

    name: str
    about: str
    fps: int
    camera: Camera
    reps: tuple[Rep, ...]
    person: dict[str, object]
    image: FloatArray
    visible: NDArray[np.bool_]
    world: FloatArray
    depth: FloatArray
    phases: tuple[Phase, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Full repetitions of each exercise in the clip."""
        full = [rep.exercise for rep in self.reps if rep.full]
        return {exercise: full.count(exercise) for exercise in sorted(set(full))}

    def save(self, folder: Path) -> None:
        """Write NAME.json and NAME.npz."""
        document = {
            "clip": f"{self.name}.mp4",
            "about": self.about,
            "fps": self.fps,
            "frames": len(self.depth),
            "counts": self.counts,
            "reps": [asdict(rep) for rep in self.reps],
            "camera": asdict(self.camera),
            "person": self.person,
        }
        (folder / f"{self.name}.json").write_text(json.dumps(_rounded(document), indent=1) + "\n")
        np.savez_compressed(
            folder / f"{self.name}.npz",
            image_tenths=(self.image * _TENTHS).round().clip(-32768, 32767).astype(np.int16),
            visible=np.packbits(self.visible, axis=1),
            world_mm=(self.world * _MILLIMETRES).round().astype(np.int16),
            depth=(self.depth * _DEPTH_STEPS).round().astype(np.int16),
            phase=np.array([_PHASES.index(phase) for phase in self.phases], np.uint8),
        )

    @classmethod
    def load(cls, path: Path) -> "Truth":
        """Read NAME.json and the NAME.npz beside it. Raises OSError, KeyError or ValueError."""
        document = json.loads(path.read_text())
        document["camera"]["target"] = tuple(document["camera"]["target"])
        with np.load(path.with_suffix(".npz")) as arrays:
            return cls(
                name=path.stem,
                about=document["about"],
                fps=document["fps"],
                camera=Camera(**document["camera"]),
                reps=tuple(Rep(**rep) for rep in document["reps"]),
                person=document["person"],
                image=arrays["image_tenths"] / _TENTHS,
                visible=np.unpackbits(arrays["visible"], axis=1, count=33).astype(np.bool_),
                world=arrays["world_mm"] / _MILLIMETRES,
                depth=arrays["depth"] / _DEPTH_STEPS,
                phases=tuple(_PHASES[i] for i in arrays["phase"]),
            )


def _rounded(value: object) -> object:
    """Floats to four places, however deep."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
