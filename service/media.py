"""What a client shows: a picture, encoded video, landmarks or nobody; and at which moment."""

from dataclasses import dataclass

from pose_engine.landmarks import Pose


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded frame that has not been looked at yet."""

    data: bytes
    rotation: int
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of encoded video that has not been looked at yet."""

    data: bytes
    rotation: int
    mirrored: bool
    key: bool
    """Whether it can be decoded without what came before."""


Media = Picture | Chunk | Pose | None
"""None: nobody is seen."""


def input_of(media: Media) -> str:
    """What a session of such media is started with."""
    match media:
        case Picture():
            return "frames"
        case Chunk():
            return "video"
    return "landmarks"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at one moment: a picture, encoded video, landmarks, or nobody."""

    seq: int
    at_s: float
    received_s: float
    """When it arrived, by the server's clock."""
    seen: Media
    late: bool = False
    """Whether it is looked at however many newer ones wait behind it."""
