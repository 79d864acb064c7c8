"""A JPEG's segments: without those that say nothing of its picture, and how often it is gone over.

A decoder takes time for each scan, however short, and Pillow for each segment.
"""

import re
from typing import Final

_SOI, _EOI, _SOS, _EXIF = b"\xd8", b"\xd9", b"\xda", b"\xe1"
_MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""Those that a segment may follow; neither stuffed bytes nor restarts (ITU-T T.81, B.1.1.3).

What is reserved is none either: within a scan decoders pass over the two bytes alone."""
_PICTURE: Final = frozenset(range(0xC0, 0xD0)) - {0xC8} | {0xDB, 0xDD, 0xEE}
"""Frames, tables, restarts, what Adobe says of the colours (SOFn, DHT, DAC, DQT, DRI, APP14)."""
_MOST_SEGMENTS: Final = 4096
"""Cameras write some hundred; each takes time here, too."""
_MOST_HEADER: Final = 64 * 1024
"""Bytes of those in `_PICTURE` before the first scan; a frame and full tables have some 2 KiB."""


def bare(data: bytes) -> tuple[bytes, bytes]:
    """A JPEG without what says nothing of its picture, and its EXIF data, if any.

    Raises ValueError where that has no end.
    """
    kept, exif, at = [b"\xff" + _SOI], b"", len(b"\xff" + _SOI)
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1] == _EOI:
            raise ValueError("no scan")
        if found[1] == _SOS:
            return _joined(kept, data[found.start() :]), exif
        at = found.end() if found[1] == _SOI else _end(data, found)
        segment = data[found.start() : at]
        if found[1][0] in _PICTURE:
            kept.append(segment)
        elif found[1] == _EXIF and segment[4:10] == b"Exif\0\0":
            exif = exif or segment[4:]
    raise ValueError(f"more than {_MOST_SEGMENTS} segments, the limit")


def _joined(header: list[bytes], rest: bytes) -> bytes:
    if sum(map(len, header)) > _MOST_HEADER:
        raise ValueError(f"a header of more than {_MOST_HEADER} bytes, the limit")
    return b"".join([*header, rest])


def goes_over(data: bytes, times: int) -> bool:
    """Whether a JPEG has more scans than so many up to its picture's end, or no end of segments."""
    if data.count(b"\xff" + _SOS) <= times:
        return False
    scans, at = 0, len(b"\xff" + _SOI)
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1] in (_SOI, _EOI):
            return False
        scans += found[1] == _SOS
        if scans > times:
            return True
        at = _end(data, found)
    return True


def _end(data: bytes, marker: re.Match[bytes]) -> int:
    """Of its segment."""
    return marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
