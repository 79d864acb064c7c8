"""Video file -> timed pictures as they are decoded, kept within limits.

The decoder of uploaded clips starts with it, once for each clip: what takes long to import (NumPy,
Pillow) is left to `pose_engine.clips`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any, Self, cast

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pose_engine.display import sample_aspect_of, square_size, turn_of
from pose_engine.h264 import disposable_in, never
from pose_engine.thinning import check_fps, place_of
from pose_engine.timeline import Timeline

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
CODECS = ("h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "mjpeg")
"""What a clip may be encoded in."""


class ClipError(ValueError):
    """A clip that is refused; `code` is stable, the message names the limit or the fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ClipLimits:
    """What a clip from outside may be: checked against its header, then while it is decoded."""

    max_bytes: int = 1024**3
    max_seconds: float = 3600.0
    max_pixels: int = 4096 * 2304
    max_fps: float = 240.0
    max_streams: int = 16
    min_side: int = 16


class Footage:
    """An open video file; `with Footage.open(path) as footage:` closes it.

    `width`, `height`: pixels of the upright picture, square ones; `sample_aspect`: the width of
    those in the file over their height. `duration_s`, `fps`: what the file says of itself, None
    where it says nothing. `unreadable`: frames that could not be decoded so far, and after the last
    one also those that are missing at the end.
    """

    def __init__(self, container: InputContainer, limits: ClipLimits, threads: int = 0) -> None:
        self._container = container
        self._limits = limits
        self._stream = _video_stream(container, limits)
        self.unreadable = 0
        self.fps = float(self._stream.average_rate) if self._stream.average_rate else None
        self._timeline = Timeline(container, self._stream)
        self.duration_s = self._timeline.duration_s
        self.sample_aspect = sample_aspect_of(self._stream)
        self._check_header()
        self._stream.thread_type = "AUTO"
        self._stream.thread_count = threads
        context = self._stream.codec_context
        # The times of an AVI do not tell what can be left out.
        timed = context.name == "h264" and container.format.name != "avi"
        self._disposable = disposable_in(context.extradata) if timed else never
        self._fps: float | None = None
        self._first_at: dict[int, float] = {}
        self._until = 0.0  # seconds that the file goes on for at least, readable or not
        self._decoded = self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise ClipError("no_frames", "clip has no frame that can be decoded")
        self._check_pixels(first.width, first.height)
        self._timeline.begin(first, self.unreadable / self.fps if self.fps else 0.0)
        self._decoded = chain([first], self._decoded)
        self.width, self.height = square_size(first, self.sample_aspect)
        if turn_of(first).degrees % 180:
            self.width, self.height = self.height, self.width

    @classmethod
    def open(cls, path: Path, *, limits: ClipLimits = ClipLimits(), threads: int = 0) -> Self:
        """Opens an MP4, MOV, MKV, WebM or AVI file and decodes its first frame.

        `threads`: how many decode; 0 for as many as there are cores. Raises ClipError; its codes
        are not_found, too_many_bytes, unsupported_format, unsupported_codec, no_video, no_frames,
        too_many_streams, too_many_pixels, side_too_short, too_long, too_many_fps.
        """
        with opened(path, limits) as file:
            return cls.read(file, limits=limits, threads=threads)

    @classmethod
    def read(cls, file: BufferedReader, *, limits: ClipLimits, threads: int = 0) -> Self:
        """As `open`, of a file that is open already, and may be closed then; opens no other."""
        container = _container(file)
        try:
            return cls(container, limits, threads)
        except BaseException:
            container.close()
            raise

    def close(self) -> None:
        """Closes the file; no frames can be read any more."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decoded(self, fps: float | None = None) -> Iterator[tuple[float, VideoFrame]]:
        """All frames in order of time, as they were decoded: for `thinned`, `turn_of`, `as_rgb`.

        Those that go backwards in time are dropped. What nothing else is decoded from and `fps`
        surely leaves out, as it comes after another frame of its place, is not decoded at all.
        """
        check_fps(fps)
        self._fps = fps
        last = -math.inf
        for count, raw in enumerate(self._decoded, 1):
            self._check_pixels(raw.width, raw.height)
            at = self._time_of(raw, last)
            self._check_time(max(at, last), count)
            self._until = max(self._until, at)
            if at > last:
                last = at
                yield at, raw
        self._count_missing_end()

    def _time_of(self, raw: VideoFrame, last: float) -> float:
        at = self._timeline.of(raw)
        if at is not None:
            return at
        if last < 0:
            return 0.0
        if not self.fps:
            raise ClipError("no_times", "clip has neither times of its frames nor a frame rate")
        return last + 1 / self.fps

    def _decode(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if self._left_out(packet):
                continue
            try:
                frames = packet.decode()
            except MemoryError:  # one of FFmpeg's errors too, and no fault of the packet
                raise
            except FFmpegError:
                self._miss(packet)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._miss(frame)
                else:
                    yield frame

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """The video's; where that tells no length, the file's others show how far it goes."""
        streams = [self._stream] if self._stream.duration else self._container.streams
        packets = self._container.demux(*streams)
        while True:
            try:
                packet = next(packets, None)
            except MemoryError:
                raise
            except FFmpegError:
                return  # the file ends in rubbish; what is missing is counted by time
            if packet is None:
                return
            if packet.stream is self._stream:
                yield cast("Packet[VideoStream]", packet)
            else:
                self._reach(packet)

    def _miss(self, picture: "Packet[VideoStream] | VideoFrame") -> None:
        self.unreadable += 1
        self._reach(picture)

    def _reach(self, there: "Packet[Any] | VideoFrame") -> None:
        """The file goes on until there at least."""
        self._until = max(self._until, self._timeline.of(there) or 0.0)

    def _left_out(self, packet: "Packet[VideoStream]") -> bool:
        """Whether it need not be decoded."""
        at = self._timeline.of(packet)
        if self._fps is None or at is None:
            return False
        first = self._first_at.setdefault(place := place_of(at, self._fps), at)
        self._first_at[place] = min(first, at)
        return first < at and self._disposable(memoryview(packet))

    def _count_missing_end(self) -> None:
        """Frames that the header promises behind what there is, when they are more than a second's:
        by less, headers are often wrong."""
        if self.duration_s and self.fps:
            missing = self.duration_s - self._until
            if missing > 1 + 1 / self.fps:
                self.unreadable += round(missing * self.fps) - 1

    def _check_header(self) -> None:
        context = self._stream.codec_context
        undecodable = context is None  # though the stub denies it
        codec = "of an unknown codec" if undecodable else context.codec.canonical_name
        if codec not in CODECS:
            names = ", ".join(CODECS)
            raise ClipError(
                "unsupported_codec", f"clip's video is {codec}; it must be one of {names}"
            )
        # FFmpeg checks each picture against this before it allocates one, with wide margins.
        context.options = {"max_pixels": str(2 * self._limits.max_pixels + 2**20)}
        self._check_pixels(context.width, context.height)
        self._check_time(self.duration_s or 0.0, self._stream.frames)

    def _check_pixels(self, width: int, height: int) -> None:
        size, limits = f"clip is {width}x{height} pixels", self._limits
        if width * height > limits.max_pixels:
            raise ClipError("too_many_pixels", f"{size}, the limit is {limits.max_pixels} in all")
        if min(width, height) < limits.min_side:
            raise ClipError(
                "side_too_short", f"{size}, the shortest side allowed is {limits.min_side}"
            )

    def _check_time(self, at: float, count: int) -> None:
        limits = self._limits
        if at > limits.max_seconds:
            raise ClipError("too_long", f"clip is longer than {limits.max_seconds:g} s, the limit")
        if count > limits.max_fps * (at + 1):
            raise ClipError(
                "too_many_fps", f"clip has over {limits.max_fps:g} frames a second, the limit"
            )


def opened(path: Path, limits: ClipLimits) -> BufferedReader:
    """A clip's file for `Footage.read`.

    Raises ClipError not_found, too_many_bytes and, where it may not be read, unsupported_format.
    """
    if not path.is_file():
        raise ClipError("not_found", f"there is no file {path}")
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise ClipError("too_many_bytes", f"clip has {size} bytes, the limit is {limits.max_bytes}")
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path.name, error) from error


def _container(file: BufferedReader) -> InputContainer:
    """Of an open file and nothing else: no addresses, no playlists that name further files."""
    only = {"protocol_whitelist": "fd", "format_whitelist": _CONTAINERS}
    try:
        options = {"fd": str(file.fileno()), **only}
        return av.open("fd:", container_options=options, metadata_errors="replace")
    except MemoryError:
        raise
    except (FFmpegError, OSError) as error:
        raise _unreadable(Path(file.name).name, error) from error


def _unreadable(name: str, error: FFmpegError | OSError) -> ClipError:
    formats = "MP4, MOV, MKV, WebM or AVI"
    why = error.strerror or error
    return ClipError("unsupported_format", f"{name} is not a readable {formats} video ({why})")


def _video_stream(container: InputContainer, limits: ClipLimits) -> VideoStream:
    count = len(container.streams)
    if count > limits.max_streams:
        raise ClipError(
            "too_many_streams", f"clip has {count} streams, the limit is {limits.max_streams}"
        )
    cover = Disposition.attached_pic  # of a song
    films = [one for one in container.streams.video if not one.disposition & cover]
    if not films:
        raise ClipError("no_video", "clip has no video stream")
    return next((one for one in films if one.disposition & Disposition.default), films[0])
