"""When the frames of a clip are shown, and how long it is, from where a player starts it."""

from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class Timeline:
    """The times of one open clip.

    It starts with the first of its streams: where sound comes first, there, and what cannot be
    decoded has its time too. `duration_s`: to the end of the video as the header tells it, None
    where it tells nothing.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        # AVI keeps no times of showing: with B-frames those that FFmpeg makes up go back and forth.
        self._by_decoding = container.format.name == "avi"
        start = _start(container, stream)
        end = _end(container, stream, start or Fraction())
        self.duration_s = None if end is None else float(end - (start or 0))
        self._start_s = None if start is None or self._by_decoding else float(start)

    def begin(self, first: VideoFrame, missed_s: float) -> None:
        """It starts with the first frame at the latest; `missed_s`: what was not to be read of it
        before, for those that do not say where they start."""
        told_s = self._told_s(first)
        if told_s is not None:
            starts_s = told_s - missed_s if self._start_s is None else self._start_s
            self._start_s = min(starts_s, told_s)

    def of(self, there: "Packet[Any] | VideoFrame") -> float | None:
        """Seconds from the start on; None where the file does not say."""
        told_s = self._told_s(there)
        return None if told_s is None else told_s - (self._start_s or 0.0)

    def _told_s(self, there: "Packet[Any] | VideoFrame") -> float | None:
        ticks = there.dts if self._by_decoding else there.pts
        if ticks is None or there.time_base is None:
            return None
        return float(ticks * there.time_base)


def _start(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Sound may come before 0, by what its decoder needs to get going: that is not shown."""
    sounds = (_begun(one) for one in container.streams.audio)
    starts = [_begun(stream), *(max(one, Fraction()) for one in sounds if one is not None)]
    return min((one for one in starts if one is not None), default=None)


def _begun(stream: Stream) -> Fraction | None:
    if stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def _end(container: InputContainer, stream: VideoStream, start: Fraction) -> Fraction | None:
    if stream.duration and stream.time_base:
        return (_begun(stream) or 0) + stream.duration * stream.time_base
    if not container.duration:
        return None
    length = Fraction(container.duration, av.time_base)
    # Of Matroska FFmpeg writes the end, and others the length.
    is_end = "matroska" in container.format.name and length > start
    return length if is_end else start + length
