"""A received message -> a control message or an observation, or the error that names its fault."""

from collections.abc import Iterator

from pydantic import ValidationError

from blazereps_client.messages import (
    FROM_CLIENT,
    CountingPause,
    CountingReset,
    CountingResume,
    Landmarks,
    LandmarksBatch,
    Observed,
    Ping,
    SessionEnd,
    SessionResume,
    SessionStart,
    SessionUpdate,
)
from blazereps_client.wire import Header, Kind, WireError, seq_of, unpack, unpack_batch
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


def read_text(text: str, *, max_bytes: int, now_s: float) -> Incoming:
    """Read a JSON message; raises ServiceError."""
    size = len(text.encode())
    if size > max_bytes:
        raise ServiceError(
            "message_too_large", f"a JSON message may have {max_bytes} bytes, not {size}"
        )
    try:
        message = FROM_CLIENT.validate_json(text)
    except ValidationError as error:
        raise _invalid(error) from error
    match message:
        case Landmarks():
            return [_observation(message, now_s)]
        case LandmarksBatch(observations=observations):
            return [_observation(one, now_s) for one in observations]
    return message


def read_binary(data: bytes, *, now_s: float) -> list[Observation]:
    """Read a media message; raises ServiceError. Pictures and video are not decoded yet."""
    try:
        header, payload = unpack(data)
    except WireError as error:
        fault = ServiceError("invalid_header", str(error), field=error.field, seq=seq_of(data))
        raise fault from error
    try:
        return [*_media(header, payload, now_s)]
    except WireError as error:
        raise _bad_landmarks(error, header.seq) from error


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
            for seq, capture_us, packed in unpack_batch(payload):
                yield Observation(seq, capture_us / 1e6, now_s, unpack_pose(packed))


def _observation(message: Observed, now_s: float) -> Observation:
    try:
        return Observation(message.seq, message.at_s, now_s, pose_of(message))
    except WireError as error:
        raise _bad_landmarks(error, message.seq) from error


def _bad_landmarks(error: WireError, seq: int) -> ServiceError:
    return ServiceError("invalid_landmarks", str(error), field=error.field, seq=seq)


def _invalid(error: ValidationError) -> ServiceError:
    first = first_fault(error, "invalid_message")
    if not first["loc"] and first["type"] != "json_invalid":  # no object, or of no known type
        return ServiceError("unknown_type", first["msg"], field="type")
    return invalid(first, "invalid_message", below=1)
