"""A request's file, raw or as the multipart field `file`, taken as it arrives."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, BinaryIO

from anyio import to_thread
from fastapi import Request

from service.bodies import streams
from service.errors import ServiceError
from service.forms import form_file


async def upload_chunks(
    request: Request, *, max_bytes: int
) -> tuple[str | None, AsyncIterator[bytes]]:
    """The name that the sender gave the request's file, if any, and its bytes.

    No more is read than is asked for, and one chunk is in memory at a time. Raises ServiceError
    `too_many_bytes` where more than `max_bytes` come, or are announced, and `invalid_request`
    where a form is damaged or has not that one file; both also while the bytes are taken, but
    what is announced is refused here.
    """
    streams(request)
    body = _bounded(request, max_bytes)
    if int(request.headers.get("content-length", 0)) > max_bytes:
        raise _too_many(max_bytes)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        return await form_file(content_type, body)
    return None, body


async def save_upload(request: Request, file: BinaryIO, *, max_bytes: int) -> str | None:
    """Write the request's file to `file` and give its name; raises as `upload_chunks` does."""
    name, chunks = await upload_chunks(request, max_bytes=max_bytes)
    async for chunk in chunks:
        await to_thread.run_sync(file.write, chunk)
    return name


async def _bounded(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise _too_many(max_bytes)
        yield chunk


def _too_many(max_bytes: int) -> ServiceError:
    limit = f"a body may have {max_bytes} bytes here, the limit"
    return ServiceError("too_many_bytes", limit, field="file")


def upload_schema(*media_types: str) -> dict[str, Any]:
    """The OpenAPI of such a request body, for `openapi_extra`."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    content: dict[str, Any] = {media_type: {"schema": binary} for media_type in media_types}
    content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}
