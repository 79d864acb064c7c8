"""Numbers that somebody has written into a file."""

import math
from collections.abc import Mapping


def check_numbers(table: str, values: Mapping[str, object]) -> None:
    """Raises ValueError for the first of a table's values, by name, that is no number."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
            raise ValueError(f"{table}.{name} must be a number, not {value!r}")
