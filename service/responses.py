"""The OpenAPI of answers that are no errors: which headers they have."""

from types import MappingProxyType
from typing import Any, Final

_HEADERS: Final = MappingProxyType(
    {
        "Content-Location": "The clip that the upload is",
        "ETag": "Changes with what is answered",
        "Location": "Where to ask, or to go on",
        "Retry-After": "In how many seconds to ask again",
        "Tus-Extension": "What is spoken of tus beside its core",
        "Tus-Max-Size": "Bytes that a file may have",
        "Upload-Defer-Length": "1 where the length was not said yet",
        "Upload-Expires": "Until when the upload may be finished",
        "Upload-Length": "Bytes of the file",
        "Upload-Metadata": "As it was given",
        "Upload-Offset": "Bytes that are stored",
    }
)


def answers(status: int, description: str, *headers: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of one status with these headers."""
    told = {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in headers}
    return {status: {"description": description, "headers": told}}
