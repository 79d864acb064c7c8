"""Which pictures of H.264 no other one is decoded from: one that is not wanted can be left out."""

from collections.abc import Callable
from typing import Final

Disposable = Callable[[memoryview], bool]

_AVCC: Final = 1
_SLICES: Final = range(1, 6)


def never(_: memoryview) -> bool:
    """Of what cannot be told."""
    return False


def disposable_in(extradata: bytes | None) -> Disposable:
    """Tells of a stream's packets, each one picture, whether others need it (`nal_ref_idc`).

    `extradata`: the stream's, an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) where
    packets can be read: NAL units (ITU-T H.264, 7.3.1) after their lengths.
    """
    if not extradata or len(extradata) < 5 or extradata[0] != _AVCC:
        return never
    size = (extradata[4] & 3) + 1

    def disposable(packet: memoryview) -> bool:
        start, slices = 0, 0
        while start + size < len(packet):
            header = packet[start + size]
            if header & 31 in _SLICES:
                if header >> 5 & 3:
                    return False
                slices += 1
            start += size + int.from_bytes(packet[start : start + size])
        return slices > 0

    return disposable
