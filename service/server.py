"""The app under uvicorn: in the foreground, or in a thread for the demo and the tests."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from service.settings import Settings

START_TIMEOUT_S: Final = 10


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say; raises OSError when it cannot."""
    listener = socket.create_server((settings.host, settings.port), backlog=1024)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it. Without it one that the app has given up, because its client
        # does not read, stays open for as long as there is something left to send.
        limit_ms = round(settings.send_timeout_s * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit_ms)
    return listener


def address_of(listener: socket.socket) -> str:
    """Such as 127.0.0.1:8000, or [::1]:8000."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def serve(app: ASGIApp, settings: Settings, listener: socket.socket) -> None:
    """Serve until interrupted."""
    uvicorn.Server(_config(app, settings, "info")).run([listener])


@contextmanager
def serving(app: ASGIApp, settings: Settings) -> Iterator[str]:
    """Serve in a thread while the context lasts; gives the address. Raises what `listen` does."""
    server = uvicorn.Server(_config(app, settings, "warning"))
    listener = listen(settings)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    give_up_s = time.monotonic() + START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up_s:
            raise RuntimeError("the server did not start; its log says why")
        time.sleep(0.01)


def _config(app: ASGIApp, settings: Settings, log_level: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level=log_level,
        ws="websockets-sansio",
        ws_max_size=settings.max_message_bytes,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
