"""Video files from outside: times, turns, thinning, and every way in which they can be wrong."""

import gc
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from pose_engine.clips import Clip
from pose_engine.footage import ClipError, ClipLimits
from pose_engine.frames import Pixels
from tests.pose_engine.fakes import copied, noise, write_clip, write_sound


def refusal(path: Path, **limits: float) -> ClipError:
    with pytest.raises(ClipError) as caught, Clip.open(path, limits=ClipLimits(**limits)) as clip:  # type: ignore[arg-type]  # ints pass as floats
        list(clip.frames())
    return caught.value


def times(path: Path, fps: float | None = None) -> list[float]:
    with Clip.open(path) as clip:
        return [at for at, _ in clip.frames(fps)]


def corner() -> Pixels:
    """Dark, with a bright top left quarter."""
    pixels = np.full((48, 64, 3), 20, np.uint8)
    pixels[:24, :32] = 230
    return pixels


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mpeg4"), ("a.mov", "mjpeg"), ("a.mkv", "mpeg4"), ("a.avi", "mjpeg")],
)
def test_containers_are_read(tmp_path: Path, name: str, codec: str) -> None:
    path = write_clip(tmp_path / name, noise(10), codec=codec)
    with Clip.open(path) as clip:
        assert (clip.width, clip.height) == (64, 48)
        assert clip.fps == pytest.approx(30)
        assert clip.duration_s == pytest.approx(10 / 30, abs=0.05)
        frames = list(clip.frames())
        assert clip.unreadable == 0
    np.testing.assert_allclose([at for at, _ in frames], np.arange(10) / 30, atol=1e-3)
    for index, (_, frame) in enumerate(frames):
        assert abs(int(frame.pixels[5, 30, 1]) - 10 * index) < 12
        assert frame.pixels.flags.c_contiguous


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    shown = [0, 40, 50, 200, 210, 500]
    path = write_clip(tmp_path / "a.mkv", noise(6), times=shown, fps=30)
    np.testing.assert_allclose(times(path), np.array(shown) / 1000, atol=1e-3)


def test_what_goes_back_in_time_is_dropped(tmp_path: Path) -> None:
    """Two takes, one behind the other: the rate is not judged by the second one's times."""
    path = write_clip(tmp_path / "a.mkv", noise(40), fps=20)
    path.write_bytes(2 * path.read_bytes())
    with Clip.open(path, limits=ClipLimits(max_fps=30)) as clip:
        assert [at for at, _ in clip.frames()] == pytest.approx(np.arange(40) / 20, abs=1e-3)


def test_frames_of_an_avi_come_in_order(tmp_path: Path) -> None:
    """It has no times of showing, and what refers to later pictures lies behind them."""
    levels = [20 + 6 * n for n in range(30)]
    pictures = [np.full((48, 64, 3), level, np.uint8) for level in levels]
    path = write_clip(tmp_path / "a.avi", pictures, codec="libx264")
    with Clip.open(path) as clip:
        frames = list(clip.frames(30))
    np.testing.assert_allclose([at for at, _ in frames], np.arange(30) / 30, atol=1e-3)
    shown = [frame.pixels.mean() for _, frame in frames]
    np.testing.assert_allclose(shown, levels, atol=4)


def test_times_start_at_zero_wherever_the_file_starts(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", noise(3), times=[5000, 5100, 5200])
    with Clip.open(path, limits=ClipLimits(max_seconds=1)) as clip:
        assert clip.duration_s == pytest.approx(0.25, abs=0.05)
        shown = [at for at, _ in clip.frames()]
    np.testing.assert_allclose(shown, [0, 0.1, 0.2], atol=1e-3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_comes_first_is_the_start(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, noise(3), times=[2000, 2100, 2200], sound_s=2.2)
    with Clip.open(path) as clip:
        assert clip.duration_s == pytest.approx(2.25, abs=0.1)
        shown = [at for at, _ in clip.frames()]
    np.testing.assert_allclose(shown, [2, 2.1, 2.2], atol=1e-3)


@pytest.mark.parametrize("fps", [1, 7, 10, 15, 24, 29.97, 30, 60])
def test_thinning_is_even_and_does_not_drift(tmp_path: Path, fps: float) -> None:
    path = write_clip(tmp_path / "a.mp4", [corner()] * 90)
    kept = times(path, fps)
    assert len(kept) == pytest.approx(min(3 * fps, 90), abs=1)
    drift = np.abs(np.array(kept) - np.arange(len(kept)) / min(fps, 30))
    assert drift.max() <= 1 / 30 + 1e-3


@pytest.mark.parametrize("fps", [0, -1, math.nan])
def test_thinning_to_nothing_is_refused(tmp_path: Path, fps: float) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(3))
    with pytest.raises(ValueError, match="fps must be above 0"):
        times(path, fps)


def test_thinning_keeps_the_only_frames_of_a_slow_stretch(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", noise(6), times=[0, 10, 20, 500, 510, 1000])
    np.testing.assert_allclose(times(path, 10), [0, 0.5, 1.0], atol=1e-3)


# degrees as the file counts them, and the row and column of the quarter that is then bright
TURNS = [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))]


