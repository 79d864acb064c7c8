"""Clocks that are moved by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

NOON: Final = datetime(2025, 1, 31, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Moments."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Seconds:
    """Seconds since whenever."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s
