"""Poses over REST."""

from typing import Any

import httpx2
import pytest

from tests.service.fakes import NOBODY, TOP, encoded, giant_png


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


def test_a_fault_of_ours_is_a_problem_without_details(address: str) -> None:
    answer = post(address, content=encoded(13))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "a fault of the engine" not in answer.text
