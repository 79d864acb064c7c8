"""`Upload-Metadata` of tus: pairs of a key and a value in Base64."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from service.errors import ServiceError

MAX_METADATA: Final = 8192
"""Characters."""


def read_metadata(header: str | None) -> Mapping[str, str]:
    """Its pairs; raises ServiceError `invalid_upload`."""
    pairs: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key in pairs:
            raise _bad(f"names {key!r} twice")
        pairs[key] = _decoded(key, value.strip())
    pairs.pop("", None)
    return pairs


def _decoded(key: str, value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        raise _bad(f"the value of {key!r} is not UTF-8 in Base64") from None


def _bad(why: str) -> ServiceError:
    return ServiceError("invalid_upload", f"Upload-Metadata: {why}", field="upload-metadata")
