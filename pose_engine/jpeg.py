"""How often a JPEG goes over its picture."""

import re
from typing import Final

_SOI, _EOI, _SOS = b"\xd8", b"\xd9", b"\xda"
_MARKER: Final = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
"""Those that a segment may follow; neither stuffed bytes nor restarts (ITU-T T.81, B.1.1.3)."""


def scans_in(data: bytes) -> int:
    """The scans up to the picture's end; a decoder takes some time for each, however short."""
    scans, at = 0, 0
    while found := _MARKER.search(data, at):
        marker, at = found[1], found.end()
        if marker == _EOI:
            break
        if marker != _SOI:
            scans += marker == _SOS
            at += max(int.from_bytes(data[at : at + 2]), 2)
    return scans
