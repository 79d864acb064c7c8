"""Entity tags: who changes something says which version of it was seen (RFC 9110, 13.1.1)."""

from typing import Annotated

from fastapi import Header

from service.errors import ServiceError

IfMatch = Annotated[
    str | None,
    Header(max_length=1000, description="The `ETag` of what was seen, or `*`", examples=['"1"']),
]


def etag(version: int) -> str:
    """The strong tag of a version."""
    return f'"{version}"'


def check_match(if_match: str | None, version: int) -> None:
    """Whether the header names this version.

    Raises ServiceError `precondition_required` without one, `precondition_failed` where it names
    others only. A weak tag names none.
    """
    if if_match is None:
        missing = "send If-Match with the ETag of what you have seen, or *"
        raise ServiceError("precondition_required", missing)
    named = {tag.strip() for tag in if_match.split(",")}
    if named.isdisjoint({"*", etag(version)}):
        raise ServiceError("precondition_failed", f"it is at {etag(version)} by now: read it again")
