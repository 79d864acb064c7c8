"""Listening and serving."""

import re
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.server import Server, address_of, listen, serving
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary
from tests.service.server_process import server_process
from tests.service.waiting import until


def test_a_taken_port_is_told() -> None:
    with listen(Settings(port=0)) as first:
        taken = Settings(port=first.getsockname()[1])
        app = create_app(taken, FakeEngine(), FakeLibrary())
        with pytest.raises(OSError, match="in use"), serving(app, taken):
            pass


def test_a_client_that_reads_nothing_is_dropped_by_the_system_too() -> None:
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("this system has no TCP_USER_TIMEOUT")
    with listen(Settings(port=0, send_timeout_s=1.5)) as listener:
        limit_ms = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert limit_ms == 1500


def test_addresses_are_written_as_in_a_url() -> None:
    with listen(Settings(port=0)) as listener:
        assert address_of(listener).startswith("127.0.0.1:")


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="this system tells nobody")
def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        with server_process(tmp_path) as (server, _):
            limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert re.search(r"Max core file size +0 ", limits)


@pytest.mark.parametrize(("host", "reached"), [("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])])
def test_it_listens_on_ipv6(host: str, reached: list[str]) -> None:
    try:
        listener = listen(Settings(host=host, port=0))
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with listener:
        for address in reached:
            socket.create_connection((address, listener.getsockname()[1])).close()
        assert address_of(listener).startswith(f"[{host}]:")


@pytest.mark.parametrize(("stop_s", "signals"), [(0.2, 1), (600, 2)])
def test_what_never_ends_is_not_waited_for(stop_s: float, signals: int) -> None:
    ending = threading.Event()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.drain = lambda: anyio.sleep(0)
        app.state.break_off = lambda: None
        yield
        ending.set()
        await anyio.sleep_forever()

    app = FastAPI(lifespan=lifespan)
    server = Server(app, uvicorn.Config(app, log_level="critical"), stop_s=stop_s)
    with listen(Settings(port=0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        until(lambda: server.started)
        for _ in range(signals):
            server.handle_exit(signal.SIGTERM, None)
            assert ending.wait(10)
        thread.join(10)
        assert not thread.is_alive()
