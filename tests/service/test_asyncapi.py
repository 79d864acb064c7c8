"""The AsyncAPI document: valid, complete, and with examples that are what they say."""

import json
import re
import typing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft7Validator
from pydantic import BaseModel, TypeAdapter
from typer.testing import CliRunner

from blazereps_client.messages import FROM_CLIENT, FROM_SERVER, ClientMessage, ServerMessage
from blazereps_client.wire import Kind, unpack
from service.asyncapi import document
from service.cli import app
from service.errors import ERRORS

OFFICIAL = Path(__file__).parents[2] / "build" / "3.0.0.json"
DOCUMENT = document("127.0.0.1:8000")
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
JSON_MESSAGES = [
    name for name, message in MESSAGES.items() if message["contentType"] == "application/json"
]
BINARY = sorted(MESSAGES.keys() - JSON_MESSAGES)


def models(union: object) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = [*typing.get_args(typing.get_args(union)[0])]
    return found


CLIENT, SERVER = models(ClientMessage), models(ServerMessage)
SIDES: dict[str, TypeAdapter[Any]] = {one.__name__: FROM_CLIENT for one in CLIENT}
SIDES |= {one.__name__: FROM_SERVER for one in SERVER}


def test_it_is_valid_by_the_official_schema() -> None:
    if not OFFICIAL.exists():
        pytest.skip(f"no {OFFICIAL.name}: `make schemas` fetches it where there is npm")
    validator = Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    assert not validator.is_valid(DOCUMENT | {"channels": {"live": {"adress": "/v1/live"}}})


def test_bounds_are_said_as_json_schema_has_them() -> None:
    seq = DOCUMENT["components"]["schemas"]["Landmarks"]["properties"]["seq"]
    assert (seq["minimum"], seq["maximum"]) == (0, 2**32 - 1)
    assert not {"ge", "le", "gt", "lt"} & set(re.findall(r'"(\w+)":', json.dumps(DOCUMENT)))


def test_every_message_is_in_it() -> None:
    assert [one.__name__ for one in (*CLIENT, *SERVER)] == JSON_MESSAGES
    assert len(BINARY) == len(Kind)


@pytest.mark.parametrize(("action", "side"), [("receive", CLIENT), ("send", SERVER)])
def test_each_side_says_its_own(action: str, side: list[type[BaseModel]]) -> None:
    said = {one["$ref"].rpartition("/")[2] for one in DOCUMENT["operations"][action]["messages"]}
    assert said - set(BINARY) == {one.__name__ for one in side}
    assert DOCUMENT["operations"][action]["action"] == action
    assert set(BINARY) <= said or action == "send"


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_explained_with_an_example(name: str) -> None:
    message = MESSAGES[name]
    assert message["summary"].endswith(".")
    assert "\n" not in message["summary"]
    assert message["examples"]


@pytest.mark.parametrize("name", JSON_MESSAGES)
def test_examples_are_what_their_schemas_say(name: str) -> None:
    message = MESSAGES[name]
    (example,) = message["examples"]
    schema = message["payload"] | {"components": DOCUMENT["components"]}
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(example["payload"])] == []
    assert not validator.is_valid(example["payload"] | {"type": "nonsense"})
    read = SIDES[name].validate_python(example["payload"], strict=False)
    assert (type(read).__name__, read.type) == (name, message["name"])


@pytest.mark.parametrize("name", BINARY)
def test_binary_messages_begin_as_their_examples(name: str) -> None:
    message = MESSAGES[name]
    assert message["contentType"] == "application/octet-stream"
    assert message["payload"] == {"type": "string", "format": "binary"}
    header, _ = unpack(bytes.fromhex(message["examples"][0]["payload"]))
    assert message["name"] == f"binary, kind {header.kind.value}"
    assert (header.seq, header.at_s) == (7, 1.5)


def test_the_subprotocol_the_ticket_and_the_close_codes_are_said() -> None:
    channel = DOCUMENT["channels"]["live"]
    binding = channel["bindings"]["ws"]
    assert "blazereps.v1" in json.dumps(binding["headers"])
    assert "ticket" in binding["query"]["properties"]
    codes = {(one["code"], one["error"]) for one in channel["x-close-codes"]}
    assert codes == {(1000, None)} | {
        (rule.close_code, code) for code, rule in ERRORS.items() if rule.close_code
    }


def test_the_server_serves_it_with_its_own_address(address: str) -> None:
    served = httpx2.get(f"http://{address}/asyncapi.json").json()
    assert served["servers"]["live"]["host"] == address
    assert served["channels"] == DOCUMENT["channels"]


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(app, ["asyncapi"])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == DOCUMENT
