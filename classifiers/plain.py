"""A state of some fields as plain data for JSON."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def plain(state: "DataclassInstance") -> dict[str, Any]:
    """The fields of a dataclass by name, its lists and dicts copied, but not what is in them.

    Each live session is kept every second: `asdict`, which copies everything, takes ten times as
    long.
    """
    values = ((field.name, getattr(state, field.name)) for field in fields(state))
    return {
        name: value.copy() if isinstance(value, dict | list) else value for name, value in values
    }
