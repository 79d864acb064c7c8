"""Encoded video that comes in pieces -> `Frame`s: a phone's or a browser's encoder, live."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final, cast

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from pose_engine.display import as_rgb, sample_aspect_of
from pose_engine.frames import Frame, FrameError, ImageLimits, Pixels, as_sent, check_size
from pose_engine.sps import sequences_in

CODECS: Final = ("h264", "vp8", "vp9")
_MICROSECOND: Final = Fraction(1, 1_000_000)
_BITS: Final = 12
"""A pixel of what cameras' encoders make: 8 bits a sample, of the colours every other one."""
_ROUNDED: Final = 32
"""Pixels by which a side may be longer as it is coded: whole macroblocks, in two fields."""


class VideoDecoder:
    """Decodes one stream, each picture as soon as it can be; for one thread at a time.

    It begins at a key frame, and after damage goes on at the next one: `waits_for_key` until then.
    It keeps up to 17 pictures, none larger than `max_video_pixels` of 12 bits. Raises ValueError
    for a codec that is not of `CODECS`.
    """

    def __init__(self, codec: str, limits: ImageLimits) -> None:
        if codec not in CODECS:
            raise ValueError(f"codec must be one of {', '.join(CODECS)}, not {codec}")
        most = min(limits.max_pixels, limits.max_video_pixels)
        self._codec, self._limits = codec, replace(limits, max_pixels=most)
        self.lose()

    def lose(self) -> None:
        """Something of the stream is missing."""
        self.waits_for_key = True
        self._context: VideoCodecContext | None = None

    def decode(
        self,
        data: bytes,
        at_us: int,
        *,
        key: bool,
        rotation: int = 0,
        mirrored: bool = False,
        wanted: bool = True,
    ) -> Iterator[tuple[float, Frame]]:
        """The upright pictures that can be shown now, each with its seconds, in their order.

        Pixels that are not square are made so.
        `data`: an access unit of H.264 in Annex B, or one frame of VP8 or VP9, taken at `at_us`
        microseconds; `key`: it needs nothing of what came before; `rotation`, `mirrored`: as in
        `read_image`. Not `wanted`: it is decoded for the sake of what follows, and gives nothing.
        Raises FrameError too_many_bytes, damaged, too_many_pixels, side_too_long, side_too_short;
        what comes before the key frame that is waited for gives nothing.
        """
        if not data:  # by which FFmpeg would take the stream to be over
            self.lose()
            raise FrameError("damaged", "the encoded frame has no bytes")
        if len(data) > self._limits.max_bytes:
            fault = f"frame has {len(data)} bytes, the limit is {self._limits.max_bytes}"
            self.lose()
            raise FrameError("too_many_bytes", fault)
        if self.waits_for_key:
            if not key:
                return
            self._context = self._begun()
            self.waits_for_key = False
        context = self._context
        assert context is not None
        packet = Packet(data)
        packet.pts, packet.time_base = at_us, _MICROSECOND
        try:
            self._check_coded(data)
            decoded = context.decode(packet)
            self._check_decoded(context)
            for raw in decoded:
                if raw.is_corrupt:
                    raise FrameError("damaged", "the encoded frame is damaged")
                check_size(raw.width, raw.height, self._limits)
                if wanted and raw.pts is not None:
                    square = as_rgb(raw, sample_aspect_of(context)).to_ndarray()
                    yield raw.pts / 1e6, as_sent(cast(Pixels, square), rotation, mirrored)
        except FFmpegError as error:
            self.lose()
            raise FrameError(
                "damaged", f"the encoded frame is damaged: {error.strerror}"
            ) from error
        except FrameError:
            self.lose()
            raise

    def _check_coded(self, data: bytes) -> None:
        """Before anything is allocated for it."""
        if self._codec != "h264":
            return
        try:
            for one in sequences_in(data):
                self._check_memory(one.width, one.height, 8 * one.bytes_a_pixel)
        except FrameError:
            raise
        except ValueError as error:
            raise FrameError("damaged", f"the encoded frame is damaged: {error}") from error

    def _check_decoded(self, context: VideoCodecContext) -> None:
        """Also of what is not shown; of VP8 and VP9 FFmpeg has seen to the size before."""
        if context.format is not None:
            bits = context.format.padded_bits_per_pixel
            self._check_memory(context.coded_width, context.coded_height, bits)

    def _check_memory(self, width: int, height: int, bits: float) -> None:
        most = self._limits.max_pixels
        if width * height * bits > (most + _ROUNDED * (width + height)) * _BITS:
            size = f"video is {width}x{height} pixels of {bits:g} bits as it is coded"
            raise FrameError("too_many_pixels", f"{size}, the limit is {most} of {_BITS} in all")

    def _begun(self) -> VideoCodecContext:
        context = cast(VideoCodecContext, av.CodecContext.create(self._codec, "r"))
        context.thread_count = 1
        # FFmpeg checks each picture against this before it allocates one, with wide margins.
        most = 2 * self._limits.max_pixels + 2**20
        context.options = {"flags": "low_delay", "max_pixels": str(most)}
        return context
