"""Moments that a caller names, as ISO 8601 writes them."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator


def _as_iso(given: object) -> object:
    """To pydantic a number is a moment too: seconds since 1970, or milliseconds."""
    if isinstance(given, datetime) or re.match(r"\d{4}-", str(given)):
        return given
    raise ValueError("must be ISO 8601 with a time zone, such as 2025-01-31T12:00:00Z")


IsoMoment = Annotated[AwareDatetime, BeforeValidator(_as_iso)]
