"""The messages as JSON Schema: all of them, as they are said and heard."""

import typing

import pytest

from blazereps_client import messages
from service.schema import schema

DEFINED = schema()["$defs"]


@pytest.mark.parametrize("side", ["ClientMessage", "ServerMessage"])
def test_every_message_is_there_by_its_type(side: str) -> None:
    union = typing.get_args(getattr(messages, side))[0]
    types = {model.model_fields["type"].default for model in typing.get_args(union)}
    assert set(DEFINED[side]["discriminator"]["mapping"]) == types


def test_what_is_said_has_every_field_and_what_is_heard_may_leave_out() -> None:
    said, heard = DEFINED["SessionStart-Output"], DEFINED["SessionStart-Input"]
    assert set(said["required"]) == set(said["properties"]) == set(heard["properties"])
    assert "required" not in heard


def test_nothing_but_models_has_a_name() -> None:
    properties = [one.get("properties", {}) for one in DEFINED.values()]
    assert not any("title" in field for fields in properties for field in fields.values())
