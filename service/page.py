"""The web page: try the counter with a webcam or a file, and read the API; nothing from outside."""

from pathlib import Path

from fastapi import APIRouter
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


@router.get("/docs")
async def docs_page() -> FileResponse:
    """Every endpoint, read from /openapi.json."""
    return FileResponse(FOLDER / "docs.html", headers=SECURITY_HEADERS)
