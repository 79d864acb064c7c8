"""REST: the landmarks that an app found itself in, what they count up to out."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from tempfile import TemporaryFile
from typing import Annotated, Any, BinaryIO, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import FailFast, Field, GetPydanticSchema, ValidationError
from pydantic_core import core_schema

from blazereps_client.messages import Seq, Sighting
from blazereps_client.results import Document, Tally
from blazereps_client.wire import WireError
from classifiers.events import Event
from service.access import MayCount
from service.core import Library, Session
from service.errors import ServiceError, first_fault, invalid, problems
from service.events import tally_of
from service.examples import OBSERVED
from service.landmarks import pose_of
from service.library import new_session
from service.settings import Settings
from service.sight import Seen
from service.state import AppState, State
from service.uploads import save_upload, upload_schema

router = APIRouter(prefix="/v1/landmarks", tags=["landmarks"])

SLICE: Final = 64
"""So many are counted before a live session has its turn."""
_MARKS: Final = {b":": 8, b"[": 72, b"{": 2, b",": 280}
"""No observation has as many of them: what has is refused before it takes up memory."""


class PostedObservation(Sighting):
    """One observation; what a live session is sent as `landmarks` is one as it is."""

    type: Literal["landmarks"] = "landmarks"
    seq: Seq | None = None
    """Not looked at."""


def _seen(posted: PostedObservation) -> Seen:
    return Seen(posted.at_s, None, pose_of(posted))


_Observation = Annotated[
    Seen,
    # Each becomes a pose as it is read: numbers as Python has them take ten times the memory.
    GetPydanticSchema(
        lambda _, schema_of: core_schema.no_info_after_validator_function(
            _seen, schema_of(PostedObservation)
        )
    ),
]


class Batch(Document):
    """The landmarks of one person over a while, and what to count."""

    exercise: str = Field(
        default="auto",
        max_length=64,
        description="A name from `GET /v1/exercises`, or `auto` for whichever is being done",
        examples=["squat"],
    )
    unknown: bool = Field(
        default=False, description="Count repeated movement that is no known exercise too"
    )
    observations: Annotated[tuple[_Observation, ...], FailFast()] = Field(
        min_length=1, description="In the order of time"
    )


def _body() -> dict[str, Any]:
    """The OpenAPI of the body, for `openapi_extra`."""
    schema = Batch.model_json_schema()
    schema["properties"]["observations"]["items"] = schema.pop("$defs")["PostedObservation"]
    content = upload_schema()
    example = {"exercise": "squat", "observations": [OBSERVED]}
    content["requestBody"]["content"]["application/json"] = {"schema": schema, "example": example}
    return content


@router.post(
    "",
    response_description="The same as a live session's summary tells",
    responses=problems(
        "unknown_exercise",
        "too_many_bytes",
        "too_many_observations",
        "invalid_json",
        "invalid_request",
        "invalid_landmarks",
        "time_went_backwards",
        "over_capacity",
    ),
    openapi_extra=_body(),
)
async def count_landmarks(request: Request, state: State, caller: MayCount) -> Tally:
    """Count observations that were made before, as the raw body or as the field `file`."""
    with state.posts.taken(caller), TemporaryFile(dir=state.settings.folder) as file:
        await save_upload(request, file, max_bytes=state.settings.max_batch_bytes)
        async with state.batches:
            batch = await to_thread.run_sync(_read, file, state.settings, limiter=state.reading)
            return await _count(batch, state)


async def _count(batch: Batch, state: AppState) -> Tally:
    session = new_session(state.core.library, batch.exercise, unknown=batch.unknown)
    seen, events = batch.observations, list[Event]()
    for start in range(0, len(seen), SLICE):
        part = seen[start : start + SLICE]
        step = partial(observe, state.core.library, session, part)
        events += await to_thread.run_sync(step, limiter=state.counting)
    events += session.finish()
    tally = tally_of(events, session.counts)
    state.metrics.batch_counted(len(seen), tally)
    return tally


def observe(library: Library, session: Session, seen: Sequence[Seen]) -> list[Event]:
    """What a slice of observations causes."""
    coming = [(session, one.pose, one.at_s) for one in seen if one.pose is not None]
    library.look_ahead(coming)
    return [event for one in seen for event in session.observe(one.pose, one.at_s)]


def _read(file: BinaryIO, settings: Settings) -> Batch:
    file.seek(0)
    data, most = file.read(), settings.max_batch_observations
    limit = f"a batch may have {most} observations, the limit"
    if any(data.count(mark) > times * most for mark, times in _MARKS.items()):
        raise ServiceError("too_many_observations", limit, field="observations")
    try:
        batch = Batch.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise _invalid(error) from None
    if len(batch.observations) > most:
        raise ServiceError("too_many_observations", limit, field="observations")
    _check_times(batch.observations)
    return batch


def _check_times(seen: Sequence[Seen]) -> None:
    for number, (before, one) in enumerate(pairwise(seen), 1):
        if one.at_s <= before.at_s:
            fault = f"capture time {one.at_s:.6f} s is not after {before.at_s:.6f} s"
            field = f"observations.{number}.at_s"
            raise ServiceError("time_went_backwards", fault, field=field)


def _invalid(error: ValidationError) -> ServiceError:
    first = first_fault(error, "invalid_request")
    refused = invalid(first, "invalid_request")
    fault = first.get("ctx", {}).get("error")
    if isinstance(fault, WireError):
        field = f"{refused.field}.{fault.field}"
        return ServiceError("invalid_landmarks", f"{refused.field}: {fault}", field=field)
    return refused
