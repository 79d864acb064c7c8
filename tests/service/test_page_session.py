"""The demo page and its connection, in headless Chromium."""

import time
from itertools import pairwise
from pathlib import Path

import httpx2

from service.tenants import new_key
from tests.service.conftest import Serve
from tests.service.demo_page import (
    CHOOSE,
    COUNTING,
    DENIED,
    HASTY,
    HELD_TICKET,
    IMPATIENT,
    NOBODY_IN,
    ON,
    REPS,
    SAID_AFTER_A_LOSS,
    SENT,
    SHOWN,
    SOCKETS,
    SQUAT_S,
    TICKETS,
    TOLD,
    choose,
    demo,
    press,
    squatting,
    status,
    take_camera_away,
)
from tests.service.fakes import REP, WEBM_FPS, FakeEngine, write_webm
from tests.service.proxy import proxied
from tests.service.talk import talking


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


def test_a_session_that_the_server_ends_says_so(serve: Serve, tmp_path: Path) -> None:
    with serve(max_session_s=3) as address, demo(address, tmp_path) as page:
        press(page, "camera")
        status(page, "The server has ended the session")
        assert page.evaluate(NOBODY_IN)
        assert page.evaluate(ON) == 0


def test_what_was_said_outlasts_the_pictures_of_a_long_loss(address: str, tmp_path: Path) -> None:
    with demo(address, tmp_path) as page:
        assert "session.update" in page.evaluate(SAID_AFTER_A_LOSS)


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
