"""How often a JPEG goes over its picture: a decoder takes time for each scan, however short."""

import re
from typing import Final

_SOI, _EOI, _SOS = b"\xd8", b"\xd9", b"\xda"
_MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""Those that a segment may follow; neither stuffed bytes nor restarts (ITU-T T.81, B.1.1.3).

What is reserved is none either: within a scan decoders pass over the two bytes alone."""
_MOST_SEGMENTS: Final = 4096
"""Cameras write some hundred; each takes time here, too."""


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
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return True
