"""What H.264 says of its pictures before the first is decoded: its sequence parameter sets.

FFmpeg checks the size of what is shown, and allocates what is coded, which may be as much larger as
the set crops away.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BEGIN: Final = b"\0\0\1"
"""Of a unit in Annex B (ITU-T H.264, B.1)."""
_SPS: Final = re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67]")
"""Of one of type 7 (7.3.1)."""
_MOST_SETS: Final = 32
"""So many can be told apart (7.4.2.1.1)."""
_MOST_BYTES: Final = 2048
"""Of one, up to the size: with scaling lists, coded at their longest."""
_HIGH: Final = (44, 83, 86, 100, 110, 118, 122, 128, 138, 139, 134, 135, 144, 244)
"""Profiles that tell of the colours (7.3.2.1.1)."""
_SAMPLES: Final = (1.0, 1.5, 2.0, 3.0)
"""A pixel, by `chroma_format_idc` (table 6-1)."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Pictures as they lie in memory: whole macroblocks, nothing cropped away."""

    width: int
    height: int
    bytes_a_pixel: float


def sequences_in(data: bytes) -> Iterator[Sequence]:
    """Those that an access unit in Annex B begins; raises ValueError for one that is damaged.

    FFmpeg takes one that it cannot read for one without escaping: both readings are given.
    """
    for number, found in enumerate(_SPS.finditer(data)):
        if number == _MOST_SETS:
            raise ValueError(f"more than {_MOST_SETS} sequence parameter sets, the limit")
        raw, _, _ = data[found.end() : found.end() + _MOST_BYTES].partition(_BEGIN)
        escaped = raw.replace(b"\0\0\3", b"\0\0")
        yield _read(escaped)
        if escaped != raw:
            try:
                other = _read(raw)
            except ValueError:
                continue
            yield other


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._number, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """u(n)"""
        self._left -= count
        if self._left < 0:
            raise ValueError("a sequence parameter set is cut off")
        return self._number >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """ue(v), 9.1"""
        zeros = self._left - (self._number & ((1 << self._left) - 1)).bit_length()
        return self.take(2 * zeros + 1) - 1

    def signed(self) -> int:
        """se(v), 9.1.1"""
        number = self.golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def _read(data: bytes) -> Sequence:
    """7.3.2.1.1"""
    bits = _Bits(data)
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    bytes_a_pixel = _colours(bits) if profile in _HIGH else _SAMPLES[1]
    bits.golomb()
    _pass_order(bits)
    bits.golomb()
    bits.take(1)
    width, height = 16 * (bits.golomb() + 1), 16 * (bits.golomb() + 1)
    return Sequence(width, height if bits.take(1) else 2 * height, bytes_a_pixel)


def _colours(bits: _Bits) -> float:
    chroma = bits.golomb()
    if chroma >= len(_SAMPLES):
        raise ValueError("a sequence parameter set is damaged")
    if chroma == 3:
        bits.take(1)
    deep = max(bits.golomb(), bits.golomb()) > 0
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _pass_scaling(bits, 16 if number < 6 else 64)
    return _SAMPLES[chroma] * (2 if deep else 1)


def _pass_scaling(bits: _Bits, size: int) -> None:
    """7.3.2.1.1.1"""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _pass_order(bits: _Bits) -> None:
    """The type of picture order count, and what goes with it."""
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 256)):
            bits.signed()
