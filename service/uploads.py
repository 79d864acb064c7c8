"""A request's file, raw or as the multipart field `file`, written out as it arrives."""

import shutil
from collections.abc import AsyncGenerator
from typing import Any, BinaryIO

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.errors import ServiceError

LINGER_BYTES = 16 * 1024 * 1024
"""How much of a body that is too large is read and thrown away before the connection is closed:
a client that is cut off while it sends may never read why."""


async def save_upload(request: Request, file: BinaryIO, *, max_bytes: int) -> str | None:
    """Write the request's file to `file` and give the name that the sender gave it, if any.

    Memory stays bounded whatever the size. Raises ServiceError `too_many_bytes` where more than
    `max_bytes` come, or are announced.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _save_part(request, file, max_bytes)
    async for chunk in _bounded(request, max_bytes):
        await to_thread.run_sync(file.write, chunk)
    return None


async def _save_part(request: Request, file: BinaryIO, max_bytes: int) -> str | None:
    parser = MultiPartParser(
        request.headers, _bounded(request, max_bytes), max_files=1, max_fields=0
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ServiceError("invalid_request", error.message, field="file") from error
    part = form.get("file")
    try:
        if not isinstance(part, UploadFile):
            raise ServiceError("invalid_request", "the form has no file `file`", field="file")
        await to_thread.run_sync(shutil.copyfileobj, part.file, file)
    finally:
        await form.close()
    return part.filename


async def _bounded(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    declared, received = int(request.headers.get("content-length", 0)), 0
    async for chunk in request.stream():
        received += len(chunk)
        if max(declared, received) <= max_bytes:
            yield chunk
        elif received > max_bytes + LINGER_BYTES:
            break
    if max(declared, received) > max_bytes:
        limit = f"a body may have {max_bytes} bytes here, the limit"
        raise ServiceError("too_many_bytes", limit, field="file")


def upload_schema(*media_types: str) -> dict[str, Any]:
    """The OpenAPI of such a request body, for `openapi_extra`."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    content: dict[str, Any] = {media_type: {"schema": binary} for media_type in media_types}
    content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}
