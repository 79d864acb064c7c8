"""The server on MediaPipe, where MediaPipe is installed for benchmarks."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.live_clients import BARE, Window, clients_of, play_all
from benchmarks.server_process import free_port, served
from blazereps_client.video import clip_images

CHECKOUT = Path(__file__).parents[2]
PYTHON = CHECKOUT / ".benchmarks" / "mediapipe" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="MediaPipe is not installed for benchmarks")
def test_it_answers_frames() -> None:
    clip = CHECKOUT / "tests" / "clips" / "squat_front.mp4"
    jpegs = [image.data for image in clip_images(clip, fps=15)]
    port = free_port()
    with served([str(PYTHON), "-m", "benchmarks.competitor", str(port)], port):
        clients = clients_of(1, BARE, [jpegs], Window(0, 2))
        url = f"ws://127.0.0.1:{port}/v1/live"
        (played,) = asyncio.run(play_all(url, clients, lambda: None))
    assert played.due == 30
    assert played.waits_s
