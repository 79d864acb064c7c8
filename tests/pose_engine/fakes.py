"""Stand-ins for the nets, and small pictures and clips to feed to the real code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from pose_engine.anchors import anchor_centres
from pose_engine.frames import Frame, Pixels
from pose_engine.landmarks import FloatArray

Answer = dict[str, FloatArray]


class FakeNet:
    """A net that answers as told, and counts how often it was asked."""

    def __init__(self, answer: Callable[[FloatArray], Answer], *outputs: str) -> None:
        self._answer = answer
        self.outputs = outputs
        self.inputs: list[FloatArray] = []

    def run(self, image: FloatArray) -> Answer:
        self.inputs.append(image)
        return self._answer(image)


def blank(width: int = 64, height: int = 48) -> Frame:
    return Frame(np.zeros((height, width, 3), np.uint8))


def nobody() -> Answer:
    """A detector's answer that finds nobody."""
    return {
        "boxes": np.zeros((1, 2254, 12), np.float32),
        "scores": np.full((1, 2254, 1), -50, np.float32),
    }


def somebody(*people: tuple[float, list[tuple[float, float]]], anchor: int = 1000) -> Answer:
    """A detector's answer: for each person a logit and box centre, box size and 4 keypoints, all
    in 0..1 of the crop, told by an anchor each."""
    answer = nobody()
    for index, (logit, points) in enumerate(people, anchor):
        values = np.array(points, np.float32)
        values[[0, 2, 3, 4, 5]] -= anchor_centres()[index]
        answer["boxes"][0, index] = 224 * values.ravel()
        answer["scores"][0, index, 0] = logit
    return answer


def standing(x: float = 0.5, y: float = 0.5, reach: float = 0.3) -> list[tuple[float, float]]:
    """Somebody upright: hips at (x, y), the body's circle ending `reach` above."""
    return [(x, y - reach), (0.1, 0.1), (x, y), (x, y - reach), (x, y - reach / 2), (x, y - reach)]


def body(points: FloatArray | None = None, *, flag: float = 0.9, heat: float = 0.9) -> Answer:
    """A landmark net's answer: `points` (39, 3) in 0..1 of the crop, everything surely visible."""
    points = upright_points() if points is None else points
    values = np.full((39, 5), 4.0, np.float32)
    values[:, :3] = 256 * points
    world = np.tile(np.array([0.0, -0.5, 0.1], np.float32), (39, 1))
    return {
        "landmarks": values.reshape(1, 195),
        "flag": np.full((1, 1), flag, np.float32),
        "heatmap": _heatmap(points, heat)[None],
        "world": world.reshape(1, 117),
    }


def _heatmap(points: FloatArray, heat: float) -> FloatArray:
    """(64, 64, n) logits: of each point `heat` at most, in four cells that balance at the point."""
    logits = np.full((64, 64, len(points)), -50, np.float32)
    for index, at in enumerate(64 * points[:, :2].astype(float)):
        x, y = at.astype(int)
        if min(x, y) >= 0 and max(x, y) < 63:
            right, down = at - (x, y)
            shares = np.outer([1 - down, down], [1 - right, right])
            hot = np.clip(heat * shares / shares.max(), 1e-20, None)
            logits[y : y + 2, x : x + 2, index] = np.log(hot / (1 - hot))
    return logits


def upright_points() -> FloatArray:
    """(39, 3): points along the middle; the alignment points say that the region is right."""
    points = np.zeros((39, 3), np.float32)
    points[:, 0] = 0.5
    points[:, 1] = np.linspace(0.2, 0.8, 39)
    points[33, :2] = (0.5, 0.5)
    points[34, :2] = (0.5, 0.1)
    return points


LANDMARK_OUTPUTS = ("landmarks", "flag", "heatmap", "world")


