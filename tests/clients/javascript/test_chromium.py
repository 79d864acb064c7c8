"""Sessions of the JavaScript client in headless Chromium."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.javascript.browser import Page
from tests.clients.javascript.conftest import KEY, issued
from tests.clients.javascript.node import NEEDED
from tests.clients.javascript.steps import SQUAT, STEP_S, VIDEO, shots
from tests.service.conftest import serve_fake
from tests.service.fakes import REP, picture, write_webm

pytestmark = NEEDED
CAMERA = {"fps": 20, "longSidePx": 64}


def serving(page: Page, **settings: Any) -> AbstractContextManager[str]:
    """A server that the page may reach."""
    return serve_fake(allowed_origins=frozenset({page.origin}), **settings)


def test_a_camera_is_counted(page: Page, tmp_path: Path) -> None:
    film = write_camera(tmp_path / "camera.y4m", REP * 2)
    camera = f"--use-file-for-fake-video-capture={film}"
    with serving(page) as address:
        start = {"exercise": "squat"}
        told = page.run("film", address, camera, start=start, camera=CAMERA, reps=3)
    assert told["errors"] == []
    assert told["summary"]["counts"]["squat"] >= 3
    assert all(0.1 < rep["end_s"] - rep["start_s"] < 1 for rep in told["summary"]["reps"])


def write_camera(path: Path, levels: Sequence[int]) -> Path:
    """A film for Chromium's fake camera, which plays it over and over."""
    height, width = picture(0).shape[:2]
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F10:1 Ip C420jpeg\n".encode())
        for level in levels:
            luma, chroma = bytes([level]) * (width * height), b"\x80" * (width * height // 2)
            film.write(b"FRAME\n" + luma + chroma)
    return path


def test_a_file_that_plays_is_counted_by_its_own_times(page: Page, tmp_path: Path) -> None:
    write_webm(tmp_path / "film.webm", REP * 2)
    with serving(page) as address:
        told = page.run("film", address, start=SQUAT, camera=CAMERA, film="/shots/film.webm")
    assert told["errors"] == []
    assert [rep["end_s"] for rep in told["summary"]["reps"]] == pytest.approx([1.2, 2.8], abs=0.21)


def test_video_that_the_browser_encodes_is_counted(page: Page) -> None:
    with serving(page) as address:
        told = page.run("encode", address, start=VIDEO, levels=REP * 2, stepUs=STEP_S * 1e6)
    assert told["summary"]["counts"] == {"squat": 2}


def test_a_ticket_opens_a_session(page: Page, tmp_path: Path) -> None:
    shots(REP, tmp_path)
    steps = [{"file": f"/shots/{n}.png", "atS": n * STEP_S} for n in range(len(REP))]
    with serving(page, keys={"app": KEY}) as address:
        ticket = issued(address, "live/tickets", KEY)["ticket"]
        told = page.run("count", address, start=SQUAT, steps=steps, ticket=ticket)
    assert told["summary"]["counts"] == {"squat": 1}
