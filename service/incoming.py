"""A received message -> a control message or an observation, or the error that names its fault."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar, get_args

from pydantic import ValidationError

from blazereps_client.messages import (
    FROM_CLIENT,
    ClientMessage,
    CountingPause,
    CountingReset,
    CountingResume,
    Landmarks,
    LandmarksBatch,
    Ping,
    SessionEnd,
    SessionResume,
    SessionStart,
    SessionUpdate,
)
from blazereps_client.wire import Header, Kind, WireError, seq_of, unpack, unpack_batch
from pose_engine.landmarks import Pose
from service.errors import ServiceError, first_fault, invalid
from service.landmarks import pose_of, unpack_pose
from service.media import Chunk, Observation, Picture

Control = (
    SessionStart
    | SessionResume
    | SessionUpdate
    | CountingPause
    | CountingResume
    | CountingReset
    | Ping
    | SessionEnd
)
Incoming = Control | list[Observation]
T = TypeVar("T")

_TYPES = [one.model_fields["type"].default for one in get_args(get_args(ClientMessage)[0])]


def read_text(text: str, *, max_bytes: int, now_s: float) -> Incoming:
    """Read a JSON message; raises ServiceError."""
    size = len(text.encode())
    if size > max_bytes:
        raise ServiceError(
            "message_too_large", f"a JSON message may have {max_bytes} bytes, not {size}"
        )
    try:
        message = FROM_CLIENT.validate_json(text, strict=True)
    except ValidationError as error:
        raise _invalid(error) from error
    match message:
        case Landmarks():
            with _landmarks(message.seq):
                return [Observation(message.seq, message.at_s, now_s, pose_of(message))]
        case LandmarksBatch(observations=observations):
            with _landmarks(observations[0].seq):
                several = ((one.seq, one.at_s, one) for one in observations)
                return [*_batch(several, pose_of, now_s)]
    return message


def read_binary(data: bytes, *, now_s: float) -> list[Observation]:
    """Read a media message; raises ServiceError. Pictures and video are not decoded yet."""
    try:
        header, payload = unpack(data)
    except WireError as error:
        fault = ServiceError("invalid_header", str(error), field=error.field, seq=seq_of(data))
        raise fault from error
    with _landmarks(header.seq):
        return [*_media(header, payload, now_s)]


def _media(header: Header, payload: bytes, now_s: float) -> Iterator[Observation]:
    seq, at_s = header.seq, header.at_s
    match header.kind:
        case Kind.IMAGE:
            picture = Picture(payload, header.rotation, header.mirrored)
            yield Observation(seq, at_s, now_s, picture, header.late)
        case Kind.VIDEO:
            chunk = Chunk(payload, header.rotation, header.mirrored, header.key)
            yield Observation(seq, at_s, now_s, chunk, header.late)
        case Kind.LANDMARKS:
            yield Observation(seq, at_s, now_s, unpack_pose(payload))
        case Kind.BATCH:
            several = ((seq, at_us / 1e6, packed) for seq, at_us, packed in unpack_batch(payload))
            yield from _batch(several, unpack_pose, now_s)


def _batch(
    several: Iterable[tuple[int, float, T]], read: Callable[[T], Pose | None], now_s: float
) -> Iterator[Observation]:
    """What is wrong with the landmarks of one is told with its place in the batch."""
    for number, (seq, at_s, landmarks) in enumerate(several):
        try:
            pose = read(landmarks)
        except WireError as error:
            place = f"observations.{number}"
            raise WireError(f"{place}.{error.field}", f"{place}: {error}") from error
        yield Observation(seq, at_s, now_s, pose)


@contextmanager
def _landmarks(seq: int) -> Iterator[None]:
    """What is wrong with landmarks is wrong with the whole message of that number."""
    try:
        yield
    except WireError as error:
        fault = ServiceError("invalid_landmarks", str(error), field=error.field, seq=seq)
        raise fault from error


def _invalid(error: ValidationError) -> ServiceError:
    first = first_fault(error, "invalid_message")
    if not first["loc"] and first["type"] != "json_invalid":  # no object, or of no known type
        fault = f"a message is an object whose type is one of {', '.join(_TYPES)}"
        return ServiceError("unknown_type", fault, field="type")
    return invalid(first, "invalid_message", below=1)