@pytest.mark.parametrize(("turn", "bright"), TURNS)
def test_the_display_matrix_is_honoured(tmp_path: Path, turn: int, bright: tuple[int, int]) -> None:
    path = write_clip(tmp_path / "a.mp4", [corner()] * 3, rotation=turn)
    with Clip.open(path) as clip:
        [_, (_, frame), _] = clip.frames()
        assert (clip.width, clip.height) == (frame.width, frame.height)
    assert (frame.width > frame.height) is (turn % 180 == 0)
    quarters = frame.pixels.reshape(2, frame.height // 2, 2, frame.width // 2, 3)
    brightness = quarters.mean(axis=(1, 3, 4))
    assert divmod(int(brightness.argmax()), 2) == bright


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize(
    ("sample_aspect", "size"),
    [
        (Fraction(4, 3), (64, 36)),
        (Fraction(1, 2), (32, 48)),
        (Fraction(12, 11), (64, 44)),
        (Fraction(199, 200), (64, 48)),
        (Fraction(9, 2), (64, 48)),
    ],
    ids=["wide", "high", "broadcast", "rounded", "absurd"],
)
def test_pixels_are_made_square(
    tmp_path: Path, sample_aspect: Fraction, size: tuple[int, int], turn: int
) -> None:
    """As the file lies, none is made larger."""
    path = tmp_path / "a.mp4"
    write_clip(path, [corner()] * 3, rotation=turn, sample_aspect=sample_aspect)
    with Clip.open(path) as clip:
        [_, (_, frame), _] = clip.frames()
        assert (clip.width, clip.height) == (frame.width, frame.height)
    assert (frame.width, frame.height) == (size if turn == 0 else size[::-1])
    bright = frame.pixels[..., 1] > 125
    assert bright.mean() == pytest.approx(1 / 4, abs=0.02)


def test_it_is_what_ffmpeg_says_of_the_rotation(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [corner()] * 2, rotation=90)
    with av.open(str(path)) as container:
        raw = next(container.decode(video=0))
        expected = np.rot90(raw.to_ndarray(format="rgb24"), raw.rotation // 90)
    with Clip.open(path) as clip:
        np.testing.assert_array_equal(next(clip.frames())[1].pixels, expected)


def test_the_real_phone_clips_stand_upright() -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "clips"
    paths = list(folder.glob("*rot90*"))
    if not paths:
        pytest.skip(f"no clip with a rotation in {folder}")
    for path in paths:
        with Clip.open(path) as clip:
            assert clip.height > clip.width
            assert next(clip.frames())[1].height == clip.height


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp4", b"hello, I am not a video\n" * 50),
        ("empty.mp4", b""),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.mp4\n"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.mp4\n"),
        ("list.txt", b"ffconcat version 1.0\nfile 'a.mp4'\n"),
        ("image.mp4", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refusal(path)
    assert error.code == "unsupported_format"
    assert name in str(error)
    assert str(tmp_path) not in str(error)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.mp4").code == "not_found"
    assert refusal(tmp_path).code == "not_found"
    assert refusal(Path("http://127.0.0.1:9/a.mp4")).code == "not_found"


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    assert refusal(write_sound(tmp_path / "a.mp4")).code == "no_video"


@pytest.mark.parametrize("name", ["two.mkv", "two.mp4"])
@pytest.mark.parametrize("default", [0, 1])
def test_the_video_that_a_player_shows_is_taken(tmp_path: Path, name: str, default: int) -> None:
    sides = [(64, 48), (32, 24)]
    clips = [write_clip(tmp_path / f"{w}.mp4", noise(5, w, h)) for w, h in sides]
    shown = [Disposition.default if index == default else Disposition(0) for index in range(2)]
    with Clip.open(copied(tmp_path / name, *zip(clips, shown, strict=True))) as clip:
        assert (clip.width, clip.height) == sides[default]


def test_a_codec_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", noise(3), codec="mpeg2video")
    error = refusal(path)
    assert error.code == "unsupported_codec"
    assert "mpeg2video" in str(error)


def test_a_codec_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", noise(3))
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_MPEG4/ISO/XXX"))
    assert refusal(path).code == "unsupported_codec"


def test_limits_are_named_when_they_are_passed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(60))
    size = path.stat().st_size
    assert "limit is 99" in str(refusal(path, max_bytes=99))
    cases: dict[str, dict[str, float]] = {
        "too_many_bytes": {"max_bytes": size - 1},
        "too_long": {"max_seconds": 1.5},
        "too_many_pixels": {"max_pixels": 64 * 48 - 1},
        "side_too_short": {"min_side": 49},
        "too_many_streams": {"max_streams": 0},
        "too_many_fps": {"max_fps": 15},
    }
    for code, limits in cases.items():
        assert refusal(path, **limits).code == code
    exact = ClipLimits(size, 2, 64 * 48, 30, 1, 48)
    with Clip.open(path, limits=exact) as clip:
        assert len(list(clip.frames())) == 60


def test_limits_hold_while_decoding_too(tmp_path: Path) -> None:
    """A file that is streamed has no duration in its header."""
    path = tmp_path / "a.mkv"
    write_clip(path, noise(60))
    with Clip.open(path, limits=ClipLimits()) as clip:
        clip._limits = ClipLimits(max_seconds=1.0)
        with pytest.raises(ClipError, match="longer than 1 s") as caught:
            list(clip.frames())
    assert caught.value.code == "too_long"


def test_decoded_frames_go_at_once(tmp_path: Path) -> None:
    """Not when the garbage collector comes by: that would be hundreds of pictures later."""
    path = write_clip(tmp_path / "a.mp4", noise(60))
    gc.collect()
    gc.disable()
    try:
        with Clip.open(path) as clip:
            assert len(list(clip.frames())) == 60
            assert sum(isinstance(one, av.VideoFrame) for one in gc.get_objects()) < 10
    finally:
        gc.enable()


def damaged(path: Path, start: float, end: float) -> Path:
    """Random bytes from `start` to `end` of the length."""
    data = bytearray(path.read_bytes())
    first, last = int(start * len(data)), int(end * len(data))
    data[first:last] = np.random.default_rng(3).bytes(last - first)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_a_damaged_stretch_is_left_out_and_counted(tmp_path: Path, codec: str) -> None:
    path = damaged(write_clip(tmp_path / "a.mov", noise(60), codec=codec), 0.4, 0.5)
    with Clip.open(path) as clip:
        kept = [at for at, _ in clip.frames()]
        assert clip.unreadable > 0
        assert len(kept) + clip.unreadable <= 60
    assert kept[-1] > 1.9
    assert all(a < b for a, b in pairwise(kept))


def blanked(path: Path, frames: slice) -> Path:
    """Zeros in place of these frames of a clip."""
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux() if packet.size]
    data = bytearray(path.read_bytes())
    for start, size in places[frames]:
        assert start is not None
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.mov", "a.avi"])
def test_a_damaged_beginning_does_not_move_what_follows(tmp_path: Path, name: str) -> None:
    path = blanked(write_clip(tmp_path / name, noise(60), codec="mjpeg"), slice(30))
    with Clip.open(path) as clip:
        assert clip.duration_s == pytest.approx(2)
        kept = [at for at, _ in clip.frames()]
        assert clip.unreadable == 30
    np.testing.assert_allclose(kept, np.arange(30, 60) / 30, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mp4", {"index_first": True}), ("a.mkv", {}), ("a.mkv", {"sound_s": 3})],
)
def test_a_truncated_file_gives_what_is_there_and_says_what_is_missing(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    """Matroska says only how long all of it is."""
    path = write_clip(tmp_path / name, noise(90), **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with Clip.open(path) as clip:
        count = len(list(clip.frames()))
        assert 20 <= count <= 35
        assert count + clip.unreadable == pytest.approx(90, abs=3)


@pytest.mark.parametrize(("missing", "counted"), [(32, 0), (33, 33)])
def test_of_a_missing_end_more_than_a_second_is_counted_to_the_frame(
    tmp_path: Path, missing: int, counted: int
) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(96), fps=32, index_first=True)
    with av.open(str(path)) as container:
        cut = [packet.pos for packet in container.demux(video=0)][96 - missing]
    path.write_bytes(path.read_bytes()[:cut])
    with Clip.open(path) as clip:
        assert len(list(clip.frames())) == 96 - missing
        assert clip.unreadable == counted


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_sound_may_go_on_after_the_last_picture(tmp_path: Path, name: str) -> None:
    with Clip.open(write_clip(tmp_path / name, noise(30), sound_s=4)) as clip:
        assert len(list(clip.frames())) == 30
        assert clip.unreadable == 0


def test_a_damaged_end_is_counted_once(tmp_path: Path) -> None:
    path = blanked(write_clip(tmp_path / "a.mov", noise(90), codec="mjpeg"), slice(30, None))
    with Clip.open(path) as clip:
        assert len(list(clip.frames())) == 30
        assert clip.unreadable == 60


def test_a_file_cut_before_its_index_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(30))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal(path).code == "unsupported_format"


def test_a_video_without_a_picture_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mov", noise(5), codec="mjpeg")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    assert refusal(path).code == "no_frames"
