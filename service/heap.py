"""The memory of a process that loads much and then serves for long."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_M_ARENA_MAX: Final = -8
"""`mallopt(3)` of glibc."""


@contextmanager
def loading() -> Iterator[None]:
    """What is loaded inside is taken to stay: garbage is never looked for in it.

    Looking takes a fifth of the time that loading does, and later, in all of it, 0.14 s at once.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def share_heap() -> None:
    """Has all threads allocate from one heap, where glibc would give each thread its own.

    What one thread frees the next can use then, and few threads ask for memory at the same time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
