"""Every endpoint that takes JSON: values of other types than its schema has are refused."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from service.app import create_app
from service.settings import Settings
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.fakes import FakeEngine, FakeLibrary

DOCUMENT = create_app(Settings(), FakeEngine(), FakeLibrary()).openapi()
VALUES: tuple[Any, ...] = (None, True, 3600, 3600.0, 0.5, "3600", "true", ["3600"], {}, [True])
PYTHON = re.compile("tuple|dictionary|input|should|validation")
KEY = new_key()


def bodies() -> Iterator[tuple[str, str, str]]:
    """Method, path and schema."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                yield method, path, schema["$ref"].rsplit("/", 1)[1]


def allows(schema: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": DOCUMENT["components"]}
    return bool(Draft202012Validator(whole).is_valid(value))


@pytest.fixture(scope="module")
def client(serve: Serve) -> Iterator[httpx2.Client]:
    with (
        serve(keys={"app": KEY}, requests_per_minute=1_000_000) as address,
        calling(address, KEY) as client,
    ):
        yield client


@pytest.mark.parametrize(("method", "path", "name"), [*bodies()])
def test_values_of_other_types_are_refused(
    client: httpx2.Client, method: str, path: str, name: str
) -> None:
    ids = {"tenant_id": "nobody", "key_id": "0" * 32, "endpoint_id": "0" * 32}
    url = path.format_map(ids | {"workout_id": "0" * 32})
    whole = DOCUMENT["components"]["schemas"][name]
    fields = whole["properties"]
    right = {field: fields[field]["examples"][0] for field in whole.get("required", ())}
    for field, schema in fields.items():
        wrong = [value for value in VALUES if not allows(schema, value)]
        assert len(wrong) > 3
        for value in wrong:
            answer = client.request(method, url, json=right | {field: value})
            assert answer.status_code == 422, (field, value)
            assert answer.json()["field"].startswith(field)
            assert not PYTHON.search(answer.json()["detail"])
        if allows(schema, 3600.0):  # as JSON has it, that is an integer
            answer = client.request(method, url, json=right | {field: 3600.0})
            assert answer.status_code != 422, answer.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "the body: must be an object"),
        ({}, "user: is missing"),
        ({"user": "ann", "users": 1}, "users: there is no such field"),
        ({"user": "ann", "scopes": "read"}, "scopes: must be an array"),
        ({"user": "ann", "scopes": []}, "scopes: must have at least 1 item, not 0"),
        ({"user": "ann", "expires_in_s": 7}, "expires_in_s: must be greater than or equal to 60"),
    ],
)
def test_a_fault_is_said_in_words_of_json(client: httpx2.Client, sent: object, said: str) -> None:
    assert client.post("/v1/tokens", json=sent).json()["detail"] == said


def test_a_fault_of_a_query_is_said_so_too(client: httpx2.Client) -> None:
    assert client.get("/v1/clips?limit=x").json()["detail"] == "limit: must be a valid integer"
