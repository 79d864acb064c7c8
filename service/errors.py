"""Every error: its code, its HTTP status as a problem (RFC 9457) and its WebSocket close code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from blazereps_client.messages import ErrorMessage
from pose_engine.footage import ClipError
from pose_engine.frames import FrameError
from service.database import AWAY
from service.logs import get_logger
from service.sessions import SessionsAway

log = get_logger(__name__)

UNAVAILABLE: Final = (*AWAY, SessionsAway)
"""What is answered as `unavailable`: the database, or the file of live sessions, may come back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one error is answered."""

    status: int
    title: str
    close_code: int | None = None
    """The close code that follows in a live session; None: the session goes on."""


_MEDIA = {
    "too_many_bytes": Rule(413, "Too many bytes"),
    "too_many_pixels": Rule(413, "Too many pixels"),
    "side_too_long": Rule(413, "A side is too long"),
    "side_too_short": Rule(422, "A side is too short"),
    "unsupported_format": Rule(415, "Not a supported format"),
    "damaged": Rule(422, "Truncated or damaged"),
}
_CLIP = {
    "unsupported_codec": Rule(415, "Not a supported video codec"),
    "no_video": Rule(422, "No video in it"),
    "no_frames": Rule(422, "No frame that can be read"),
    "no_times": Rule(422, "No times of its frames"),
    "too_many_streams": Rule(422, "Too many streams"),
    "too_long": Rule(413, "Too long"),
    "too_many_fps": Rule(422, "Too many frames a second"),
    "decoder_crashed": Rule(422, "Decoding it crashed"),
    "decoder_memory": Rule(422, "Decoding it takes too much memory"),
    "decoder_time": Rule(422, "Decoding it takes too long"),
    "gave_up": Rule(422, "Tried too often"),
}
_LIVE = {
    "invalid_json": Rule(422, "Not JSON"),
    "unknown_type": Rule(422, "No such message type"),
    "invalid_message": Rule(422, "Not a valid message"),
    "invalid_header": Rule(422, "Not a valid media header"),
    "invalid_landmarks": Rule(422, "Not valid landmarks"),
    "time_went_backwards": Rule(422, "Capture times must increase"),
    "seq_went_backwards": Rule(422, "Sequence numbers must increase"),
    "wrong_input": Rule(422, "Not the input the session was started with"),
    "message_too_large": Rule(413, "Message too large"),
    "already_started": Rule(409, "The session has started already"),
    "start_expected": Rule(422, "session.start or session.resume must come first", 1008),
    "unsupported_version": Rule(400, "No such version of the protocol"),
    "unknown_session": Rule(404, "No such session to resume", 4404),
    "superseded": Rule(409, "Another connection has resumed the session", 4409),
    "flood": Rule(429, "Too many messages a second", 4429),
    "shutting_down": Rule(503, "The server is shutting down", 1012),
    "unknown_exercise": Rule(404, "No such exercise", 4404),
    "idle": Rule(408, "Nothing was sent for too long", 4408),
    "session_too_long": Rule(408, "The session reached its longest life", 4408),
    "origin_not_allowed": Rule(403, "Pages of this origin may not connect", 1008),
    "over_capacity": Rule(503, "No place is free", 1013),
}
_REST = {
    "unauthorized": Rule(401, "Not authenticated", 4401),
    "scope_missing": Rule(403, "Not what the key or token is good for", 4403),
    "key_only": Rule(403, "A key is needed for this"),
    "not_found": Rule(404, "Not found"),
    "already_exists": Rule(409, "There is one already"),
    "conflict": Rule(409, "What it belongs to has changed or gone meanwhile"),
    "too_many": Rule(409, "So many are allowed and no more"),
    "method_not_allowed": Rule(405, "Method not allowed"),
    "invalid_request": Rule(422, "Not a valid request"),
    "precondition_failed": Rule(412, "It has changed meanwhile"),
    "precondition_required": Rule(428, "The change must say what it changes"),
    "switched_off": Rule(409, "The endpoint is switched off"),
    "wrong_offset": Rule(409, "Not where the upload ends"),
    "too_many_observations": Rule(413, "Too many observations"),
    "idempotency_mismatch": Rule(422, "Another request has had this Idempotency-Key"),
    "idempotency_in_progress": Rule(409, "The request with this Idempotency-Key is under way"),
    "told_once": Rule(409, "Done before, and answered with what is told once"),
    "too_many_requests": Rule(429, "Too many requests a minute"),
    "quota_exceeded": Rule(429, "The quota of the day is used up"),
    "upload_complete": Rule(409, "The upload is complete"),
    "invalid_upload": Rule(400, "Not a valid upload"),
    "unsupported_tus": Rule(412, "No such version of tus"),
    "wrong_content_type": Rule(415, "Not the content type for this"),
    "gone": Rule(410, "Given up, or expired"),
    "no_landmarks": Rule(404, "No landmarks are kept"),
    "queue_full": Rule(429, "The queue is full"),
    "unavailable": Rule(503, "What is kept cannot be used now", 1013),
    "internal": Rule(500, "Internal error", 1011),
}

ERRORS: Final[Mapping[str, Rule]] = MappingProxyType(_MEDIA | _CLIP | _LIVE | _REST)
"""The one table."""


ALLOWED: Final = ("unauthorized", "scope_missing")
"""What every endpoint that asks who calls can answer."""
KEY_ONLY: Final = (*ALLOWED, "key_only")
"""And those that want a key."""


MAX_FAULTS: Final = 1000

_IN_JSON: Final = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    **dict.fromkeys(("tuple_type", "list_type", "frozen_set_type"), "must be an array"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must be an object"),
}
"""What is said of a fault, by pydantic's name for it."""


