"""Headless Chromium, whose camera is a fake that nobody is asked for."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
WAIT_S: Final = 40


def command(profile: Path) -> list[str]:
    """How to start it; skips the test where there is none."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip("no Chromium")
    return [browser, *FLAGS, f"--user-data-dir={profile}"]


class Tab:
    """One page, by the DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._calls = 0

    def call(self, method: str, **parameters: Any) -> Any:
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(WAIT_S))).get("id") != self._calls:
            pass
        return answer["result"]

    def evaluate(self, script: str) -> Any:
        """Its value, once it is there."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def wait(self, script: str) -> None:
        """Until it holds."""
        until_s = time.monotonic() + WAIT_S
        while not self.evaluate(script):
            assert time.monotonic() < until_s, (script, self.evaluate("document.body.innerText"))
            time.sleep(0.1)


@contextmanager
def tab(url: str, profile: Path, *flags: str) -> Iterator[Tab]:
    """A page that has been loaded."""
    started = [*command(profile), "--remote-debugging-port=0", *flags]
    with subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            with connect(_debugger(profile), proxy=None, max_size=None) as socket:
                tab = Tab(socket)
                tab.call("Page.navigate", url=url)
                tab.wait("document.readyState === 'complete'")
                yield tab
        finally:
            browser.terminate()


def _debugger(profile: Path) -> str:
    """The address of the first page's debugger."""
    port, until_s = profile / "DevToolsActivePort", time.monotonic() + WAIT_S
    while not port.exists() or not port.read_text():
        assert time.monotonic() < until_s, "Chromium does not start"
        time.sleep(0.05)
    listed = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json/list"
    while True:
        for one in httpx2.get(listed, timeout=WAIT_S).json():
            if one["type"] == "page":
                return str(one["webSocketDebuggerUrl"])
        assert time.monotonic() < until_s, "Chromium shows no page"
        time.sleep(0.05)
