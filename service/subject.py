"""Whom to follow, as a query parameter or an option: `x,y` on him, or `x,y,width,height` around."""

from pydantic import ValidationError

from service.errors import ServiceError
from service.messages import Subject

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
        fault = f"subject must be {FORM}; {first['loc'][0]}: {first['msg']}"
        raise ServiceError("invalid_request", fault, field="subject") from error
