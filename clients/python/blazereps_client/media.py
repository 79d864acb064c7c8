"""What is observed: an image, a piece of encoded video, or the landmarks of one person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, cast

from blazereps_client.wire import MAX_CAPTURE_US, Header, Kind, Rows, WireError, pack_landmarks

Size = tuple[float, float]
"""Width and height."""


@dataclass(frozen=True, slots=True)
class ImageAt:
    """An encoded image and when it was taken, in seconds from any origin."""

    at_s: float
    data: bytes
    """A JPEG, PNG or WebP file."""
    rotation: int = 0
    """Degrees clockwise that make it upright: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Whether left and right are swapped, as in a selfie preview."""


@dataclass(frozen=True, slots=True)
class VideoAt:
    """One access unit of H.264 in Annex B, or one frame of VP8 or VP9, and when it was taken."""

    at_s: float
    data: bytes
    key: bool
    """Whether it can be decoded without what came before."""
    rotation: int = 0
    mirrored: bool = False


class Landmark(Protocol):
    """A landmark as MediaPipe gives it."""

    @property
    def x(self) -> float:
        """To the right."""

    @property
    def y(self) -> float:
        """Down."""

    @property
    def z(self) -> float:
        """Away from the camera."""


Points = Sequence[Sequence[float] | Landmark]


@dataclass(frozen=True, slots=True, eq=False)
class PoseAt:
    """33 landmarks in MediaPipe's order, or None for nobody, and when they were seen."""

    at_s: float
    points: Points | None
    """Rows of x, y, z and, where there are any, visibility and presence; or MediaPipe's objects."""
    world: Points | None = None
    """The same in metres, x, y, z alone."""
    size: Size | None = None
    """Of the upright picture in pixels, where `points` are shares of it, as MediaPipe's are; else
    they are in pixels."""

    @classmethod
    def from_mediapipe(cls, at_s: float, result: object, size: Size) -> Self:
        """The first person of a PoseLandmarker's result, or the one of Pose.process.

        `size`: width and height in pixels of the picture that MediaPipe was given.
        """
        points = _first_person(getattr(result, "pose_landmarks", None))
        world = _first_person(getattr(result, "pose_world_landmarks", None))
        return cls(at_s, points, world if points is not None else None, size)

    def pack(self) -> bytes:
        """The payload of a landmarks message; raises WireError."""
        if self.points is None:
            return b""
        rows = [_row(point) for point in self.points]
        world = None if self.world is None else [_row(point)[:3] for point in self.world]
        return pack_landmarks(rows if self.size is None else _scaled(rows, self.size), world)


Media = ImageAt | VideoAt | PoseAt


def capture_us(media: Media) -> int:
    """When it was taken, in microseconds; raises WireError."""
    if not 0 <= media.at_s <= MAX_CAPTURE_US / 1e6:  # NaN is neither
        fault = f"at_s must be 0 to {MAX_CAPTURE_US / 1e6:.0f} seconds, not {media.at_s}"
        raise WireError("at_s", fault)
    return round(media.at_s * 1e6)


def encode(media: Media, seq: int) -> bytes:
    """The binary message of one observation; raises WireError."""
    at_us = capture_us(media)
    match media:
        case ImageAt():
            header = Header(Kind.IMAGE, seq, at_us, media.rotation, media.mirrored)
            return header.pack() + media.data
        case VideoAt():
            header = Header(Kind.VIDEO, seq, at_us, media.rotation, media.mirrored, media.key)
            return header.pack() + media.data
        case PoseAt():
            return Header(Kind.LANDMARKS, seq, at_us).pack() + media.pack()


def _first_person(found: object) -> Points | None:
    """The landmarks themselves: PoseLandmarker gives a list of people, Pose.process one person."""
    if not found:
        return None
    landmarks: Iterable[Landmark] | None = getattr(found, "landmark", None)
    if landmarks is None:
        landmarks = found[0]  # type: ignore[index]  # of a library that is not there
    return [*landmarks]


def _row(point: Sequence[float] | Landmark) -> Sequence[float]:
    if isinstance(point, Sequence) or not hasattr(point, "x"):  # a row of an array is no Sequence
        return cast(Sequence[float], point)
    visibility = getattr(point, "visibility", None)  # None, or not there, where it is not known
    known = () if visibility is None else (visibility,)
    return (point.x, point.y, point.z, *known)


def _scaled(rows: Rows, size: Size) -> Rows:
    """In pixels; z is a share of the width."""
    width, height = size
    return [(x * width, y * height, z * width, *others) for x, y, z, *others in rows]
