"""The doctor: looks at what a server needs, one check after the other, and says what to do."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import anyio

from service.settings import Settings

LIMIT_S: Final = 60.0
"""For one check."""
_MOST = 300


class Verdict(StrEnum):
    """What a check comes to."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check sees."""

    said: str
    verdict: Verdict = Verdict.OK
    remedy: str = ""
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the settings and at what they name."""

    name: str
    look: Callable[[Settings], Awaitable[Found]]
    remedy: str
    """What to do where looking ends in an error."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found."""

    check: str
    verdict: Verdict
    said: str
    remedy: str


async def examine(
    settings: Settings, checks: Iterable[Check], *, limit_s: float = LIMIT_S
) -> list[Finding]:
    """All of the checks, whatever the others find; one that takes longer than the limit fails."""
    return [await _finding(check, settings, limit_s) for check in checks]


def warned(said: str, remedy: str) -> Found:
    """It can be served, but not as well as it should."""
    return Found(said, Verdict.WARN, remedy)


def failed(said: str, remedy: str) -> Found:
    """It cannot be served, or would fail its users."""
    return Found(said, Verdict.FAIL, remedy)


async def _finding(check: Check, settings: Settings, limit_s: float) -> Finding:
    try:
        with anyio.fail_after(limit_s):
            found = await check.look(settings)
    except TimeoutError as error:
        found = failed(_first_line(error) or f"no answer within {limit_s:g} s", check.remedy)
    except Exception as error:  # whatever it is, the other checks are still worth their while
        found = failed(_first_line(error) or type(error).__name__, check.remedy)
    return Finding(check.name, found.verdict, found.said, found.remedy)


def _first_line(error: Exception) -> str:
    """Without the statement that SQLAlchemy adds, and what Rust prints of an error's insides."""
    cause = getattr(error, "orig", None) or error
    line = next((line.strip() for line in str(cause).splitlines() if line.strip()), "")
    return line if len(line) <= _MOST else line[:_MOST] + "…"
