"""Binary media messages: a fixed 16-byte header, then an image or 33 landmarks."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain, count

VERSION = 1
HEADER = struct.Struct("<BBHIQ")
"""Little-endian: version u8, kind u8, flags u16, seq u32, capture time u64 in microseconds."""

MAX_SEQ = 2**32 - 1
MAX_CAPTURE_US = 2**53
"""285 years, and exact in the floating-point seconds that events are given in."""
MAX_COORDINATE = 1e6
"""No picture is a million pixels wide; beyond it arithmetic in float32 loses its meaning."""
MAX_SIDE_PX = 1e5
"""Of the picture that normalized landmarks are shares of."""
MAX_BATCH = 64
"""Observations in one message."""
LANDMARK_COUNT = 33
"""BlazePose's, in MediaPipe's order."""
POINTS_BYTES = LANDMARK_COUNT * 5 * 4
WORLD_BYTES = LANDMARK_COUNT * 3 * 4

_ROTATION = 0b00011
_MIRRORED = 0b00100
_KEY = 0b01000
_LATE = 0b10000

Rows = Sequence[Sequence[float]]


class WireError(ValueError):
    """A media message that breaks the layout; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Kind(IntEnum):
    """What follows the header."""

    IMAGE = 1
    """A JPEG, PNG or WebP file."""
    LANDMARKS = 2
    """33 x (x, y, z, visibility, presence) float32, then 33 x (x, y, z) world metres or nothing;
    or nothing at all: nobody is seen."""
    VIDEO = 3
    """One access unit of H.264 in Annex B, or one frame of VP8 or VP9."""
    BATCH = 4
    """Several landmarks, each after a small header of its own, see `unpack_batch`."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is said of one frame or set of landmarks."""

    kind: Kind
    seq: int
    """The client's own number, repeated in acks and errors."""
    capture_us: int
    """When it was taken, in microseconds from any origin."""
    rotation: int = 0
    """Degrees clockwise that make the picture upright: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Whether left and right are swapped, as in a selfie preview."""
    key: bool = False
    """Whether encoded video can be decoded from here on without what came before."""
    late: bool = False
    """Whether live media, held up by a lost connection, is looked at though newer waits."""

    @property
    def at_s(self) -> float:
        """The capture time in seconds."""
        return self.capture_us / 1e6

    def pack(self) -> bytes:
        """The 16 bytes; raises `WireError`."""
        if self.rotation not in (0, 90, 180, 270):
            raise WireError("rotation", f"rotation must be 0, 90, 180 or 270, not {self.rotation}")
        flags = self.rotation // 90
        flags |= _MIRRORED * self.mirrored | _KEY * self.key | _LATE * self.late
        return HEADER.pack(VERSION, self.kind, flags, self.seq, self.capture_us)


def unpack(message: bytes) -> tuple[Header, bytes]:
    """Split a binary message into header and payload; raises `WireError`."""
    if len(message) < HEADER.size:
        raise WireError("header", f"a header has {HEADER.size} bytes, not {len(message)}")
    version, kind, flags, seq, capture_us = HEADER.unpack_from(message)
    if version != VERSION:
        raise WireError("version", f"version must be {VERSION}, not {version}")
    if kind not in Kind.__members__.values():
        named = ", ".join(f"{one.value} ({one.name.lower()})" for one in Kind)
        raise WireError("kind", f"kind must be one of {named}, not {kind}")
    if flags & ~(_ROTATION | _MIRRORED | _KEY | _LATE):
        fault = f"flags 0x{flags:04x} has bits set beyond rotation, mirrored, key frame and late"
        raise WireError("flags", fault)
    if capture_us > MAX_CAPTURE_US:
        raise WireError("capture_us", f"capture_us must be at most {MAX_CAPTURE_US}")
    rotation = (flags & _ROTATION) * 90
    marks = (bool(flags & mark) for mark in (_MIRRORED, _KEY, _LATE))
    return Header(Kind(kind), seq, capture_us, rotation, *marks), message[HEADER.size :]


