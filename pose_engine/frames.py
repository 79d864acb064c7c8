"""Image bytes -> an upright RGB `Frame`, refused by its header before anything is decoded."""

import struct
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pose_engine import jpeg, png

Pixels = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112
_EXIF_STEPS = {2: (True, 0), 3: (False, 180), 4: (True, 180), 5: (True, 270), 6: (False, 90),
               7: (True, 90), 8: (False, 270)}  # fmt: skip
"""EXIF orientation -> (flip left to right, then turn clockwise by degrees); EXIF 2.32, 4.6.4."""


class FrameError(ValueError):
    """An image that is refused; `code` is stable, the message names the limit or the fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture: `pixels` is (height, width, 3) uint8 RGB, C-contiguous.

    `shrunk`: of the picture itself, each of them stands for so many by so many. Raises ValueError
    when it is anything else.
    """

    pixels: Pixels
    shrunk: int = 1

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or kind != np.uint8 or 0 in shape:
            raise ValueError(f"pixels must be (height, width, 3) uint8, not {shape} {kind}")
        if not self.pixels.flags.c_contiguous:
            raise ValueError("pixels must be C-contiguous")

    @property
    def width(self) -> int:
        """The picture's pixels from left to right."""
        return int(self.pixels.shape[1]) * self.shrunk

    @property
    def height(self) -> int:
        """The picture's pixels from top to bottom."""
        return int(self.pixels.shape[0]) * self.shrunk


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an image from outside may be; sides and pixels are those of the decoded picture."""

    max_bytes: int = 8 * 1024 * 1024
    max_pixels: int = 25_000_000
    max_video_pixels: int = 3_000_000
    """Of encoded video, whose decoder keeps up to 17 pictures."""
    max_side: int = 8192
    min_side: int = 16
    max_scans: int = 32
    """Of a JPEG: progressive ones have some ten, and each takes time for all of its pixels."""


def read_image(
    data: bytes,
    *,
    limits: ImageLimits = ImageLimits(),
    rotation: int = 0,
    mirrored: bool = False,
    shrink: int = 1,
) -> Frame:
    """Decodes a JPEG, PNG or WebP; of an animation, the first picture.

    EXIF orientation is honoured. `rotation`: degrees clockwise (0, 90, 180, 270) that then make
    the picture upright; `mirrored`: the upright picture is a mirror image and is flipped back.
    `shrink`: 1, 2, 4 or 8 times smaller will do, in both directions, where that takes less time.
    Raises ValueError for another `rotation`, and FrameError for the data; its codes are
    too_many_bytes, unsupported_format, too_many_pixels, side_too_long, side_too_short, damaged.
    """
    if rotation not in (0, 90, 180, 270):
        raise ValueError(f"rotation must be 0, 90, 180 or 270, not {rotation}")
    if len(data) > limits.max_bytes:
        raise FrameError(
            "too_many_bytes", f"image has {len(data)} bytes, the limit is {limits.max_bytes}"
        )
    reader = _reader(data)
    try:
        exif = b""
        if reader is WebPImageFile:
            check_size(*_webp_size(data), limits)
        else:
            data, exif = (jpeg if reader is JpegImageFile else png).bare(data)
        with reader(BytesIO(data)) as image:
            check_size(image.width, image.height, limits)
            if reader is JpegImageFile:
                _check_scans(data, limits)
            pixels, shrunk = _fast_rgb(data, image, shrink) or (_rgb(image), 1)
            exif = exif or image.info.get("exif", b"")
    except FrameError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, struct.error) as error:
        raise FrameError("damaged", f"image is truncated or damaged: {error}") from error
    flip, turn = _EXIF_STEPS.get(exif_orientation(exif), (False, 0))
    return as_sent(_turned(_flipped(pixels, flip), turn), rotation, mirrored, shrunk)


def check_size(width: int, height: int, limits: ImageLimits) -> None:
    """Raises FrameError side_too_short, side_too_long or too_many_pixels."""
    size = f"image is {width}x{height} pixels"
    if min(width, height) < limits.min_side:
        raise FrameError(
            "side_too_short", f"{size}, the shortest side allowed is {limits.min_side}"
        )
    if max(width, height) > limits.max_side:
        raise FrameError("side_too_long", f"{size}, the longest side allowed is {limits.max_side}")
    if width * height > limits.max_pixels:
        raise FrameError("too_many_pixels", f"{size}, the limit is {limits.max_pixels} in all")


def _check_scans(data: bytes, limits: ImageLimits) -> None:
    if jpeg.goes_over(data, limits.max_scans):
        raise FrameError(
            "unsupported_format", f"JPEG has more than {limits.max_scans} scans, the limit"
        )


def exif_orientation(exif: bytes) -> int:
    """The orientation that EXIF data names, 1 to 8, or 1 (upright) when it names none.

    Read by hand, as Pillow would warn of every other tag that is damaged (TIFF 6.0, section 2).
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, value = struct.unpack_from(f"{order}H6xH", tiff, at)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:
        return 1  # cut short
    return 1


def upright(pixels: Pixels, degrees: int, mirrored: bool) -> Frame:
    """The picture flipped left to right if `mirrored`, then turned clockwise: as files say it."""
    return Frame(np.ascontiguousarray(_turned(_flipped(pixels, mirrored), degrees)))


def as_sent(pixels: Pixels, rotation: int, mirrored: bool, shrunk: int = 1) -> Frame:
    """The picture turned clockwise, then flipped left to right if `mirrored`: as clients say it."""
    return Frame(np.ascontiguousarray(_flipped(_turned(pixels, rotation), mirrored)), shrunk)


def _turned(pixels: Pixels, degrees: int) -> Pixels:
    """The picture turned clockwise by a multiple of 90 degrees; a view, not a copy."""
    return np.rot90(pixels, -degrees // 90)


def _flipped(pixels: Pixels, flip: bool) -> Pixels:
    """The picture flipped left to right if `flip`; a view, not a copy."""
    return pixels[:, ::-1] if flip else pixels


def _reader(data: bytes) -> type[ImageFile]:
    """The one decoder that fits the magic number: Pillow's own guess would try every format,
    and would warn of a large picture where this module refuses it."""
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImageFile
    raise FrameError("unsupported_format", "image must be a JPEG, PNG or WebP")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the first chunk (RFC 9649, section 2.5 to 2.7); Pillow's reader would
    warn of a large picture before they could be checked. Raises struct.error when it is cut."""
    kind = data[12:16]
    if kind == b"VP8X":
        low, high, height_low, height_high = struct.unpack_from("<HBHB", data, 24)
        return 1 + low + (high << 16), 1 + height_low + (height_high << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _fast_rgb(data: bytes, image: ImageFile, shrink: int) -> tuple[Pixels, int] | None:
    """An ordinary JPEG's pixels and how much smaller they are; None for any other image.

    libjpeg-turbo alone takes half of Pillow's time, and less for a picture that it need not make
    whole. What is odd about the data is left to Pillow, to bear or to refuse.
    """
    if not isinstance(image, JpegImageFile) or image.mode not in ("RGB", "L"):
        return None
    if image.width % shrink or image.height % shrink:
        shrink = 1
    size = {"min_width": image.width // shrink, "min_height": image.height // shrink}
    try:
        return simplejpeg.decode_jpeg(data, **size), shrink
    except ValueError:
        return None


def _rgb(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):  # 16-bit grey: Pillow would clip it, not scale it
        grey = (np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