def write_clip(
    path: Path,
    pictures: Iterable[Pixels],
    *,
    times: Iterable[int] | None = None,
    fps: int = 30,
    codec: str = "mpeg4",
    rotation: int = 0,
    sample_aspect: Fraction = Fraction(1),
    index_first: bool = False,
    sound_s: float = 0.0,
) -> Path:
    """A small clip; `times`: when each picture is shown, in 1/1000 s, evenly when None.

    `sample_aspect`: the width of its pixels over their height; `sound_s`: how long it is heard.
    """
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    options = {"movflags": "faststart"} if index_first else {}
    with av.open(str(path), "w", options=options) as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=fps))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.qmin = stream.codec_context.qmax = 2
        stream.codec_context.gop_size = 5
        stream.codec_context.sample_aspect_ratio = sample_aspect
        step = Fraction(1, fps) if times is None else Fraction(1, 1000)
        stream.codec_context.time_base = step
        sound = _silence(container, sound_s) if sound_s else []
        if rotation:
            stream.set_display_rotation(rotation)
        container.mux(sound)
        shown = range(len(pictures)) if times is None else times
        for at, picture in zip(shown, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = at
            frame.time_base = step
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def copied(path: Path, *tracks: tuple[Path, Disposition]) -> Path:
    """A clip with the videos of others."""
    with ExitStack() as opened, av.open(str(path), "w") as container:
        packets: list[Packet[VideoStream]] = []
        for source, disposition in tracks:
            other = opened.enter_context(av.open(str(source)))
            video = other.streams.video[0]
            stream = container.add_stream_from_template(video)
            stream.disposition = disposition
            for packet in other.demux(video):
                if packet.size:
                    packet.stream = stream
                    packets.append(packet)
        container.mux(packets)
    return path


def write_sound(path: Path) -> Path:
    """A clip without a picture."""
    with av.open(str(path), "w") as container:
        container.mux(_silence(container, 1.0))
    return path


def _silence(container: OutputContainer, seconds: float) -> "list[Packet[AudioStream]]":
    """Adds a stream of it, whose packets are still to be written."""
    stream = container.add_stream("aac", rate=16000, layout="mono")
    packets = []
    for start in range(0, round(16000 * seconds), 1024):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(np.zeros(1024, np.float32).tobytes())
        frame.sample_rate, frame.pts = 16000, start
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def noise(count: int, width: int = 64, height: int = 48) -> list[Pixels]:
    """Pictures that differ and do not compress well; each starts with its number as a shade."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (count, height, width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        picture[: height // 2] = 10 * (index % 25)
    return list(pictures)


ENCODERS = {"h264": "libx264", "vp8": "libvpx", "vp9": "libvpx-vp9"}
Piece = tuple[bytes, int, bool]


def encoded_video(
    codec: str,
    levels: Sequence[int],
    *,
    size: tuple[int, int] = (64, 48),
    corner: bool = False,
    sample_aspect: Fraction = Fraction(1),
    kind: str = "yuv420p",
    options: Mapping[str, str] = MappingProxyType({}),
) -> list[Piece]:
    """Grey pictures, 10 a second, a key frame every fourth: data, microseconds, key.

    `corner`: with the negative of the grey in a quarter of them, the top left one;
    `sample_aspect`: the width of its pixels over their height; `kind`: FFmpeg's name of theirs;
    `options`: more of the encoder's.
    """
    encoder = av.CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.gop_size = kind, 4
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.sample_aspect_ratio = sample_aspect
    low_delay = {"tune": "zerolatency"} if codec == "h264" else {"lag-in-frames": "0"}
    quick = {} if codec == "h264" else {"deadline": "realtime"}
    encoder.options = {**quick, **low_delay, **options}
    pieces = []
    for number, level in enumerate([*levels, None]):
        picture = None
        if level is not None:
            pixels = np.full((size[1], size[0], 3), level, np.uint8)
            if corner:
                pixels[: size[1] // 2, : size[0] // 2] = 255 - level
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24")
            picture.pts = number
        for packet in encoder.encode(picture):
            assert packet.pts is not None
            pieces.append((bytes(packet), packet.pts * 100_000, packet.is_keyframe))
    return pieces
