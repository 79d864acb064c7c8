"""Binary media messages: a fixed 16-byte header, then an image or 33 landmarks."""

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pose_engine.landmarks import LANDMARK_COUNT, Landmark, Pose

VERSION = 1
HEADER = struct.Struct("<BBHIQ")
"""Little-endian: version u8, kind u8, flags u16, seq u32, capture time u64 in microseconds."""

MAX_SEQ = 2**32 - 1
MAX_CAPTURE_US = 2**53
"""285 years, and exact in the floating-point seconds that events are given in."""
MAX_COORDINATE = 1e6
"""No picture is a million pixels wide; beyond it arithmetic in float32 loses its meaning."""

_ROTATION = 0b0011
_MIRRORED = 0b0100
_AXES = ("x", "y", "z", "visibility", "presence")
_PLAIN_BYTES = LANDMARK_COUNT * 5 * 4
_WORLD_BYTES = LANDMARK_COUNT * 3 * 4


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

    @property
    def at_s(self) -> float:
        """The capture time in seconds."""
        return self.capture_us / 1e6

    def pack(self) -> bytes:
        """The 16 bytes."""
        flags = self.rotation // 90 | (_MIRRORED if self.mirrored else 0)
        return HEADER.pack(VERSION, self.kind, flags, self.seq, self.capture_us)


def unpack(message: bytes) -> tuple[Header, bytes]:
    """Split a binary message into header and payload; raises `WireError`."""
    if len(message) < HEADER.size:
        raise WireError("header", f"a header has {HEADER.size} bytes, not {len(message)}")
    version, kind, flags, seq, capture_us = HEADER.unpack_from(message)
    if version != VERSION:
        raise WireError("version", f"version must be {VERSION}, not {version}")
    if kind not in Kind.__members__.values():
        raise WireError("kind", f"kind must be 1 (image) or 2 (landmarks), not {kind}")
    if flags & ~(_ROTATION | _MIRRORED):
        raise WireError("flags", f"flags 0x{flags:04x} has bits set beyond rotation and mirrored")
    if capture_us > MAX_CAPTURE_US:
        raise WireError("capture_us", f"capture_us must be at most {MAX_CAPTURE_US}")
    rotation = (flags & _ROTATION) * 90
    header = Header(Kind(kind), seq, capture_us, rotation, bool(flags & _MIRRORED))
    return header, message[HEADER.size :]


def pack_pose(pose: Pose | None) -> bytes:
    """The payload of a landmarks message."""
    if pose is None:
        return b""
    points = np.column_stack((pose.image, pose.visibility, pose.presence))
    world = b"" if pose.world is None else pose.world.astype("<f4").tobytes()
    return points.astype("<f4").tobytes() + world


def unpack_pose(payload: bytes) -> Pose | None:
    """The pose in the payload of a landmarks message; raises `WireError`."""
    if not payload:
        return None
    if len(payload) not in (_PLAIN_BYTES, _PLAIN_BYTES + _WORLD_BYTES):
        raise WireError(
            "payload",
            f"landmarks take 0, {_PLAIN_BYTES} or {_PLAIN_BYTES + _WORLD_BYTES} bytes, "
            f"not {len(payload)}",
        )
    numbers = np.frombuffer(payload, dtype="<f4")
    points, world = np.split(numbers, [LANDMARK_COUNT * 5])
    return make_pose(points.reshape(-1, 5), world.reshape(-1, 3) if world.size else None)


def make_pose(points: NDArray[np.floating], world: NDArray[np.floating] | None) -> Pose:
    """A pose from 33 rows of x, y, z and, where the sender has them, visibility and presence.

    A visibility that is not given is taken as 1 and a presence as the visibility. Raises
    `WireError` naming the landmark and axis whose number is not finite or out of range.
    """
    _check("points", points, min_columns=3, max_columns=5)
    if world is not None:
        _check("world", world, min_columns=3, max_columns=3)
    numbers = points.astype(np.float32)
    visibility = numbers[:, 3] if numbers.shape[1] > 3 else np.ones(LANDMARK_COUNT, np.float32)
    return Pose(
        image=np.ascontiguousarray(numbers[:, :3]),
        world=None if world is None else world.astype(np.float32),
        visibility=np.ascontiguousarray(visibility),
        presence=np.ascontiguousarray(numbers[:, 4] if numbers.shape[1] > 4 else visibility),
    )


def _check(name: str, table: NDArray[np.floating], *, min_columns: int, max_columns: int) -> None:
    if table.ndim != 2 or len(table) != LANDMARK_COUNT:
        raise WireError(name, f"{name} must have {LANDMARK_COUNT} rows of equal length")
    if not min_columns <= table.shape[1] <= max_columns:
        raise WireError(name, f"{name} must have {min_columns} to {max_columns} numbers a row")
    low = np.array([-MAX_COORDINATE] * 3 + [0, 0])[: table.shape[1]]
    high = np.array([MAX_COORDINATE] * 3 + [1, 1])[: table.shape[1]]
    wrong = np.argwhere(~((table >= low) & (table <= high)))
    if len(wrong):
        row, column = map(int, wrong[0])
        field = f"{name}.{row}.{column}"
        what = f"{Landmark(row).name.lower()} {_AXES[column]}"
        raise WireError(
            field,
            f"{field} ({what}) must be a finite number from {low[column]:g} to {high[column]:g}, "
            f"not {table[row, column]}",
        )
