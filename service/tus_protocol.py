"""What is said of tus with every request and answer: versions, and methods by another name."""

from typing import Annotated, Final

from fastapi import Header
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ServiceError

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-defer-length,creation-with-upload,expiration,termination"
CONTENT_TYPE: Final = "application/offset+octet-stream"
PATH: Final = "/v1/uploads"

# What pages of other origins may send and read (CORS).
SENT_HEADERS: Final = (
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
    "X-Request-ID",
)
TOLD_HEADERS: Final = (
    "Content-Location",
    "Location",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
)


class TusMiddleware:
    """Says the version on every answer under `/v1/uploads`, errors too, and takes a POST for the
    method that `X-HTTP-Method-Override` names.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PATH}/"):
            await self._app(scope, receive, send)
            return

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = headers["Tus-Version"] = VERSION
            await send(message)

        method = Headers(scope=scope).get("x-http-method-override", scope["method"])
        meant = scope if scope["method"] != "POST" else {**scope, "method": method.upper()}
        await self._app(meant, receive, send_with_version)


def demand_version(
    tus_resumable: Annotated[
        str | None, Header(description="The version", examples=[VERSION])
    ] = None,
) -> None:
    """Raises ServiceError `unsupported_tus` where a request is of another version, or says none."""
    if tus_resumable != VERSION:
        raise ServiceError(
            "unsupported_tus", f"Tus-Resumable must be {VERSION}", field="tus-resumable"
        )
