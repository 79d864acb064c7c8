"""Pictures for a live session."""

from pathlib import Path

import pytest

from pose_engine.clips import ClipError
from pose_engine.frames import read_image
from service.capture import CameraError, camera_images, clip_images
from tests.service.fakes import REP, write_clip


def test_a_clip_gives_timed_jpegs(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP)
    images = [*clip_images(clip, fps=30)]
    assert [image.at_s for image in images] == pytest.approx([i / 10 for i in range(8)])
    levels = [read_image(image.data).pixels.mean() for image in images]
    assert levels == pytest.approx(REP, abs=4)


def test_a_clip_that_is_not_there_is_told_before_anything_is_sent() -> None:
    with pytest.raises(ClipError, match="nowhere"):
        clip_images(Path("nowhere.mp4"), fps=10)


def test_a_camera_that_is_not_there_is_told() -> None:
    with pytest.raises(CameraError, match="camera 99 cannot be opened"):
        camera_images(99, fps=10)
