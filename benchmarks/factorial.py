"""A factorial of rendered clips: every exercise from every view, in several bodies, near and far.

The four clips of an exercise and a view show the four bodies, two near and two far, in turn: bodies
and distances are spread evenly over everything else. The style of a movement (how deep, where the
arms are, which kind of plank) belongs to exercise and body, so views differ in nothing but the
view, the side that it is from, room and light.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from people.assets import Assets
from people.body import Shape
from people.clips import Clip
from people.film import film
from people.motions import MOTIONS
from people.outfit import Outfit
from people.scene import Light, Room
from people.script import Part, Stroke
from people.truth import Truth

STANDING = ("squat", "lunge", "deadlift", "jumping_jack")
FACE_DOWN = ("push_up", "plank", "lie_on_front")
FACE_UP = ("sit_up", "lie_on_back")
FLOOR = FACE_DOWN + FACE_UP
LYING = ("sit_up", "lie_on_back", "lie_on_front")
EXERCISES = STANDING + FLOOR

STANDING_VIEWS = {"front": 0, "oblique front": 45, "side": 90, "oblique rear": 135, "rear": 180}
"""Degrees around the person, 0 in front of him."""
FLOOR_VIEWS = {"head-on": 0, "oblique head": 45, "side": 90, "oblique feet": 135, "feet-on": 180}
"""Degrees around the person, 0 beyond his head."""

DISTANCES = {"near": (2.7, 60.0), "far": (4.2, 80.0)}
"""Metres from the middle of the movement, and the degrees that the lens shows across."""

BODIES = {
    "muscular man": (
        Shape(muscle=0.75, weight=0.5, height=0.58, ancestry=(1, 0.1, 0.1)),
        Outfit(sleeve=0.12, leg=0.7, skin=(0.17, 0.09, 0.06), hair=0.006,
               hair_colour=(0.012, 0.01, 0.01), shirt=(0.42, 0.42, 0.40),
               trousers=(0.03, 0.04, 0.08)),
    ),
    "slim woman": (
        Shape(gender=1, muscle=0.5, weight=0.3, height=0.56, ancestry=(0.1, 1, 0.1)),
        Outfit(sleeve=0.12, leg=1.88, loose=0.006, skin=(0.50, 0.31, 0.22), long_hair=0.6,
               hair_colour=(0.01, 0.01, 0.01), shirt=(0.34, 0.05, 0.12),
               trousers=(0.02, 0.02, 0.03)),
    ),
    "heavy man": (
        Shape(age=0.76, muscle=0.35, weight=0.95, height=0.5),
        Outfit(sleeve=0.6, leg=0.85, loose=0.016, shirt=(0.05, 0.18, 0.12),
               trousers=(0.10, 0.10, 0.11)),
    ),
    "older woman": (
        Shape(gender=1, age=0.88, muscle=0.4, weight=0.6, height=0.44, ancestry=(0.1, 0.2, 1)),
        Outfit(sleeve=1.9, leg=1.85, loose=0.012, long_hair=0.3, hair_colour=(0.35, 0.35, 0.35),
               skin=(0.58, 0.37, 0.28), shirt=(0.42, 0.17, 0.04), trousers=(0.05, 0.06, 0.09)),
    ),
}  # fmt: skip
FPS = 10
_STROKE = Stroke(down_s=0.6, hold_s=0.0, up_s=0.6, rest_s=0.0)
_ELEVATION = {True: 12.0, False: 5.0}
# Where the mat is, and where those stand whose movement does not have its middle at the origin: so
# that the camera stays within the room.
_MAT = (-0.95, 0.95)
_PLACE = {"push_up": (0.0, -0.75), "plank": (0.0, -0.75)}
_NOT_DRAWN = ("__init__", "__main__", "clips", "samples", "sheet", "training")
"""Modules of `people` that a clip does not follow from, beside what it says of itself."""

Report = Callable[[int, int, str], None]
"""Told which clip it is, of how many, and its name."""


@dataclass(frozen=True)
class Condition:
    """What a clip shows; each is a name from the tables above."""

    exercise: str
    view: str
    body: str
    distance: str

    @property
    def name(self) -> str:
        """The clip's name."""
        return "__".join((self.exercise, self.view, self.body, self.distance)).replace(" ", "-")

    @property
    def azimuth(self) -> float:
        """The camera's degrees around the room; from the right for every other body."""
        angle = views(self.exercise)[self.view]
        if self.exercise in FACE_UP:  # the head towards -z
            angle = 180 - angle
        return float(angle if list(BODIES).index(self.body) % 2 else -angle)


def views(exercise: str) -> Mapping[str, int]:
    """The views that an exercise is filmed from."""
    return FLOOR_VIEWS if exercise in FLOOR else STANDING_VIEWS


def conditions() -> Iterator[Condition]:
    """All of them, in the order of the tables."""
    for i, exercise in enumerate(EXERCISES):
        for j, view in enumerate(views(exercise)):
            for k, body in enumerate(BODIES):
                distance = list(DISTANCES)[(i + j + k // 2 + k) % 2]
                yield Condition(exercise, view, body, distance)


def clip(condition: Condition) -> Clip:
    """The clip of a condition: one repetition, always the same."""
    exercise, floor = condition.exercise, condition.exercise in FLOOR
    style = np.random.default_rng((1, *f"{exercise} {condition.body}".encode()))
    rng = np.random.default_rng((2, *condition.name.encode()))
    shape, outfit = BODIES[condition.body]
    distance, view_angle = DISTANCES[condition.distance]
    part = Part(
        motion=MOTIONS[exercise].random(style),
        strokes=(_STROKE,),
        rest_s=0.2,
        at=_PLACE.get(exercise, (0.0, 0.0)),
    )
    return Clip(
        name=condition.name,
        about=f"{exercise}, {condition.view}, {condition.body}, {condition.distance}",
        parts=[part],
        shape=shape,
        outfit=outfit,
        room=Room.random(rng, _MAT if floor and rng.random() < 0.5 else None),
        light=Light.random(rng, condition.azimuth),
        azimuth=condition.azimuth,
        elevation=_ELEVATION[floor],
        view_angle=view_angle,
        distance=distance,
        fps=FPS,
        seed=int(rng.integers(2**31)),
    )


@dataclass(frozen=True)
class Filmed:
    """A rendered clip."""

    condition: Condition
    video: Path
    truth: Truth


def filmed(folder: Path, report: Report) -> Iterator[Filmed]:
    """Each clip, rendered into the folder unless it is there.

    Raises AssetsMissing or RendererMissing when something is to be rendered and cannot be.
    """
    wanted = list(conditions())
    assets = Assets()
    for n, condition in enumerate(wanted, start=1):
        made = clip(condition)
        place = folder / f"{condition.name}-{_fingerprint(made)}"
        truth = place / f"{condition.name}.json"
        if not truth.with_suffix(".npz").exists():
            report(n, len(wanted), condition.name)
            place.mkdir(parents=True, exist_ok=True)
            film(made, place, assets)
        yield Filmed(condition, truth.with_suffix(".mp4"), Truth.load(truth))


def _fingerprint(made: Clip) -> str:
    """Of all that a rendered clip follows from."""
    digest = hashlib.sha256(repr(made).encode())
    folder = Path(__file__).parents[1] / "people"
    for source in sorted([*folder.rglob("*.py"), *folder.glob("shaders/*")]):
        if source.stem not in _NOT_DRAWN:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
