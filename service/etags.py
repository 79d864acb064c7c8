"""Strong entity tags (RFC 9110, 8.8.3): one that has not changed need not be sent again."""


def etag_of(version: int | str) -> str:
    """The tag of a version."""
    return f'"{version}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the sender of `If-None-Match` has what the tag is of."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags
