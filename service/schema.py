"""The messages of a live session as JSON Schema, for clients in other languages.

python -m service.schema
"""

import json
import sys
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from blazereps_client.messages import FROM_CLIENT, FROM_SERVER


class _Schema(GenerateJsonSchema):
    """Names only what is a model, and knows that what is said has every field.

    A default beside a reference would make a type of its own of it.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def schema() -> dict[str, Any]:
    """One definition for each message, and `ClientMessage` and `ServerMessage` for all of them."""
    sides, common = TypeAdapter.json_schemas(
        [
            ("ClientMessage", "validation", FROM_CLIENT),
            ("ServerMessage", "serialization", FROM_SERVER),
        ],
        schema_generator=_Schema,
    )
    definitions = common["$defs"] | {name: one for (name, _), one in sides.items()}
    for one in definitions.values():
        one.pop("title", None)  # it would hide that a message is said otherwise than it is heard
    either = [{"$ref": f"#/$defs/{name}"} for name, _ in sides]
    return {"title": "Message", "anyOf": either, "$defs": definitions}


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, indent=2)
