"""A server with a fake core in a process of its own: what it logs, and how it obeys signals."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.app import create_app
from service.server import listen, serve
from service.settings import Settings
from tests.service.conftest import add_keys
from tests.service.fakes import FakeEngine, FakeLibrary

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join((str(ROOT), str(ROOT / "clients" / "python")))


class ServerProcess:
    """Its log is read line by line, up to now or to the end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def until(self, text: str) -> str:
        """The next line that holds the text."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"never logged {text!r}: {self.lines}")

    def stop(self) -> None:
        """With SIGTERM."""
        self.process.terminate()
        assert self.process.stderr is not None
        self.lines += self.process.stderr
        assert self.process.wait(20) == 0


@contextmanager
def server_process(
    data: Path,
    *,
    keys: Mapping[str, str] | None = None,
    module: str = "tests.service.server_process",
    **settings: str,
) -> Iterator[tuple[ServerProcess, str]]:
    """A server and its address; `settings` go over the defaults, as the environment has them.

    `module`: which calls `main` when it is run.
    """
    add_keys(Settings(data=data), keys or {})
    chosen = {"port": "0", "drain_s": "0", "log_format": "json", "data": str(data)} | settings
    environment = {f"BLAZEREPS_{name.upper()}": value for name, value in chosen.items()}
    command = [sys.executable, "-m", module]
    with subprocess.Popen(
        command,
        env=os.environ | environment | {"PYTHONPATH": PATHS},
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        server = ServerProcess(process)
        try:
            address = re.findall(r"http://([\d.:]+)", server.until("serving"))[0]
            server.until("startup complete")
            yield server, address
        finally:
            process.kill()


def main() -> None:
    """A server with a fake core, as the environment says."""
    chosen = Settings()
    with listen(chosen) as listener:
        serve(create_app(chosen, FakeEngine(), FakeLibrary()), chosen, listener)


if __name__ == "__main__":
    main()
