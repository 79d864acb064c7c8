"""Synthetic people whose movement repeats a known number of times, or does not repeat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from people.clips import Clip, random_clip, strokes
from people.motions import EXERCISES, MOTIONS
from people.motions.floor import LieOnBack
from people.motions.lunge import Lunge
from people.motions.motion import Motion, Sided
from people.motions.standing import Walk
from people.posture import Posture
from people.rotations import FloatArray
from people.script import Part, Stroke
from people.skeleton import Skeleton

FPS, SLOW_FPS = 30, 10
_SECONDS = {
    "jumping_jack": 1.1, "march": 1.1, "walk": 0.6, "mountain_climber": 1.0, "calf_raise": 1.6,
    "lift": 2.2, "lunge": 2.6, "side_lunge": 2.6, "side_stretch": 2.8, "deadlift": 3.0,
    "sit_down": 3.0, "sit_up": 2.6, "lie_on_back": 2.6, "pull_up": 2.6, "downward_dog": 3.2,
    "burpee": 3.2,
}  # fmt: skip
"""Of one at middle pace."""
REPEATING = tuple(_SECONDS)
"""What is done again and again and is no known exercise."""
TEMPOS = (0.6, 1.5)
EVERYDAY = (
    "idle", "pick_up", "sit_down", "seated", "side_stretch", "kneel", "get_down", "all_fours",
    "lie_on_back", "lie_on_front", "sit_on_floor",
)  # fmt: skip
_STROKE_S = 2.17  # of `strokes` at tempo 1
_STRIDE_M = 1.28
_STEPS = 200
_BEFORE_S, _AFTER_S = 1.0, 1.5


@dataclass(frozen=True)
class Movement:
    """One person's clip and how often something repeats in it."""

    clip: Clip
    times: int = 0


@dataclass(frozen=True, kw_only=True)
class Recalled(Motion):
    """A motion in steps of half a percent, none of which is worked out twice: they are slow."""

    motion: Motion

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """The posture at the step that is nearest to the depth."""
        return _posture(self.motion, skeleton, round(depth * _STEPS))


@lru_cache(maxsize=4 * _STEPS)
def _posture(motion: Motion, skeleton: Skeleton, step: int) -> Posture:
    return motion.posture(skeleton, step / _STEPS)


def repeating(name: str, seed: int) -> Movement:
    """3 to 15 times the same, in one of many bodies, styles, views and paces.

    Left and right take turns where people do it so; each counts, as does each step on the spot.
    """
    clip = random_clip(name, seed)
    rng = np.random.default_rng((seed, *name.encode(), 1))
    times = int(rng.integers(3, 16))
    tempo = float(np.exp(rng.uniform(*np.log(TEMPOS))))
    parts = _parts(clip.parts[0].motion, times, tempo / _SECONDS[name], seed)
    return Movement(replace(clip, parts=parts, fps=FPS), times)


def known(exercise: str, seed: int) -> Movement:
    """3 to 15 repetitions of an exercise that is counted by name."""
    if exercise not in EXERCISES:
        raise KeyError(exercise)
    clip = random_clip(exercise, seed)
    rng = np.random.default_rng((seed, *exercise.encode(), 1))
    times, tempo = int(rng.integers(3, 16)), float(rng.uniform(0.6, 1.4))
    part = replace(clip.parts[0], strokes=_strokes(times, tempo / _STROKE_S, seed))
    return Movement(replace(clip, parts=[part], fps=SLOW_FPS), times)


def everyday(seed: int) -> Movement:
    """Stands, bends, sits, kneels, lies ...: each once and in any order."""
    return _in_turn("idle", list(np.random.default_rng(seed).permutation(EVERYDAY)), seed)


def standing(seed: int) -> Movement:
    """Stands about: now the arms do this, now that."""
    return _in_turn("idle", ["idle"] * 10, seed)


