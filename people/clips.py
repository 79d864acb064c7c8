"""A clip: who does what, in which clothes, room, light and view."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from people.body import Shape
from people.motions import EXERCISES, MOTIONS
from people.motions.motion import Motion
from people.motions.standing import Walk
from people.outfit import Outfit
from people.rotations import facing, vector
from people.scene import Light, Room
from people.script import Part, Stroke

_ON_THE_FLOOR = (
    "push_up", "plank", "mountain_climber", "sit_up", "lie_on_back", "lie_on_front", "cobra",
    "kneel", "all_fours", "downward_dog", "sit_on_floor", "burpee", "get_down",
)  # fmt: skip
_SIZES = ((640, 480), (640, 480), (854, 480), (480, 640), (480, 854))
MAT = (-0.35, 1.75)
"""Where a mat begins and ends along z, metres."""
_FAR_OFF = 3.0
_CYCLE_M = 1.28
"""What two steps cover."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """What somebody does, and how he looks."""

    parts: Sequence[Part]
    shape: Shape = field(default_factory=Shape)
    outfit: Outfit = field(default_factory=Outfit)


@dataclass(frozen=True, kw_only=True)
class Clip(Role):
    """A clip to be rendered: the role that it is about, which the truth is of, and all around it.

    `others`: who else is there; the camera does not mind those who only walk through. `size`: width
    and height, pixels. `azimuth`, `elevation`, `view_angle`: degrees. `distance`: metres to the
    camera, or None for as near as everything is in view.
    """

    name: str
    about: str
    others: Sequence[Role] = ()
    room: Room = field(default_factory=Room)
    light: Light = field(default_factory=Light)
    azimuth: float = 0.0
    elevation: float = 6.0
    view_angle: float = 60.0
    distance: float | None = None
    size: tuple[int, int] = (640, 480)
    fps: int = 30
    seed: int = 0


def strokes(depths: Sequence[float], seed: int, tempo: float = 1.0) -> tuple[Stroke, ...]:
    """A stroke for each depth, with a person's small differences from one to the next.

    `tempo`: strokes for every two seconds or so; shallow ones are quicker.
    """
    rng = np.random.default_rng(seed)
    done = []
    for depth in depths:
        pace = rng.uniform(0.9, 1.12) / tempo * (0.45 + 0.55 * depth)
        reached = float(np.clip(depth * rng.uniform(0.96, 1.0), 0, 1))
        down, up, rest = 0.95 * pace, 0.85 * pace, rng.uniform(0.15, 0.35) / tempo
        hold = rng.uniform(0.05, 0.15) / tempo
        done.append(Stroke(depth=reached, down_s=down, hold_s=hold, up_s=up, rest_s=rest))
    return tuple(done)


def walk_by(ahead: float, way: int, delay_s: float, azimuth: float = 0, pace: float = 1.2) -> Part:
    """Somebody crosses the view of a camera at that azimuth.

    `ahead`: metres before the one whom the clip is about, negative behind him. `way`: 1 to the
    right of the picture, -1 to its left. `pace`: metres a second.
    """
    place = facing(yaw=azimuth) @ vector(-_FAR_OFF * way, 0, ahead)
    stride = Stroke(depth=round(2 * _FAR_OFF / _CYCLE_M, 1), down_s=2 * _FAR_OFF / pace)
    return Part(motion=Walk(), strokes=(stride,), rest_s=delay_s, pause_s=0.0,
                at=(float(place[0]), float(place[2])), yaw=azimuth + 90 * way,
                travel=2 * _FAR_OFF)  # fmt: skip


def random_clip(motion: str, seed: int) -> Clip:
    """A clip of one motion with everything else drawn by the seed.

    Raises KeyError when the motion is not in MOTIONS.
    """
    rng = np.random.default_rng((seed, *motion.encode()))
    style = MOTIONS[motion].random(rng)
    shape = Shape.random(rng)
    azimuth = rng.uniform(-180, 180)
    part = Part(
        motion=style,
        exercise=motion if motion in EXERCISES else None,
        strokes=_random_strokes(style, rng),
        rest_s=rng.uniform(0.4, 1.2),
    )
    return Clip(
        name=f"{motion}_{seed}",
        about=f"{motion} in a style, body, room, light and view drawn by seed {seed}",
        parts=[part],
        shape=shape,
        outfit=Outfit.random(rng, feminine=shape.gender > 0.5),
        room=Room.random(rng, MAT if motion in _ON_THE_FLOOR and rng.random() < 0.6 else None),
        light=Light.random(rng, azimuth),
        azimuth=azimuth,
        elevation=rng.uniform(0, 18),
        size=_SIZES[int(rng.integers(len(_SIZES)))],
        seed=seed,
    )


def random_crossing(seed: int) -> Clip:
    """Random squats, and somebody who crosses the view, three times of four in front.

    He is in the middle of the picture 2 to 6 seconds after the clip's start.
    """
    clip = random_clip("squat", seed)
    rng = np.random.default_rng((seed, 1))
    shape = Shape.random(rng)
    ahead, pace = rng.uniform(0.45, 1.1) * rng.choice((1, 1, 1, -1)), rng.uniform(0.7, 1.5)
    delay_s = max(0.0, rng.uniform(2, 6) - _FAR_OFF / pace)
    walk = walk_by(ahead, int(rng.choice((-1, 1))), delay_s, clip.azimuth, pace)
    outfit = Outfit.random(rng, feminine=shape.gender > 0.5)
    return replace(
        clip,
        name=f"crossing_{seed}",
        about=f"{clip.about}; somebody crosses {ahead:.2f} m ahead at {pace:.1f} m/s",
        others=[Role(parts=[walk], shape=shape, outfit=outfit)],
    )


def _random_strokes(motion: Motion, rng: np.random.Generator) -> tuple[Stroke, ...]:
    """Three to eight strokes at one tempo, some partial, some with a pause at either end."""
    count, tempo = int(rng.integers(3, 9)), float(np.exp(rng.uniform(np.log(0.5), np.log(1.7))))
    if motion.cyclic:
        return (Stroke(depth=float(count), down_s=1.1 * count / tempo),)
    done = []
    for _ in range(count):
        depth = rng.uniform(0.25, 0.45) if rng.random() < 0.15 else rng.uniform(0.9, 1.0)
        pauses = rng.uniform(0.5, 1.8, 2) * (rng.random(2) < 0.12)
        done.append(
            Stroke(
                depth=float(depth),
                down_s=rng.uniform(0.8, 1.1) * (0.4 + 0.6 * depth) / tempo,
                hold_s=rng.uniform(0.0, 0.25) / tempo + pauses[0],
                up_s=rng.uniform(0.7, 1.0) * (0.4 + 0.6 * depth) / tempo,
                rest_s=rng.uniform(0.05, 0.4) / tempo + pauses[1],
            )
        )
    return tuple(done)
