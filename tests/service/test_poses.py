"""Poses over REST."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import numpy as np
import pytest

from pose_engine.frames import Frame
from pose_engine.landmarks import LANDMARK_COUNT, Pose
from tests.service.conftest import Serve
from tests.service.fakes import NOBODY, TOP, FakeEngine, encoded, giant_png, grey_pose
from tests.service.talk import talking


def post(address: str, **body: Any) -> httpx2.Response:
    return httpx2.post(f"http://{address}/v1/poses", **body)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("multipart", [False, True])
def test_a_pose_is_found(address: str, file_format: str, multipart: bool) -> None:
    data = encoded(TOP, file_format)
    answer = post(address, **({"files": {"file": data}} if multipart else {"content": data}))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["width_px"], found["height_px"]) == (64, 48)
    assert len(found["pose"]["landmarks"]) == 33
    knee = found["pose"]["landmarks"][25]
    assert knee["name"] == "left_knee"
    assert knee["x_px"] == pytest.approx(TOP, abs=2)
    assert knee["x"] == pytest.approx(knee["x_px"] / 64, abs=1e-4)
    assert knee["z_m"] == pytest.approx(knee["z_px"] / 1000, abs=1e-4)
    assert (knee["visibility"], knee["presence"]) == (1, 1)
    assert found["pose"]["confidences"] == {"squat_up": 1.0, "none": 0.0}


class Waver(FakeEngine):
    """Somebody 8 pixels under a raised hand of 4, the other one out of sight."""

    def find(self, frame: Frame, /) -> Pose | None:
        points = np.zeros((LANDMARK_COUNT, 3), np.float32)
        points[:11, :2], points[[9, 10], :2] = (32, 20), (32, 24)
        points[[15, 16], :2], points[[17, 18, 19, 20], :2] = (48, 12), (52, 12)
        seen = np.ones(LANDMARK_COUNT, np.float32)
        seen[16] = 0.4
        return replace(grey_pose(TOP), image=points, visibility=seen)


class Slow(FakeEngine):
    """Takes its time for dark pictures."""

    def find(self, frame: Frame, /) -> Pose | None:
        if frame.pixels.mean() < 50:
            return super().find(frame)
        return grey_pose(TOP)


def test_live_sessions_do_not_wait_for_stills(serve: Serve) -> None:
    engine = Slow()
    engine.gate.clear()
    with serve(engine, inference_workers=2) as address, ThreadPoolExecutor() as threads:
        stills = [threads.submit(post, address, content=encoded(20)) for _ in range(4)]
        assert engine.entered.wait(10)
        with talking(address) as talk:
            talk.start()
            talk.image(0, 0.0, TOP)
            assert talk.hear("ack")["seq"] == 0
        engine.gate.set()
        assert {still.result().status_code for still in stills} == {200}


def test_face_and_hands_have_regions(serve: Serve) -> None:
    with serve(Waver()) as address:
        regions = post(address, content=encoded(TOP)).json()["pose"]["regions"]
    assert regions["right_hand"] is None
    hand, face = regions["left_hand"], regions["face"]
    side = 2.7 * 0.79494 * 4
    assert (hand["width_px"], hand["height_px"]) == (round(side, 2), round(side, 2))
    assert (hand["width"], hand["height"]) == (round(side / 64, 5), round(side / 48, 5))
    assert hand["x_px"] == pytest.approx(52 + 0.1 * side / 2.7, abs=0.01)
    assert (hand["y_px"], hand["y"], hand["rotation_degrees"]) == (12, 0.25, 90)
    assert hand["x"] == pytest.approx(hand["x_px"] / 64, abs=1e-3)
    assert (face["rotation_degrees"], face["width_px"], face["x_px"]) == (0, 8, 32)
    assert face["y_px"] == pytest.approx(21.6, abs=0.01)


def test_without_regions_they_are_null(address: str) -> None:
    pose = post(address, content=encoded(TOP)).json()["pose"]
    assert pose["regions"] == {"face": None, "left_hand": None, "right_hand": None}


def test_nobody_in_the_picture_is_no_error(address: str) -> None:
    answer = post(address, content=encoded(NOBODY))
    assert answer.status_code == 200
    assert answer.json()["pose"] is None


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "unsupported_format"),
        (b"GIF89a" + bytes(100), 415, "unsupported_format"),
        (encoded(TOP)[:80], 422, "damaged"),
        (encoded(TOP, width=8, height=8), 422, "side_too_short"),
        (giant_png(), 413, "too_many_pixels"),
        (bytes(5_000_000), 413, "too_many_bytes"),
    ],
    ids=["empty", "GIF", "truncated", "tiny", "giant", "heavy"],
)
def test_a_bad_image_is_a_problem(address: str, data: bytes, status: int, code: str) -> None:
    answer = post(address, content=data)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]
    assert problem["field"] == "file"


PART = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
FILE = PART % (b"file", b'; filename="a.png"', encoded(TOP))


@pytest.mark.parametrize("media_type", ["multipart/form-data", "Multipart/Form-Data"])
def test_the_form_is_known_however_it_is_spelt(address: str, media_type: str) -> None:
    headers = {"content-type": f"{media_type}; boundary=x"}
    assert post(address, content=FILE + b"--x--", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("media_type", "data", "status", "code"),
    [
        ("application/json", b"{}", 415, "unsupported_format"),
        ("application/x-www-form-urlencoded", b"file=1", 415, "unsupported_format"),
        ("multipart/form-data", FILE, 422, "invalid_request"),
        ("multipart/form-data; boundary=x", b"", 422, "invalid_request"),
        ("multipart/form-data; boundary=x", b"rubbish", 422, "invalid_request"),
        ("multipart/form-data; boundary=x", FILE * 2 + b"--x--", 422, "invalid_request"),
        (
            "multipart/form-data; boundary=x",
            PART % (b"file", b"", b"text") + b"--x--",
            422,
            "invalid_request",
        ),
        (
            "multipart/form-data; boundary=x",
            PART % (b"other", b'; filename="a"', b"") + b"--x--",
            422,
            "invalid_request",
        ),
    ],
    ids=["JSON", "urlencoded", "boundless", "empty", "bad", "two", "text", "other"],
)
def test_a_body_without_an_image_is_a_problem(
    address: str, media_type: str, data: bytes, status: int, code: str
) -> None:
    answer = post(address, content=data, headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["field"] == "file"


def test_a_fault_of_ours_is_a_problem_without_details(address: str) -> None:
    answer = post(address, content=encoded(13))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "a fault of the engine" not in answer.text
