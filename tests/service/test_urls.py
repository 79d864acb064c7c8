"""Every endpoint that asks who calls: a query names what there is."""

import httpx2
import pytest

from service.app import create_app
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary

PATHS = create_app(Settings(), FakeEngine(), FakeLibrary()).openapi()["paths"]


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path in PATHS if path.startswith("/v1/") for method in PATHS[path]],
)
def test_a_parameter_that_there_is_not_is_refused(address: str, method: str, path: str) -> None:
    answer = httpx2.request(method, url(address, path), params={"limt": 5}, trust_env=False)
    assert answer.status_code == 422
    if method != "head":
        assert answer.json()["field"] == "limt"


def url(address: str, path: str) -> str:
    return f"http://{address}{path.replace('{', '').replace('}', '')}"


def test_no_parameter_that_is_documented_is_unknown(address: str) -> None:
    documented = 0
    for path, operations in PATHS.items():
        for method, operation in operations.items():
            for one in operation.get("parameters", ()):
                if one["in"] == "query":
                    query = {one["name"]: "x"}
                    answer = httpx2.request(
                        method, url(address, path), params=query, trust_env=False
                    )
                    assert "there is no parameter" not in answer.text, (path, query)
                    documented += 1
    assert documented > 20


def test_those_that_there_are_are_named(address: str) -> None:
    answer = httpx2.get(f"http://{address}/v1/exercises?limit=5", trust_env=False)
    assert "there are: none" in answer.json()["detail"]
    answer = httpx2.get(f"http://{address}/v1/workouts/export?limit=5", trust_env=False)
    assert "user, from, to, exercise, source" in answer.json()["detail"]
    assert httpx2.get(f"http://{address}/v1/clips?limit=5", trust_env=False).status_code == 200
