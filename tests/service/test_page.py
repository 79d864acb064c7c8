"""The pages in headless Chromium."""

import time
from pathlib import Path

import av
import numpy as np

from tests.service.chromium import tab
from tests.service.conftest import Serve
from tests.service.demo_page import (
    AWAKE,
    BOTTOM_EDGE,
    CHOOSE,
    CONTRAST,
    COUNTING,
    DEVICES,
    FOCUSED,
    LOCKS,
    NOBODY_IN,
    ON,
    PAINTED,
    READ_ALOUD,
    SENT,
    SHOWN,
    SOCKETS,
    STATUS,
    TOLD,
    choose,
    demo,
    press,
    resize,
    status,
    take_camera_away,
)
from tests.service.fakes import (
    HELD,
    REP,
    REST,
    TOP,
    WEBM_FPS,
    FakeEngine,
    FakeLibrary,
    FakeSession,
    write_webm,
)


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


def test_small_print_can_be_read(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        for scheme in "light", "dark":
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
