"""What is sent as JSON: of the very types that its schema has."""

import json
from typing import Annotated, TypeVar

from pydantic import BaseModel, GetPydanticSchema, ValidatorFunctionWrapHandler
from pydantic_core import core_schema

Model = TypeVar("Model", bound=BaseModel)


def _strict(model: type[BaseModel], schema: core_schema.CoreSchema) -> core_schema.CoreSchema:
    """FastAPI reads the JSON itself and has pydantic take it for Python, whose strict mode knows
    neither moments that are texts nor tuples that are lists.
    """

    def read(sent: object, otherwise: ValidatorFunctionWrapHandler) -> object:
        if not isinstance(sent, dict):
            return otherwise(sent)
        return model.model_validate_json(json.dumps(sent), strict=True)

    return core_schema.no_info_wrap_validator_function(read, schema)


Sent = Annotated[
    Model, GetPydanticSchema(lambda model, schema_of: _strict(model, schema_of(model)))
]
"""A parameter of an endpoint, such as `Sent[NewToken]`: `"3600"` is no number, nor `true`."""
