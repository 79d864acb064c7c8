"""What a motion is: its style, drawn at random, and the way from a depth to a posture."""

from abc import ABC, abstractmethod
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np

from people.posture import OTHER, SIGN, Posture, Side
from people.skeleton import Skeleton


def ranging(default: float, low: float, high: float) -> Any:
    """A number of a style, with the range it is drawn from."""
    return field(default=default, metadata={"low": low, "high": high})


def one_of(*options: Any) -> Any:
    """A choice of a style; the first is the default."""
    return field(default=options[0], metadata={"options": options})


@dataclass(frozen=True, kw_only=True)
class Motion(ABC):
    """A movement done in one style: the fields say how.

    Call it with a skeleton and a depth from 0 (start) to 1 (end) for the posture there.
    `cyclic`: depth runs 0..1 and starts over (walking) instead of going there and back.
    """

    cyclic: ClassVar[bool] = False

    @abstractmethod
    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """The posture at a depth; feet, or hands and toes, on the floor (y = 0)."""

    @classmethod
    def random(cls, rng: np.random.Generator) -> Self:
        """The motion in a style drawn from the fields' ranges."""
        return cls(**{f.name: _draw(f, rng) for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Sided(Motion):
    """A motion that one side of the body does."""

    side: Side = one_of("l", "r")  # noqa: RUF009  a field, not a call shared by instances

    @property
    def sign(self) -> int:
        """Of the x of the side that does it: left +1, right -1."""
        return SIGN[self.side]

    @property
    def other(self) -> Side:
        """The side that does not."""
        return OTHER[self.side]


def _draw(style: Field[Any], rng: np.random.Generator) -> Any:
    if "options" in style.metadata:
        options = style.metadata["options"]
        return options[rng.integers(len(options))]
    return rng.uniform(style.metadata["low"], style.metadata["high"])


def mix(start: float, end: float, share: float) -> float:
    """A number the given share of the way from start to end."""
    return start + (end - start) * share


def ease(share: float) -> float:
    """0..1 -> 0..1, slow at both ends."""
    return float(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1)))


def through(keys: list[Posture], depth: float) -> Posture:
    """The posture at a depth along key postures spaced evenly."""
    place = float(np.clip(depth, 0, 1)) * (len(keys) - 1)
    i = min(int(place), len(keys) - 2)
    return keys[i].towards(keys[i + 1], place - i).grounded()
