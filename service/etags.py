"""Entity tags: what has not changed is not sent again, nor changed by who has not seen it."""

from typing import Annotated

from fastapi import Header

from service.errors import ServiceError

IfMatch = Annotated[
    str | None,
    Header(max_length=512, description="The `ETag` of what is to be changed", examples=['"1"']),
]


def etag_of(version: int | str) -> str:
    """The strong entity tag of a version (RFC 9110, section 8.8.3)."""
    return f'"{version}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the sender of `If-None-Match` has what the tag is of (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def check_match(if_match: str | None, version: int) -> None:
    """Refuse a change of another version than the one there is (RFC 9110, section 13.1.1).

    Raises ServiceError `precondition_required` without If-Match, or `precondition_failed`.
    """
    if if_match is None:
        fault = "send If-Match with the ETag that GET has answered"
        raise ServiceError("precondition_required", fault, field="If-Match")
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag_of(version)}:
        fault = f"it is at {etag_of(version)} by now: get it and change that"
        raise ServiceError("precondition_failed", fault, field="If-Match")
