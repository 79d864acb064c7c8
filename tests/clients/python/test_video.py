"""Pictures for a live session."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from blazereps_client.video import CaptureError, camera_images, clip_images
from pose_engine.frames import Pixels, read_image
from tests.pose_engine.fakes import copied, noise
from tests.pose_engine.fakes import write_clip as write_turned
from tests.service.fakes import REP, write_clip


def corner() -> Pixels:
    """Dark, with a bright top left quarter."""
    pixels = np.full((48, 64, 3), 20, np.uint8)
    pixels[:24, :32] = 230
    return pixels


def test_a_clip_gives_timed_jpegs(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP)
    images = [*clip_images(clip, fps=30)]
    assert [image.at_s for image in images] == pytest.approx([i / 10 for i in range(8)])
    levels = [read_image(image.data).pixels.mean() for image in images]
    assert levels == pytest.approx(REP, abs=4)


def test_a_clip_is_thinned_by_time(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP)
    times = [image.at_s for image in clip_images(clip, fps=5)]
    assert times == pytest.approx([0, 0.2, 0.4, 0.6])


def test_pictures_of_an_avi_come_in_order(tmp_path: Path) -> None:
    """It has no times of showing, and what refers to later pictures lies behind them."""
    levels = [20 + 6 * n for n in range(30)]
    pictures = [np.full((48, 64, 3), level, np.uint8) for level in levels]
    clip = write_turned(tmp_path / "a.avi", pictures, codec="libx264")
    images = [*clip_images(clip, fps=30)]
    assert [image.at_s for image in images] == pytest.approx([n / 30 for n in range(30)])
    shown = [read_image(image.data).pixels.mean() for image in images]
    assert shown == pytest.approx(levels, abs=4)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_clip_says_how_it_is_made_upright(tmp_path: Path, turn: int) -> None:
    clip = write_turned(tmp_path / "a.mp4", [corner()] * 2, rotation=turn)
    with av.open(clip) as container:
        raw = next(container.decode(video=0))
        expected = np.rot90(raw.to_ndarray(format="rgb24"), raw.rotation // 90)
    image = next(clip_images(clip, fps=30))
    upright = read_image(image.data, rotation=image.rotation).pixels
    assert upright.shape == expected.shape
    assert np.abs(upright.astype(int) - expected).mean() < 8


@pytest.mark.parametrize(
    ("sample_aspect", "shape"), [(Fraction(4, 3), (36, 64, 3)), (Fraction(1, 2), (48, 32, 3))]
)
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path, sample_aspect: Fraction, shape: tuple[int, ...]
) -> None:
    clip = write_turned(tmp_path / "a.mp4", [corner()] * 2, sample_aspect=sample_aspect)
    image = next(clip_images(clip, fps=30))
    pixels = read_image(image.data).pixels
    assert pixels.shape == shape
    assert (pixels[..., 1] > 125).mean() == pytest.approx(1 / 4, abs=0.02)


def test_the_video_that_a_player_shows_is_taken(tmp_path: Path) -> None:
    other = write_turned(tmp_path / "other.mp4", noise(1, 32, 24))
    film = write_turned(tmp_path / "film.mp4", noise(5))
    clip = copied(tmp_path / "a.mkv", (other, Disposition(0)), (film, Disposition.default))
    shapes = [read_image(image.data).pixels.shape for image in clip_images(clip, fps=30)]
    assert shapes == [(48, 64, 3)] * 5


def test_a_clip_that_is_none_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="nowhere"):
        clip_images(Path("nowhere.mp4"), fps=10)
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    with pytest.raises(CaptureError, match=r"notes\.mp4 is not a readable video"):
        clip_images(text, fps=10)
    cover = write_turned(tmp_path / "cover.mkv", noise(1), codec="mjpeg")
    song = copied(tmp_path / "song.mp4", (cover, Disposition.attached_pic))
    with pytest.raises(CaptureError, match=r"song\.mp4 has no video in it"):
        clip_images(song, fps=10)


def test_what_can_be_read_of_a_broken_clip_is_given(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", REP * 5)
    data = bytearray(clip.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    clip.write_bytes(data)
    assert len([*clip_images(clip, fps=30)]) > 10


def test_a_camera_that_is_not_there_is_told() -> None:
    with pytest.raises(CaptureError, match="camera 99 cannot be opened"):
        camera_images(99, fps=10)
