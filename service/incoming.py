"""A received message -> a control message or an observation, or the error that names its fault."""

import numpy as np
from pydantic import ValidationError

from pose_engine.landmarks import Pose
from service.errors import ServiceError
from service.messages import FROM_CLIENT, Landmarks, Ping, SessionEnd, SessionStart
from service.stream import Observation, Picture
from service.wire import Kind, WireError, make_pose, unpack, unpack_pose

Control = SessionStart | SessionEnd | Ping


def read_text(text: str, *, max_bytes: int, now_s: float) -> Control | Observation:
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
    if not isinstance(message, Landmarks):
        return message
    return Observation(message.seq, message.at_s, now_s, _pose(message))


def read_binary(data: bytes, *, now_s: float) -> Observation:
    """Read a media message; raises ServiceError. A picture is not decoded yet."""
    try:
        header, payload = unpack(data)
    except WireError as error:
        raise ServiceError("invalid_header", str(error), field=error.field) from error
    if header.kind is Kind.IMAGE:
        picture = Picture(payload, header.rotation, header.mirrored)
        return Observation(header.seq, header.at_s, now_s, picture)
    try:
        return Observation(header.seq, header.at_s, now_s, unpack_pose(payload))
    except WireError as error:
        raise _bad_landmarks(error, header.seq) from error


def _pose(message: Landmarks) -> Pose | None:
    if message.points is None:
        return None
    if len({len(point) for point in message.points}) > 1:
        fault = WireError("points", "points must all have as many numbers as the first")
        raise _bad_landmarks(fault, message.seq)
    world = None if message.world is None else np.array(message.world)
    try:
        return make_pose(np.array(message.points), world)
    except WireError as error:
        raise _bad_landmarks(error, message.seq) from error


def _bad_landmarks(error: WireError, seq: int) -> ServiceError:
    return ServiceError("invalid_landmarks", str(error), field=error.field, seq=seq)


def _invalid(error: ValidationError) -> ServiceError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return ServiceError("invalid_json", first["msg"])
    if first["type"].startswith("union_tag"):
        return ServiceError("unknown_type", first["msg"], field="type")
    field = ".".join(str(part) for part in first["loc"][1:])
    return ServiceError("invalid_message", f"{field}: {first['msg']}", field=field)
