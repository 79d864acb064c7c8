"""What a sender says of a clip: how to count it, for whom, and when it was recorded."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from service.errors import ServiceError, said
from service.forms import MAX_NAME, shown_name
from service.moments import IsoMoment
from service.subject import FORM
from service.tables import USER
from service.tenants import PRINTABLE

OLDEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEWEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _in_bounds(moment: datetime) -> datetime:
    if not OLDEST <= moment <= NEWEST:
        raise ValueError(f"must be from {OLDEST:%Y-%m-%d} to {NEWEST:%Y-%m-%d}")
    return moment


class ClipOptions(BaseModel):
    """The query of `POST /v1/clips`, or the metadata of an upload that is resumable."""

    exercise: str = Field(default="auto", max_length=64)
    unknown: bool = Field(
        default=False, description="Count repeated movement that is no known exercise too"
    )
    fps: float | None = Field(
        default=None, gt=0, le=60, description="Frames a second taken, at most"
    )
    adaptive: bool | None = Field(
        default=None, description="Take fewer frames while the person hardly moves"
    )
    subject: str | None = Field(default=None, max_length=128, description=f"Whom to count: {FORM}")
    landmarks: bool = Field(default=False, description="Keep the landmarks of each frame too")
    user: str | None = Field(
        default=None,
        min_length=1,
        max_length=USER,
        pattern=PRINTABLE,
        description="For which end user it is, with a key",
    )
    recorded_at: Annotated[IsoMoment, AfterValidator(_in_bounds)] | None = Field(
        default=None, description="ISO 8601, with a time zone"
    )
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_NAME,
        pattern=PRINTABLE,
        description="The file's name, in place of the form's",
    )


def options_of(metadata: Mapping[str, str]) -> ClipOptions:
    """Those that the metadata of an upload names; raises ServiceError `invalid_request`.

    `filename` is taken for a name, as of a form; whatever else there is says nothing.
    """
    name = shown_name(metadata.get("filename", "")) or None
    try:
        return ClipOptions.model_validate({"name": name, **metadata})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise ServiceError("invalid_request", f"{field}: {said(first)}", field=field) from error
