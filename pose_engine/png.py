"""A PNG's chunks, without those that say nothing of its picture: Pillow takes time for each, and
unpacks some."""

from struct import Struct
from typing import Final

_SIGNATURE_BYTES: Final = 8
_HEAD: Final = Struct(">I4s")
"""Length and type; the data follow, and a checksum (W3C PNG, section 5.3)."""
_CHECKSUM_BYTES: Final = 4
_PICTURE: Final = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_MOST_CHUNKS: Final = 8192
"""libpng writes one for each 8 KiB."""


def bare(data: bytes) -> tuple[bytes, bytes]:
    """A PNG without what says nothing of its picture, and its EXIF data, if any.

    Of one that is cut off all that there is. Raises ValueError where its chunks have no end.
    """
    kept, exif, at = [data[:_SIGNATURE_BYTES]], b"", _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        if len(data) - at < _HEAD.size:
            return b"".join(kept), exif
        length, kind = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + length + _CHECKSUM_BYTES
        if kind in _PICTURE:
            kept.append(data[at:end])
        elif kind == b"eXIf":
            exif = exif or data[at + _HEAD.size : end - _CHECKSUM_BYTES]
        at = end
        if kind == b"IEND":
            return b"".join(kept), exif
    raise ValueError(f"more than {_MOST_CHUNKS} chunks, the limit")
