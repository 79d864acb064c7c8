"""Headless Chromium with a page of the JavaScript client's, and what the page finds out."""

import json
import queue
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

from tests.service.chromium import command

PATH: Final = "/client/test/browser.html"
WAIT_S: Final = 90


class _Handler(SimpleHTTPRequestHandler):
    server: "Page"

    def do_GET(self) -> None:
        if self.path == "/job":
            self._answer(200, json.dumps(self.server.job).encode())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")
        self.server.results.put(json.loads(body))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path: str) -> str:
        for prefix, folder in self.server.folders.items():
            if path.startswith(prefix):
                return str(folder / path.removeprefix(prefix))
        return ""

    def log_message(self, *_: Any) -> None: ...


class Page(ThreadingHTTPServer):
    """Serves folders by prefix and a job, and takes what the page makes of it."""

    daemon_threads = True

    def __init__(self, folders: Mapping[str, Path], profile: Path) -> None:
        self._command = command(profile)  # where there is none, no socket may be open yet
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folders = folders
        self.job: dict[str, Any] = {}
        self.results: queue.Queue[Any] = queue.Queue()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def run(self, work: str, address: str, *flags: str, **job: Any) -> Any:
        """What the page makes of work with the server at this address."""
        self.job = {"work": work, "url": f"ws://{address}/v1/live", **job}
        with subprocess.Popen(
            [*self._command, *flags, self.origin + PATH],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as browser:
            try:
                told = self.results.get(timeout=WAIT_S)
            finally:
                browser.terminate()
        assert "error" not in told, told["error"]
        return told


@contextmanager
def serving_page(folders: Mapping[str, Path], profile: Path) -> Iterator[Page]:
    """Skips the test where there is no Chromium."""
    with Page(folders, profile) as page:
        thread = Thread(target=page.serve_forever)
        thread.start()
        try:
            yield page
        finally:
            page.shutdown()
            thread.join()
