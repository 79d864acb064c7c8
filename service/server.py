"""The app under uvicorn: in the foreground, or in a thread for the demo and the tests."""

import resource
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import anyio
import uvicorn
from fastapi import FastAPI

from service import logs
from service.http_protocol import BoundedHttp
from service.settings import Settings
from service.websocket_protocol import BoundedWebSocket

log = logs.get_logger(__name__)

START_TIMEOUT_S: Final = 10
REQUESTS_S: Final = 5
"""For requests that are under way when the server stops."""
STOP_S: Final = 12
"""For all that is left once live sessions have ended: a database may not answer."""


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say; raises OSError when it cannot."""
    where = (settings.host, settings.port)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    both = settings.host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server(where, family=family, backlog=1024, dualstack_ipv6=both)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it. Without it one that the app has given up, because its client
        # does not read, stays open for as long as there is something left to send.
        limit_ms = round(settings.send_timeout_s * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit_ms)
    return listener


def address_of(listener: socket.socket) -> str:
    """Such as 127.0.0.1:8000, or [::1]:8000."""
    return place_of(*listener.getsockname()[:2])


def place_of(host: str, port: int) -> str:
    """The same of an address that may be listened on."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Server(uvicorn.Server):
    """Lets live sessions end before it closes their connections."""

    def __init__(self, app: FastAPI, config: uvicorn.Config, *, stop_s: float = STOP_S) -> None:
        super().__init__(config)
        self._app, self._stop_s = app, stop_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then stop; a second signal stops at once."""
        await self._unless_forced(self._app.state.drain())
        with anyio.move_on_after(self._stop_s) as limit:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._break_off)
                await self._unless_forced(super().shutdown(sockets))
                tasks.cancel_scope.cancel()
        if limit.cancelled_caught:
            log.error("stopped before all was given back", waited_s=self._stop_s)

    async def _unless_forced(self, step: Awaitable[None]) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_forced, tasks.cancel_scope)
            await step
            tasks.cancel_scope.cancel()

    async def _break_off(self) -> None:
        """Tell those who still send, before uvicorn ends them without a word."""
        await anyio.sleep(REQUESTS_S - 1)
        self._app.state.break_off()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; whichever signal is the second one stops at once."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)

    async def _until_forced(self, step: anyio.CancelScope) -> None:
        while not self.force_exit:
            await anyio.sleep(0.1)
        step.cancel()


def serve(app: FastAPI, settings: Settings, listener: socket.socket) -> None:
    """Serve until interrupted; a crash leaves no core file, in which keys and pictures would be."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    signal.signal(signal.SIGTERM, _exit)
    logs.configure(settings)
    url = f"http://{address_of(listener)}"
    log.info("serving", url=url, docs=f"{url}/docs")
    Server(app, _config(app, settings, log_config=None)).run([listener])


def _exit(*_: object) -> None:
    """uvicorn repeats the signal once it has shut down: let what is to run at exit run, such as
    the export of the last spans."""
    raise SystemExit


@contextmanager
def serving(app: FastAPI, settings: Settings) -> Iterator[str]:
    """Serve in a thread while the context lasts; gives the address. Raises what `listen` does."""
    server = Server(app, _config(app, settings, log_level="warning"))
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


def _config(app: FastAPI, settings: Settings, **logging: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        ws=BoundedWebSocket,
        ws_max_size=settings.max_message_bytes,
        ws_per_message_deflate=False,
        # Who is gone is told by `idle_s` and `send_timeout_s`: a pong waits behind what a lossless
        # session has sent and is not read yet, longer than any ping may wait.
        ws_ping_interval=None,
        timeout_graceful_shutdown=REQUESTS_S,
        **logging,
    )