def still(seed: int) -> Movement:
    """Keeps a posture for half a minute."""
    name = EVERYDAY[seed % len(EVERYDAY)]
    clip = random_clip(name, seed)
    part = Part(motion=clip.parts[0].motion, strokes=(Stroke(down_s=1.2, hold_s=30, up_s=1.2),))
    return Movement(replace(clip, parts=[part], fps=SLOW_FPS))


def walking(seed: int) -> Movement:
    """Walks about a room from place to place, standing at none of them for long."""
    rng = np.random.default_rng(seed)
    clip = random_clip("walk", seed)
    walk, parts = clip.parts[0].motion, [Part(motion=MOTIONS["idle"].random(rng))]
    here = np.zeros(2)
    for there in rng.uniform(-1.6, 1.6, (10, 2)):
        parts.append(_way(walk, here, there, rng))
        here = there
    return Movement(replace(clip, parts=parts, fps=SLOW_FPS, distance=5.0))


def _parts(motion: Motion, times: int, a_second: float, seed: int) -> Sequence[Part]:
    if isinstance(motion, Walk):
        stride = Stroke(depth=times / 2, down_s=times / a_second)
        return [Part(motion=motion, strokes=(stride,), rest_s=_BEFORE_S)]
    if isinstance(motion, LieOnBack) and motion.kind == "rest":
        motion = replace(motion, kind="bridge")
    done = _strokes(times, a_second, seed)
    if not isinstance(motion, Sided) or not _in_turns(motion, seed):
        return [Part(motion=Recalled(motion=motion), strokes=done, rest_s=_BEFORE_S)]
    sides = [Recalled(motion=replace(motion, side=side)) for side in (motion.side, motion.other)]
    return [
        Part(motion=sides[i % 2], strokes=(one,), pause_s=0, rest_s=0 if i else _BEFORE_S)
        for i, one in enumerate(done)
    ]


def _in_turns(motion: Sided, seed: int) -> bool:
    """Whether left and right alternate: knees always, lunges every other time if feet step."""
    name = type(motion).__name__
    if name in ("March", "MountainClimber"):
        return True
    steps = name == "SideLunge" or (isinstance(motion, Lunge) and motion.kind != "split")
    return steps and seed % 2 == 1


def _strokes(times: int, a_second: float, seed: int) -> tuple[Stroke, ...]:
    done = strokes([1] * times, seed, a_second * _STROKE_S)
    return (*done[:-1], replace(done[-1], rest_s=_AFTER_S))


def _in_turn(name: str, motions: Sequence[str], seed: int) -> Movement:
    """One after the other, each once; body and view as a clip of `name`."""
    rng = np.random.default_rng((seed, 1))
    parts = [
        Part(
            motion=Recalled(motion=MOTIONS[motion].random(rng)),
            strokes=(_once(rng),),
            rest_s=float(rng.uniform(0.2, 2)),
            pause_s=float(rng.uniform(0.8, 2)),
        )
        for motion in motions
    ]
    return Movement(replace(random_clip(name, seed), parts=parts, fps=SLOW_FPS))


def _once(rng: np.random.Generator) -> Stroke:
    down, hold, up = rng.uniform((0.6, 0.2, 0.6), (2, 3, 2))
    return Stroke(down_s=float(down), hold_s=float(hold), up_s=float(up))


def _way(walk: Motion, here: FloatArray, there: FloatArray, rng: np.random.Generator) -> Part:
    """Turns towards a place, (x, z) in metres, and walks there."""
    metres = float(np.hypot(*(there - here)))
    stride = Stroke(depth=metres / _STRIDE_M, down_s=metres / rng.uniform(0.7, 1.3))
    yaw = float(np.degrees(np.arctan2(*(there - here))))
    return Part(
        motion=walk,
        strokes=(stride,),
        at=(float(here[0]), float(here[1])),
        yaw=yaw,
        travel=metres,
        rest_s=float(rng.uniform(0, 1.5)),
    )
