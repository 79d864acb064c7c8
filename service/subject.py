"""Whom to follow: `x,y` on him or `x,y,width,height` around, in a query or option; and as focus."""

from pydantic import ValidationError

from blazereps_client.messages import Subject
from pose_engine.landmarks import Box, Focus
from service.errors import ServiceError, said

FORM = "x,y or x,y,width,height"


def read_subject(text: str | None) -> Subject | None:
    """The subject that the text names; raises ServiceError `invalid_request`."""
    if text is None:
        return None
    numbers = dict(zip(Subject.model_fields, text.split(","), strict=False))
    if text.count(",") not in (1, 3):
        raise ServiceError("invalid_request", f"subject must be {FORM}", field="subject")
    try:
        return Subject.model_validate(numbers)
    except ValidationError as error:
        first = error.errors()[0]
        fault = f"subject must be {FORM}; {first['loc'][0]}: {said(first)}"
        raise ServiceError("invalid_request", fault, field="subject") from error


def focus_of(subject: Subject | None) -> Focus | None:
    """The point or box for the pose engine, if anybody is chosen."""
    if subject is None:
        return None
    if subject.width is None or subject.height is None:
        return subject.x, subject.y
    return Box(subject.x, subject.y, subject.width, subject.height)
