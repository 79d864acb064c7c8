"""Landmarks that come in, as poses of the core."""

import numpy as np
from numpy.typing import NDArray

from blazereps_client.messages import Sighting
from blazereps_client.wire import (
    MAX_COORDINATE,
    POINTS_BYTES,
    WORLD_BYTES,
    WireError,
    pack_landmarks,
)
from pose_engine.landmarks import LANDMARK_COUNT, Landmark, Pose

_AXES = ("x", "y", "z", "visibility", "presence")
_LOW = np.array([-MAX_COORDINATE] * 3 + [0, 0])
_HIGH = np.array([MAX_COORDINATE] * 3 + [1, 1])


def pack_pose(pose: Pose | None) -> bytes:
    """The payload of a landmarks message."""
    if pose is None:
        return b""
    points = np.column_stack((pose.image, pose.visibility, pose.presence))
    return pack_landmarks(points.tolist(), None if pose.world is None else pose.world.tolist())


def unpack_pose(payload: bytes) -> Pose | None:
    """The pose in the payload of a landmarks message; raises `WireError`."""
    if not payload:
        return None
    if len(payload) not in (POINTS_BYTES, POINTS_BYTES + WORLD_BYTES):
        raise WireError(
            "payload",
            f"landmarks take 0, {POINTS_BYTES} or {POINTS_BYTES + WORLD_BYTES} bytes, "
            f"not {len(payload)}",
        )
    numbers = np.frombuffer(payload, dtype="<f4")
    points, world = numbers[: LANDMARK_COUNT * 5], numbers[LANDMARK_COUNT * 5 :]
    return make_pose(points.reshape(-1, 5), world.reshape(-1, 3) if world.size else None)


def pose_of(sighting: Sighting) -> Pose | None:
    """The pose that was sent as JSON, in pixels; raises `WireError`."""
    if sighting.points is None:
        return None
    if len({len(point) for point in sighting.points}) > 1:
        raise WireError("points", "points must all have as many numbers as the first")
    points, world = np.array(sighting.points), sighting.world
    if sighting.size is not None:
        width, height = sighting.size
        points[:, :3] *= (width, height, width)
    return make_pose(points, None if world is None else np.array(world))


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
    low, high = _LOW[: table.shape[1]], _HIGH[: table.shape[1]]
    right = (table >= low) & (table <= high)
    if not right.all():
        row, column = map(int, np.argwhere(~right)[0])
        field = f"{name}.{row}.{column}"
        what = f"{Landmark(row).name.lower()} {_AXES[column]}"
        raise WireError(
            field,
            f"{field} ({what}) must be a finite number from {low[column]:g} to {high[column]:g}, "
            f"not {table[row, column]}",
        )
