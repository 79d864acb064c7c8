"""What a session is given, as the JavaScript client takes it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from pose_engine.landmarks import Pose
from tests.service.fakes import encoded, picture

STEP_S: Final = 0.1
LOSSLESS: Final = {"pacing": "lossless", "outputs": {"state_hz": 0}}
SQUAT: Final = {"exercise": "squat", **LOSSLESS}
VIDEO: Final = {"input": "video", "codec": "vp8", **SQUAT}


def shots(levels: Sequence[int], folder: Path) -> list[dict[str, Any]]:
    """Files of grey pictures."""
    made = []
    for n, level in enumerate(levels):
        file = folder / f"{n}.png"
        file.write_bytes(encoded(level))
        made.append({"file": str(file), "atS": n * STEP_S})
    return made


def observed(pose: Pose | None, at_s: float) -> dict[str, Any]:
    """Landmarks, or nobody."""
    if pose is None:
        return {"atS": at_s, "landmarks": None}
    world = None if pose.world is None else _rows(pose.world)
    return {"atS": at_s, "landmarks": _landmarks(pose), "world": world}


def _landmarks(pose: Pose) -> list[dict[str, float]]:
    seen = zip(_rows(pose.image), pose.visibility, pose.presence, strict=True)
    return [point | {"visibility": float(v), "presence": float(p)} for point, v, p in seen]


def _rows(points: Any) -> list[dict[str, float]]:
    return [dict(zip("xyz", map(float, row), strict=True)) for row in points]


def vp8(levels: Sequence[int]) -> Iterator[tuple[bytes, bool]]:
    """Encoded frames, and whether each is a key frame."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.time_base = Fraction(1, 10)
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0"}
    frames = [av.VideoFrame.from_ndarray(picture(level), "rgb24") for level in levels]
    for packet in (packet for frame in (*frames, None) for packet in encoder.encode(frame)):
        yield bytes(packet), packet.is_keyframe
