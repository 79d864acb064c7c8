"""Moments and days that a caller names, as ISO 8601 writes them."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _as_iso(given: object) -> object:
    """To pydantic a number is a moment too: seconds since 1970, or milliseconds."""
    if isinstance(given, datetime) or re.match(r"\d{4}-", str(given)):
        return given
    raise ValueError("must be ISO 8601 with a time zone, such as 2025-01-31T12:00:00Z")


def _as_day(given: object) -> object:
    """To pydantic a number is a day too, and so is a midnight."""
    if isinstance(given, date) or re.fullmatch(r"\d{4}-\d\d-\d\d", str(given)):
        return given
    raise ValueError("must be a day of ISO 8601, such as 2025-01-31")


IsoMoment = Annotated[AwareDatetime, BeforeValidator(_as_iso)]
IsoDay = Annotated[date, BeforeValidator(_as_day)]
