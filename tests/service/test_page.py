"""The pages in headless Chromium."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import httpx2
import numpy as np
import pytest

from service.tenants import new_key
from tests.service.chromium import Tab, tab
from tests.service.conftest import Serve
from tests.service.fakes import (
    HELD,
    REP,
    REST,
    TOP,
    WEBM_FPS,
    FakeEngine,
    FakeLibrary,
    FakeSession,
    encoded,
    write_webm,
)
from tests.service.proxy import proxied
from tests.service.talk import talking

ASKED: Final = (
    "document.querySelectorAll('option').length > 1 || !document.getElementById('locked').hidden"
)
"""Whether the server has told its exercises, or that it wants a key."""
DENIED: Final = "--use-fake-ui-for-media-stream=deny"
STATUS: Final = "document.getElementById('status').textContent"
COUNTING: Final = "document.getElementById('progress').textContent.includes('frames')"
SHOWN: Final = "document.getElementById('counts').innerText.trim().replaceAll(/\\s+/g, ' ')"
TOLD: Final = "document.getElementById('events').innerText"
NOBODY_IN: Final = "!document.body.classList.contains('live')"
FOCUSED: Final = "document.activeElement.id"
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
DEVICES: Final = "window.streams.map((one) => one.getVideoTracks()[0].getSettings().deviceId)"
SENT: Final = """
    window.sent = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      if (data.buffer) window.sent.push(Number(new DataView(data.buffer).getBigUint64(8, true)));
      send.call(this, data);
    };
"""
"""Keeps the capture times of what is sent, in microseconds."""
SOCKETS: Final = """
    window.sockets = 0;
    window.WebSocket = class extends WebSocket {
      constructor(...all) {
        super(...all);
        window.sockets++;
      }
    };
"""
"""Counts the connections."""
READ_ALOUD: Final = """
    window.said = [];
    new MutationObserver((changes) => changes.forEach(({target}) => {
      const place = target.closest ? target : target.parentElement;
      const live = place?.closest("[role=status], [aria-live]");
      if (live?.textContent) window.said.push(live.textContent);
    })).observe(document.body, {subtree: true, childList: true, characterData: true});
"""
"""Keeps what a screen reader is given to say."""
PAINTED: Final = """
    window.bare = window.drawn = 0;
    const {drawImage, stroke} = CanvasRenderingContext2D.prototype;
    let stroked = false;
    CanvasRenderingContext2D.prototype.drawImage = function (...all) {
      drawImage.apply(this, all);
      if (this.canvas.id !== "picture") return;
      stroked = false;
      queueMicrotask(() => stroked ? window.drawn++ : window.bare++);
    };
    CanvasRenderingContext2D.prototype.stroke = function () {
      stroked = true;
      stroke.call(this);
    };
"""
"""Counts the pictures that are shown with a skeleton and without."""
LOCKS: Final = """
    window.locks = [];
    const wakeLock = navigator.wakeLock, request = wakeLock.request.bind(wakeLock);
    wakeLock.request = async (kind) => {
      window.locks.push(await request(kind));
      return window.locks.at(-1);
    };
