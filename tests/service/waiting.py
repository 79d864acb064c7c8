"""Waiting for what happens elsewhere, in another thread or process."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(happened: Callable[[], Found | None], patience_s: float = 20) -> Found:
    """What it gives, once that is true; raises AssertionError where it never is."""
    give_up_s = time.monotonic() + patience_s
    while not (found := happened()):
        assert time.monotonic() < give_up_s, f"not in {patience_s:g} s"
        time.sleep(0.01)
    return found
