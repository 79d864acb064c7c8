"""Timed pictures -> those of an even rate, or fewer, by their times alone."""

import math
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

Stride = Callable[[], int]
"""The frame to look at next, counted in places of an even rate from the last one; 1 or more."""
Check = Callable[[], None]
"""Called while no frame comes; what it raises ends the clip."""

_MAX_EARLY_S: Final = 0.008
"""How early a frame may come and still count as on time when thinning: times jitter."""

_Picture = TypeVar("_Picture")


def every() -> int:
    """The stride that leaves nothing out."""
    return 1


def unchecked() -> None:
    """The check that ends nothing."""


def thinned(
    pictures: Iterator[tuple[float, _Picture]],
    fps: float | None = None,
    *,
    after_s: float | None = None,
    stride: Stride = every,
) -> Iterator[tuple[float, _Picture | None]]:
    """Those that `Clip.frames` gives; None in place of one that it leaves out.

    Raises ValueError for a bad `fps`.
    """
    check_fps(fps)
    last, due = -1, None
    for number, (at, picture) in enumerate(pictures):
        place = number if fps is None else place_of(at, fps)
        if after_s is not None and at <= after_s:
            last = place
        elif place > last:  # not sooner: `stride` may have to wait for an answer
            due = last + stride() if due is None else due
            if place >= due:
                last, due = place, None
                yield at, picture
                continue
        yield at, None


def place_of(at: float, fps: float) -> int:
    """Which frame of an even rate one at `at` seconds is."""
    return math.floor((at + min(_MAX_EARLY_S, 0.25 / fps)) * fps)


def check_fps(fps: float | None) -> None:
    """Raises ValueError for a rate that frames cannot be thinned to."""
    if fps is not None and not fps > 0:
        raise ValueError(f"fps must be above 0, not {fps}")
