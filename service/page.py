"""The web page: try the counter with a webcam or a file, and read the API; nothing from outside."""

import json
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).with_name("page")
router = APIRouter(include_in_schema=False)
files = StaticFiles(directory=FOLDER)

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/")
async def live_page() -> FileResponse:
    """Count by webcam or from a file."""
    return FileResponse(FOLDER / "index.html", headers=SECURITY_HEADERS)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The document of REST; FastAPI would render it anew for whoever asks."""
    return Response(_rendered(request.app), media_type="application/json")


@lru_cache(maxsize=1)
def _rendered(app: FastAPI) -> bytes:
    return json.dumps(app.openapi(), ensure_ascii=False).encode()


@router.get("/docs")
async def docs_page() -> FileResponse:
    """Every endpoint, read from /openapi.json."""
    return FileResponse(FOLDER / "docs.html", headers=SECURITY_HEADERS)
