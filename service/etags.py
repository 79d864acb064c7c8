"""Changes that say which version they change: `ETag` and `If-Match` (RFC 9110, section 13.1.1)."""

from typing import Annotated

from fastapi import Header

from service.errors import ServiceError

IfMatch = Annotated[
    str | None,
    Header(max_length=512, description="The `ETag` of what is to be changed", examples=['"1"']),
]


def etag_of(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def check_match(if_match: str | None, version: int) -> None:
    """Raise ServiceError `precondition_required` without If-Match, or `precondition_failed`."""
    if if_match is None:
        fault = "send If-Match with the ETag that GET has answered"
        raise ServiceError("precondition_required", fault, field="If-Match")
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag_of(version)}:
        fault = f"it is at {etag_of(version)} by now: get it and change that"
        raise ServiceError("precondition_failed", fault, field="If-Match")