class Problem(BaseModel):
    """An error as RFC 9457 has it."""

    type: str = Field(examples=["urn:problem-type:blazereps:too_many_bytes"])
    title: str = Field(examples=["Too many bytes"])
    status: int = Field(examples=[413])
    detail: str = Field(examples=["an image may have at most 4194304 bytes, not 9000000"])
    code: str = Field(examples=["too_many_bytes"])
    field: str | None = Field(default=None, examples=["file"])


class ServiceError(Exception):
    """An error with a code of the table; the text names the limit or the field."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        seq: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
        self.seq = seq
        self.retry_after_s = retry_after_s

    @property
    def rule(self) -> Rule:
        """How it is answered."""
        return ERRORS[self.code]

    @property
    def problem(self) -> Problem:
        """It as a problem document."""
        return Problem(
            type=f"urn:problem-type:blazereps:{self.code}",
            title=self.rule.title,
            status=self.rule.status,
            detail=str(self),
            code=self.code,
            field=self.field,
        )

    def told(self, *, recoverable: bool) -> ErrorMessage:
        """It as the client of a live session is told it."""
        return ErrorMessage(
            code=self.code,
            message=str(self),
            recoverable=recoverable,
            field=self.field,
            seq=self.seq,
        )

    def response(self) -> JSONResponse:
        """It as an HTTP response."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.rule.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(
            self.problem.model_dump(exclude_none=True),
            self.rule.status,
            headers,
            media_type="application/problem+json",
        )


def internal_error() -> ServiceError:
    """A fault of ours: nothing of it is told outside."""
    return ServiceError("internal", "the server failed; its log says why")


def unavailable(error: Exception, what: str = "the database") -> ServiceError:
    """What is kept cannot be reached, by one of `UNAVAILABLE` or by time."""
    log.error(f"{what} cannot be used", exc_info=error)
    fault = f"{what} cannot be used now; the server's log says why"
    return ServiceError("unavailable", fault, retry_after_s=5)


def first_fault(error: ValidationError, code: str) -> ErrorDetails:
    """What is wrong first in JSON that pydantic refuses.

    Raises ServiceError with the code where so much is wrong that it is not looked at: pydantic
    gives one fault away with all the others only, and takes 4 us for each.
    """
    if error.error_count() > MAX_FAULTS:
        raise ServiceError(code, f"{error.error_count()} fields are wrong or unknown") from None
    return error.errors(include_url=False, include_input=False)[0]


def said(fault: Mapping[str, Any]) -> str:
    """What pydantic says of a fault, in JSON's terms and not Python's."""
    message: str = fault["msg"]
    plain = re.sub("^Value error, | after validation|, unable to .*$", "", message)
    return _IN_JSON.get(fault["type"], re.sub(r"^\w+ should", "must", plain))


def invalid(fault: ErrorDetails, code: str, *, below: int = 0) -> ServiceError:
    """What is wrong in JSON: that it is none (`invalid_json`), or a field (`code`).

    `below`: so many parts of the field's path are left out.
    """
    if fault["type"] == "json_invalid":
        return ServiceError("invalid_json", fault["msg"])
    field = ".".join(str(part) for part in fault["loc"][below:])
    return ServiceError(code, f"{field}: {said(fault)}", field=field)


def media_error(
    error: FrameError | ClipError, *, field: str = "file", seq: int | None = None
) -> ServiceError:
    """An image, clip or piece of video that the engine refuses, in the table's terms."""
    return ServiceError(error.code, str(error), field=field, seq=seq)


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of an endpoint that can answer with these errors."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(ERRORS[code].status, []).append(code)
    return {
        status: _documented("; ".join(f"`{code}`: {ERRORS[code].title}" for code in names))
        for status, names in by_status.items()
    }


def any_problem() -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of every endpoint, beside what it names itself."""
    return {"default": _documented("Any other error")}


def _documented(description: str) -> dict[str, Any]:
    schema = Problem.model_json_schema()
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}
