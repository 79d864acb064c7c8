"""Of a camera's pictures as many are taken as were asked for."""

import random

import pytest

from blazereps_client.thinning import Thinning

CAMERA_FPS, SECONDS = 30, 60


@pytest.mark.parametrize("fps", [5, 10, 15, 20, 30])
def test_the_jitter_of_a_camera_costs_no_pictures(fps: int) -> None:
    jitter = random.Random(1)
    later = (n / CAMERA_FPS + jitter.gauss(0, 0.002) for n in range(1, CAMERA_FPS * SECONDS))
    thinning = Thinning(fps)
    taken = [at_s for at_s in (0.0, *later) if thinning.takes(at_s)]
    assert len(taken) == pytest.approx(fps * SECONDS, rel=0.01)


def test_a_slower_camera_gives_all_its_pictures() -> None:
    thinning = Thinning(15)
    assert all(thinning.takes(n / 10) for n in range(100))