def seq_of(message: bytes) -> int | None:
    """The seq of a media message whose header may be wrong otherwise; None where it has none."""
    whole = len(message) >= HEADER.size and message[0] == VERSION
    return HEADER.unpack_from(message)[3] if whole else None


def marked_late(message: bytes) -> bytes:
    """The same media message with `Header.late` set."""
    version, kind, flags, seq, capture_us = HEADER.unpack_from(message)
    return HEADER.pack(version, kind, flags | _LATE, seq, capture_us) + message[HEADER.size :]


ENTRY = struct.Struct("<IB3sQ")
"""Of each observation in a batch, little-endian: seq u32, content u8, three zero bytes, capture
time u64 in microseconds. Content 0: nobody, 1: points, 2: points and world; they follow at once."""
_ZEROS = bytes(3)
_CONTENT_BYTES = (0, POINTS_BYTES, POINTS_BYTES + WORLD_BYTES)


def pack_batch(observations: Sequence[tuple[int, int, bytes]]) -> bytes:
    """A whole message of observations, each seq, capture time in microseconds and its landmarks'
    payload; raises `WireError`."""
    if not 1 <= len(observations) <= MAX_BATCH:
        raise WireError("payload", f"a batch has 1 to {MAX_BATCH} observations")
    seq, capture_us, _ = observations[0]
    parts = [Header(Kind.BATCH, seq, capture_us).pack()]
    for seq, capture_us, payload in observations:
        content = _CONTENT_BYTES.index(len(payload))
        parts += [ENTRY.pack(seq, content, _ZEROS, capture_us), payload]
    return b"".join(parts)


def unpack_batch(payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The inverse of `pack_batch`, given what follows the header; raises `WireError`."""
    at = 0
    for number in count():
        if number == MAX_BATCH:
            raise WireError("payload", f"a batch has 1 to {MAX_BATCH} observations")
        place, start = f"observations.{number}", at + ENTRY.size
        if start > len(payload):
            raise WireError(place, f"{place} is cut off")
        seq, content, zeros, capture_us = ENTRY.unpack_from(payload, at)
        if content >= len(_CONTENT_BYTES):
            raise WireError(f"{place}.content", f"{place}.content must be 0, 1 or 2, not {content}")
        if zeros != _ZEROS:
            raise WireError(place, f"{place}: the three bytes after content must be zero")
        if capture_us > MAX_CAPTURE_US:
            fault = f"{place}.capture_us must be at most {MAX_CAPTURE_US}"
            raise WireError(f"{place}.capture_us", fault)
        at = start + _CONTENT_BYTES[content]
        if at > len(payload):
            raise WireError(place, f"{place} is cut off")
        yield seq, capture_us, payload[start:at]
        if at == len(payload):
            return


def pack_landmarks(points: Rows | None, world: Rows | None = None) -> bytes:
    """The payload of 33 landmarks, or of nobody; raises `WireError`.

    `points`: rows of x, y, z and, where there are any, visibility and presence. A visibility that
    is not given is taken as 1 and a presence as the visibility. `world`: rows of x, y, z in metres.
    """
    if points is None:
        return b""
    packed = _floats("points", [_full(row) for row in points], 5)
    return packed if world is None else packed + _floats("world", world, 3)


def _full(row: Sequence[float]) -> Sequence[float]:
    """With the visibility and the presence that were left out."""
    if len(row) == 3:
        return (*row, 1.0, 1.0)
    return (*row, row[3]) if len(row) == 4 else row


def _floats(name: str, rows: Rows, columns: int) -> bytes:
    if len(rows) != LANDMARK_COUNT or any(len(row) != columns for row in rows):
        raise WireError(name, f"{name} must have {LANDMARK_COUNT} rows of {columns} numbers")
    try:
        return struct.pack(f"<{LANDMARK_COUNT * columns}f", *chain.from_iterable(rows))
    except (struct.error, OverflowError) as error:
        raise WireError(name, f"{name} must be numbers of float32: {error}") from error
