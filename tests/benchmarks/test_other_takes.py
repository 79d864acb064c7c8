"""Takes of the same clip by other cameras."""

import numpy as np
import pytest
from simplejpeg import encode_jpeg

from benchmarks.labels import Label
from benchmarks.other_takes import Cores, take_table, takes
from pose_engine.frames import Frame, read_image
from service.core import Core
from tests.service.bundled import CLIPS
from tests.service.fakes import FakeEngine, FakeLibrary

NAMES = [take.name for take in takes("a")]
FRAME = Frame(np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8))


def _taken(seed: str) -> dict[str, Frame]:
    return {take.name: take.edit(FRAME) for take in takes(seed)}


@pytest.mark.parametrize("seed", ["a", "b"])
def test_a_take_is_another_picture_and_the_same_one_each_time(seed: str) -> None:
    for name, frame in _taken(seed).items():
        assert np.array_equal(frame.pixels, _taken(seed)[name].pixels)
        same = frame.pixels.shape == FRAME.pixels.shape and np.array_equal(
            frame.pixels, FRAME.pixels
        )
        assert same == (name == "lite model")


def test_a_smaller_one_is_on_grey_and_the_dark_one_dark() -> None:
    taken = _taken("a")
    grey = (taken["half as large, anywhere"].pixels == 110).all(-1)
    assert grey.mean() == pytest.approx(0.75, abs=0.01)
    assert taken["dark, noisy, out of focus"].pixels.mean() < FRAME.pixels.mean() / 2


def test_the_poor_one_is_encoded_when_it_is_small() -> None:
    small = np.random.default_rng(0).integers(0, 256, (180, 320, 3), np.uint8)
    poor = next(take for take in takes("a") if "JPEG 40" in take.name)
    taken = poor.edit(Frame(small.repeat(4, 0).repeat(4, 1)))
    mirrored = np.ascontiguousarray(small[:, ::-1])
    assert np.array_equal(taken.pixels, read_image(encode_jpeg(mirrored, 40)).pixels)


def test_noise_changes_from_picture_to_picture() -> None:
    dark = next(take for take in takes("a") if take.name.startswith("dark"))
    assert not np.array_equal(dark.edit(FRAME).pixels, dark.edit(FRAME).pixels)


def test_every_take_of_a_clip_is_counted() -> None:
    core = Core(FakeEngine(), FakeLibrary())
    assert list(Cores(core, core).counts(CLIPS / "squat_front.mp4")) == NAMES


def test_a_line_a_take_and_one_for_all() -> None:
    labels = [Label("squat__a__1.mp4", "squat", (2,)), Label("plank__b__2.mp4", "plank", (0,))]
    counts = [{"dark": {"squat": 2}, "lite": {"squat": 1}}, {"dark": {"squat": 1}, "lite": {}}]
    lines = [line.split(" | ") for line in take_table(labels, counts).splitlines()]
    assert [[line[0], line[1], line[6], line[7]] for line in lines[2:]] == [
        ["| dark", "1 of 1", "0 of 1", "1 |"],
        ["| lite", "0 of 1", "1 of 1", "0 |"],
        ["| all", "1 of 2", "1 of 2", "1 |"],
    ]
