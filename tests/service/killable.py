"""A server with a fake core that can be killed and started again on the same port and data."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHECKOUT = Path(__file__).parents[2]


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class KillableServer:
    """A server that can be killed and started again."""

    def __init__(self, data: Path, delay_s: float = 0.0, **settings: Any) -> None:
        """`delay_s`: how long looking at a frame takes."""
        self.port = free_port()
        module = "tests.service.fake_server"
        self._command = [sys.executable, "-m", module, str(self.port), str(data), str(delay_s)]
        environment = {f"BLAZEREPS_{name.upper()}": str(value) for name, value in settings.items()}
        self._environment = os.environ | environment

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=CHECKOUT, env=self._environment, stderr=subprocess.DEVNULL
        )
        give_up_s = time.monotonic() + 60
        while time.monotonic() < give_up_s:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the server does not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/live"
