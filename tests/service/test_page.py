"""The pages in headless Chromium."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2

from service.tenants import new_key
from tests.service.chromium import Tab, tab
from tests.service.conftest import Serve
from tests.service.fakes import REP, WEBM_FPS, write_webm
from tests.service.proxy import proxied
from tests.service.talk import talking

ASKED: Final = (
    "document.querySelectorAll('option').length > 1 || !document.getElementById('locked').hidden"
)
"""Whether the server has told its exercises, or that it wants a key."""
DENIED: Final = "--use-fake-ui-for-media-stream=deny"
STATUS: Final = "document.getElementById('status').textContent"
NOBODY_IN: Final = "document.getElementById('stop').disabled"
TICKETS: Final = (
    "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/tickets')).length"
)
WITNESSED: Final = """
    window.streams = [];
    const media = navigator.mediaDevices, given = media.getUserMedia.bind(media);
    media.getUserMedia = async (...asked) => {
      window.streams.push(await given(...asked));
      return window.streams.at(-1);
    };
"""
"""Keeps the cameras that are given."""
ON: Final = "window.streams.filter((one) => one.active).length"
IMPATIENT: Final = """
    AbortSignal.timeout = ((wait) => (ms) => wait(ms / 10))(AbortSignal.timeout.bind(AbortSignal));
"""
"""Requests are given up ten times as soon."""
HELD_TICKET: Final = {"urlPattern": "*/tickets"}
"""A request that the browser keeps back until it is told otherwise."""


@contextmanager
def demo(address: str, profile: Path, *flags: str, key: str = "") -> Iterator[Tab]:
    """The demo page, with the key typed in."""
    with tab(f"http://{address}/", profile, *flags) as page:
        page.wait(ASKED)
        page.evaluate(WITNESSED)
        if key:
            page.evaluate(f"document.getElementById('key').value = '{key}'")
            page.evaluate("document.getElementById('key').onchange()")
        yield page


def press(page: Tab, name: str, times: int = 1) -> None:
    page.evaluate(f"document.getElementById('{name}').click();" * times)


def status(page: Tab, beginning: str) -> None:
    """Wait until it is said."""
    page.wait(f"{STATUS}.startsWith('{beginning}')")


def test_a_network_that_falls_silent_is_told_and_let_go(address: str, tmp_path: Path) -> None:
    with proxied(address) as proxy, demo(proxy.address, tmp_path) as page:
        press(page, "camera")
        page.wait(f"{STATUS}.includes('frames')")
        proxy.silence()
        status(page, "The server does not answer")
        assert page.evaluate(ON) == 1
        press(page, "stop")
        page.wait(f"{ON} === 0")
        assert page.evaluate(NOBODY_IN)
        status(page, "The server does not answer")


def test_two_presses_take_one_camera_and_one_session(serve: Serve, tmp_path: Path) -> None:
    with serve(max_sessions=2) as address, demo(address, tmp_path) as page:
        press(page, "camera", times=2)
        page.wait(f"{STATUS}.includes('frames')")
        assert page.evaluate(ON) == 1
        assert httpx2.get(f"http://{address}/readyz").json()["free_sessions"] == 1
        press(page, "stop")
        status(page, "Done")
        assert page.evaluate(ON) == 0


def test_a_ticket_is_bought_once_there_is_a_picture(serve: Serve, tmp_path: Path) -> None:
    key = new_key()
    with serve(keys={"app": key}) as address, demo(address, tmp_path, DENIED, key=key) as page:
        press(page, "camera")
        status(page, "No picture")
        assert page.evaluate(TICKETS) == 0


def test_a_refused_ticket_is_named(serve: Serve, tmp_path: Path) -> None:
    key = new_key()
    with (
        serve(keys={"app": key}, max_sessions=1) as address,
        talking(address, additional_headers={"Authorization": f"Bearer {key}"}) as talk,
    ):
        talk.start()
        with demo(address, tmp_path, key=key) as page:
            press(page, "camera")
            status(
                page, "The server cannot be reached, or has no free session, or refused the ticket"
            )
            assert page.evaluate(TICKETS) == 1
            assert page.evaluate(ON) == 0


def test_a_ticket_that_does_not_come_lets_go_of_the_camera(serve: Serve, tmp_path: Path) -> None:
    key = new_key()
    with serve(keys={"app": key}) as address, demo(address, tmp_path, key=key) as page:
        page.call("Fetch.enable", patterns=[HELD_TICKET])
        page.evaluate(IMPATIENT)
        press(page, "camera")
        status(page, "Not let in")
        assert page.evaluate(ON) == 0
        assert not page.evaluate("document.getElementById('camera').disabled")


def test_a_file_waits_for_its_session(serve: Serve, tmp_path: Path) -> None:
    film, key = tmp_path / "film.webm", new_key()
    write_webm(film, REP)
    with serve(keys={"app": key}) as address, demo(address, tmp_path / "profile", key=key) as page:
        page.call("Fetch.enable", patterns=[HELD_TICKET])
        choose(page, film)
        time.sleep(len(REP) / WEBM_FPS + 1)  # as long as it lasts, and more
        page.call("Fetch.disable")
        status(page, "Done: squat 1")


def choose(page: Tab, file: Path) -> None:
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])


def test_the_reference_is_as_wide_as_a_phone(address: str, tmp_path: Path) -> None:
    with tab(f"http://{address}/docs", tmp_path) as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=375,
            height=700,
            deviceScaleFactor=1,
            mobile=True,
        )
        page.wait("document.querySelectorAll('.operation').length > 0")
        assert page.evaluate("document.documentElement.scrollWidth") == 375