"""
"""Keeps what keeps the screen on."""
AWAKE: Final = "window.locks.filter((one) => !one.released).length"
BOTTOM_EDGE: Final = "getBoundingClientRect().bottom"
CONTRAST: Final = """
(() => {
    const channels = (color) => color.match(/[0-9.]+/g).slice(0, 3).map((value) => value / 255);
    const shades = (color) => channels(color).map((value) =>
      value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
    const light = (color) => {
      const [red, green, blue] = shades(color);
      return .2126 * red + .7152 * green + .0722 * blue + .05;
    };
    const text = getComputedStyle(document.querySelector("#progress")).color;
    document.body.style.background = "Canvas";
    const ratio = light(text) / light(getComputedStyle(document.body).backgroundColor);
    return Math.max(ratio, 1 / ratio);
})()"""
"""Of the small print, as WCAG reckons it."""
IMPATIENT: Final = """
    AbortSignal.timeout = ((wait) => (ms) => wait(ms / 10))(AbortSignal.timeout.bind(AbortSignal));
"""
"""Requests are given up ten times as soon."""
HASTY: Final = "window.setInterval = ((every) => (act, ms) => every(act, ms / 10))(setInterval)"
"""Silence is noticed ten times as soon."""
CAMERA_FRAMES: Final = 6
"""So many of each level, at 30 a second."""
SQUAT_S: Final = len(REP) * CAMERA_FRAMES / 30
REPS: Final = """
    [...document.querySelectorAll("#events li")]
      .filter((line) => line.textContent.includes("Squat"))
      .map((line) => parseFloat(line.firstChild.textContent))
"""
"""When the counted ones ended, the newest first."""
CHOOSE: Final = """
    document.getElementById("exercise").value = "%s";
    document.getElementById("exercise").dispatchEvent(new Event("change"));
"""
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


def take_camera_away(page: Tab) -> None:
    page.call("Browser.setPermission", permission={"name": "camera"}, setting="denied")


def squatting(folder: Path) -> str:
    """The flag for a camera that sees a squat again and again."""
    film = folder / "camera.mjpeg"
    film.write_bytes(b"".join(encoded(level, "JPEG") * CAMERA_FRAMES for level in REP))
    return f"--use-file-for-fake-video-capture={film}"


def status(page: Tab, beginning: str) -> None:
    """Wait until it is said."""
    page.wait(f"{STATUS}.startsWith('{beginning}')")


def test_a_network_that_falls_silent_is_told_and_let_go(address: str, tmp_path: Path) -> None:
    with proxied(address) as proxy, demo(proxy.address, tmp_path) as page:
        page.evaluate(HASTY)
        press(page, "camera")
        page.wait(COUNTING)
        proxy.silence()
        proxy.down = True
        status(page, "Reconnecting since")
        assert page.evaluate(ON) == 1
        press(page, "stop")
        assert page.evaluate(ON) == 0
        press(page, "stop")
        status(page, "Stopped before everything was counted")
        assert page.evaluate(NOBODY_IN)


def test_two_presses_take_one_camera_and_one_session(serve: Serve, tmp_path: Path) -> None:
    engine = FakeEngine()
    with serve(engine, max_sessions=2) as address, demo(address, tmp_path) as page:
        press(page, "camera", times=2)
        page.wait(COUNTING)
        assert page.evaluate(ON) == 1
        assert page.evaluate("document.getElementById('other').hidden")
        assert httpx2.get(f"http://{address}/readyz").json()["free_sessions"] == 1
        engine.gate.clear()
        press(page, "stop")
        status(page, "Counting the rest")
        engine.gate.set()
        status(page, "Done")
        assert page.evaluate(ON) == 0


def test_a_ticket_is_bought_once_there_is_a_picture(serve: Serve, tmp_path: Path) -> None:
    key = new_key()
    with serve(keys={"app": key}) as address, demo(address, tmp_path, DENIED, key=key) as page:
        press(page, "camera")
        status(page, "No picture: the camera was not allowed")
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


def test_a_camera_that_is_gone_before_the_ticket_comes_opens_no_session(
    serve: Serve, tmp_path: Path
) -> None:
    key = new_key()
    with serve(keys={"app": key}) as address, demo(address, tmp_path, key=key) as page:
        page.call("Fetch.enable", patterns=[HELD_TICKET])
        press(page, "camera")
        status(page, "Connecting")
        take_camera_away(page)
        status(page, "The camera is gone")
        page.evaluate(SOCKETS)
        page.call("Fetch.disable")
        page.wait(f"{TICKETS} === 1")
        assert page.evaluate("window.sockets") == 0


def test_a_file_waits_for_its_session(serve: Serve, tmp_path: Path) -> None:
    film, key = tmp_path / "film.webm", new_key()
    write_webm(film, REP)
    with serve(keys={"app": key}) as address, demo(address, tmp_path / "profile", key=key) as page:
        page.call("Fetch.enable", patterns=[HELD_TICKET])
        choose(page, film)
        time.sleep(len(REP) / WEBM_FPS + 1)  # as long as it lasts, and more
        page.call("Fetch.disable")
        status(page, "Done: Squat 1")


def choose(page: Tab, file: Path) -> None:
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])


def test_a_camera_that_is_gone_ends_the_session(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        press(page, "camera")
        page.wait(COUNTING)
        take_camera_away(page)
        status(page, "Done")
        assert "The camera is gone." in page.evaluate(TOLD)
        assert page.evaluate(NOBODY_IN)


def test_the_other_camera_goes_on_with_the_session(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path, "--use-fake-device-for-media-stream=device-count=2") as page:
        page.evaluate(SOCKETS)
        press(page, "camera")
        page.wait(COUNTING)
        press(page, "other")
        page.wait("window.streams.length === 2 && window.streams[1].active")
        page.wait("!document.getElementById('other').disabled")
        one, other = page.evaluate(DEVICES)
        assert one != other
        assert page.evaluate(ON) == 1
        page.evaluate(SENT)
        page.wait("window.sent.length > 3")
        assert page.evaluate("window.sockets") == 1
        press(page, "stop")
        status(page, "Done")


def test_no_repetition_is_lost_with_the_connection(serve: Serve, tmp_path: Path) -> None:
    camera, key = squatting(tmp_path), new_key()
    with (
        serve(keys={"app": key}) as address,
        proxied(address) as proxy,
        demo(proxy.address, tmp_path / "profile", camera, key=key) as page,
    ):
        press(page, "camera")
        page.wait(f"{REPS}.length > 0")
        proxy.cut()
        page.wait(f"{TOLD}.includes('connected again')")
        status(page, "In view")
        proxy.down = True
        proxy.cut()
        status(page, "Reconnecting since")
        time.sleep(2 * SQUAT_S)
        press(page, "stop")
        assert page.evaluate(ON) == 0
        proxy.down = False
        status(page, "Done: Squat")
        reps_s = page.evaluate(REPS)
        assert len(reps_s) > 2
        assert max(later - sooner for later, sooner in pairwise(reps_s)) < 1.5 * SQUAT_S


def test_another_exercise_is_counted_once_it_is_chosen(address: str, tmp_path: Path) -> None:
    camera = squatting(tmp_path)
    with proxied(address) as proxy, demo(proxy.address, tmp_path / "profile", camera) as page:
        press(page, "camera")
        page.wait(f"{REPS}.length > 0")
        proxy.cut()
        page.evaluate(CHOOSE % "push_up")
        page.wait(f"{TOLD}.includes('from here on: Push-up')")
        page.wait(f"{TOLD}.includes('Push-up 2')")
        assert "Plank" not in page.evaluate(SHOWN)


def test_reconnecting_is_given_up_in_the_end(address: str, tmp_path: Path) -> None:
    with proxied(address) as proxy, demo(proxy.address, tmp_path) as page:
        press(page, "camera")
        page.wait(COUNTING)
        proxy.down = True
        proxy.cut()
        status(page, "Reconnecting since")
        page.evaluate("Date.now = ((now) => () => now() + 300_000)(Date.now)")
        status(page, "Reconnecting was given up. The server cannot be reached")
        assert page.evaluate(ON) == 0
        proxy.down = False
        press(page, "again")
        page.wait(COUNTING)


def test_a_file_without_a_picture_is_named(address: str, tmp_path: Path) -> None:
    text, sound = tmp_path / "text.mp4", tmp_path / "sound.webm"
    text.write_text("no film")
    with av.open(sound, "w") as file:
        stream = file.add_stream("libopus", rate=48_000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), "s16", "mono")
        silence.rate = 48_000
        file.mux(stream.encode(silence))
        file.mux(stream.encode())
    with demo(address, tmp_path / "profile") as page:
        choose(page, sound)
        status(page, "No picture: there is none in this file")
        choose(page, text)
        status(page, "No picture: the browser plays no such file")


def test_times_begin_with_the_session(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        page.evaluate(SENT)
        page.wait("performance.now() > 3000")
        press(page, "camera")
        page.wait("window.sent.length")
        assert page.evaluate("window.sent[0] < (performance.now() - 3000) * 1000")


def test_no_more_pictures_are_under_way_than_are_soon_seen(address: str, tmp_path: Path) -> None:
    with proxied(address) as proxy, demo(proxy.address, tmp_path) as page:
        page.evaluate(SENT)
        press(page, "camera")
        page.wait(COUNTING)
        proxy.silence()
        before = page.evaluate("window.sent.length")
        time.sleep(2)  # as long as thirty pictures
        assert page.evaluate("window.sent.length") - before <= 8


def test_every_picture_shows_the_newest_skeleton(address: str, tmp_path: Path) -> None:
    film = tmp_path / "film.webm"
    write_webm(film, REST)
    with demo(address, tmp_path / "profile") as page:
        page.evaluate(PAINTED)
        choose(page, film)
        page.wait("window.drawn > 3")
        page.evaluate("window.bare = window.drawn = 0")
        status(page, "Done")
        assert page.evaluate("window.drawn") > 3
        assert page.evaluate("window.bare") == 0


def test_a_screen_reader_is_told_what_is_new_only(address: str, tmp_path: Path) -> None:
    film = tmp_path / "film.webm"
    write_webm(film, REP)
    with demo(address, tmp_path / "profile") as page:
        page.evaluate(READ_ALOUD)
        choose(page, film)
        status(page, "Done: Squat 1")
        said = page.evaluate("window.said")
        assert said.count("1 Squat") == 1
        assert said.count("In view.") == 1
        assert [one for one in said if "frames" in one] == said[-1:]


class PlankSession(FakeSession):
    """Does not count planks: holds them, as real ones do."""

    @property
    def counts(self) -> dict[str, int]:
        return {name: count for name, count in super().counts.items() if name != "plank"}


class PlankLibrary(FakeLibrary):
    def session(self, name: str = "auto", /, *, unknown: bool = False) -> FakeSession:
        return PlankSession([exercise.name for exercise in self.pick(name)], unknown=unknown)


def test_a_hold_is_timed_and_a_busy_server_told(serve: Serve, tmp_path: Path) -> None:
    film = tmp_path / "film.webm"
    write_webm(film, (*REST, *(HELD,) * 18, TOP))  # six seconds
    with (
        serve(FakeEngine(delay_s=0.15), PlankLibrary()) as address,
        demo(address, tmp_path / "profile") as page,
    ):
        page.evaluate(CHOOSE % "plank")
        choose(page, film)
        page.wait(f"{SHOWN} === '0:00 Plank top'")
        status(page, "Done")
        assert page.evaluate(SHOWN) in ("0:02 Plank", "0:03 Plank")
        assert "the server is busy" in page.evaluate(TOLD)


def test_a_file_waits_while_the_page_is_hidden(address: str, tmp_path: Path) -> None:
    film, levels = tmp_path / "film.webm", (*REST, *REP)
    write_webm(film, levels)
    with demo(address, tmp_path / "profile") as page:
        mine = page.call("Target.getTargetInfo")["targetInfo"]["targetId"]
        choose(page, film)
        page.wait(COUNTING)
        other = page.call("Target.createTarget", url="about:blank")["targetId"]
        page.call("Target.activateTarget", targetId=other)
        page.wait("document.hidden")
        time.sleep(len(levels) / WEBM_FPS + 1)  # as long as it lasts, and more
        assert page.evaluate(STATUS) == "In view."
        page.call("Target.activateTarget", targetId=mine)
        status(page, "Done: Squat 1")


def test_the_screen_stays_on_while_somebody_is_counted(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        page.evaluate(LOCKS)
        press(page, "camera")
        page.wait(f"{AWAKE} === 1")
        press(page, "stop")
        page.wait(f"{AWAKE} === 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_print_can_be_read(address: str, tmp_path: Path, scheme: str) -> None:
    with demo(address, tmp_path) as page:
        scheme_of = {"name": "prefers-color-scheme", "value": scheme}
        page.call("Emulation.setEmulatedMedia", features=[scheme_of])
        assert page.evaluate(CONTRAST) >= 4.5


def test_an_upright_picture_is_no_taller_than_the_window(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        page.evaluate("document.getElementById('stage').hidden = false")
        page.evaluate("Object.assign(document.getElementById('picture'), {width: 9, height: 16})")
        assert page.evaluate("document.getElementById('stage').clientHeight < innerHeight")


def test_who_is_counted_is_seen_whole_on_small_screens(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        page.evaluate("document.getElementById('camera').focus()")
        press(page, "camera")
        page.wait(COUNTING)
        assert page.evaluate(FOCUSED) == "stop"
        for width, height in (360, 740), (740, 360), (640, 400):  # a phone, and 200 % on a laptop
            resize(page, width, height)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            for part in "stop", "counts", "picture":
                assert page.evaluate(f"document.getElementById('{part}').{BOTTOM_EDGE}") <= height
        press(page, "stop")
        status(page, "Done")
        page.wait(f"{FOCUSED} === 'camera'")


def resize(page: Tab, width: int, height: int) -> None:
    size = {"width": width, "height": height}
    page.call("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=True)


def test_the_reference_is_as_wide_as_a_phone_in_large_print_too(
    address: str, tmp_path: Path
) -> None:
    with tab(f"http://{address}/docs", tmp_path) as page:
        resize(page, 375, 700)
        page.wait("document.querySelectorAll('.operation').length > 0")
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_the_reference_shows_code_as_code(address: str, tmp_path: Path) -> None:
    with tab(f"http://{address}/docs", tmp_path) as page:
        page.wait("document.querySelectorAll('.operation').length > 0")
        assert "`" not in page.evaluate("document.getElementById('operations').innerText")
        codes = page.evaluate("[...document.querySelectorAll('p code')].map((e) => e.innerText)")
        assert "Retry-After" in codes
