"""The app as a whole: exercises, health, pages, OpenAPI and errors."""

import re
from pathlib import Path

import httpx2
import psycopg
import pytest
from fastapi import FastAPI, WebSocket
from sqlalchemy.exc import TimeoutError as Overdue
from starlette.types import Message
from uvicorn.protocols.utils import ClientDisconnected
from websockets.exceptions import InvalidStatus

from service import asyncapi, page
from service.app import create_app
from service.error_handlers import handle_errors
from service.settings import Settings
from service.tenants import new_key
from tests.service.conftest import Serve
from tests.service.databases import SERVER, fresh
from tests.service.fakes import FakeEngine, FakeLibrary
from tests.service.talk import talking

KEY = new_key()
KEYS = {"ops": KEY}


def get(address: str, path: str) -> httpx2.Response:
    return httpx2.get(f"http://{address}{path}")


def test_exercises_are_listed_and_shown(address: str) -> None:
    listed = get(address, "/v1/exercises").json()["exercises"]
    assert [one["name"] for one in listed] == ["squat", "push_up", "plank"]
    assert get(address, "/v1/exercises/push_up").json() == listed[1]
    assert listed[1]["needs_legs"] is False


def test_an_unknown_exercise_is_a_problem(address: str) -> None:
    answer = get(address, "/v1/exercises/yoga")
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "urn:problem-type:blazereps:unknown_exercise",
        "title": "No such exercise",
        "status": 404,
        "detail": "no exercise is called 'yoga'; known are squat, push_up, plank",
        "code": "unknown_exercise",
    }


def test_health(serve: Serve) -> None:
    with serve(max_sessions=1) as address:
        assert get(address, "/healthz").json() == {"status": "ok"}
        ready = {"status": "ok", "free_sessions": 1, "unfinished_clips": 0}
        assert get(address, "/readyz").json() == ready
        with talking(address) as talk:
            talk.start()
            full = get(address, "/readyz")
            assert (full.status_code, full.json()["code"]) == (503, "over_capacity")
            assert get(address, "/healthz").status_code == 200
            talk.end()


def test_a_database_that_does_not_answer_is_no_fault(serve: Serve, tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as url, serve(keys=KEYS, database=url) as address:
        key = {"Authorization": f"Bearer {KEY}"}
        assert httpx2.get(f"http://{address}/metrics", headers=key).status_code == 200
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
            name = url.rpartition("/")[2]
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        unready = get(address, "/readyz")
        assert (unready.status_code, unready.json()["code"]) == (503, "unavailable")
        assert unready.headers["retry-after"] == "5"
        other = {"Authorization": f"Bearer {new_key()}"}
        with pytest.raises(InvalidStatus) as refused, talking(address, additional_headers=other):
            pass
        assert refused.value.response.status_code == 503
        shown = httpx2.get(f"http://{address}/metrics", headers=key)
        assert shown.status_code == 200
        assert 'blazereps_errors_total{code="unavailable"} 2.0' in shown.text


def test_a_database_that_takes_its_time_is_not_waited_for(serve: Serve, tmp_path: Path) -> None:
    with (
        fresh("postgresql", tmp_path) as url,
        serve(database=url, clip_workers=0) as address,
        psycopg.connect(url) as other,
    ):
        other.execute("LOCK TABLE clip IN ACCESS EXCLUSIVE MODE")
        assert httpx2.get(f"http://{address}/metrics", timeout=30).status_code == 200
        unready = httpx2.get(f"http://{address}/readyz", timeout=30)
        assert (unready.status_code, unready.json()["code"]) == (503, "unavailable")
        other.rollback()
        assert get(address, "/readyz").status_code == 200


def test_a_storage_that_is_away_says_when_to_come_again(serve: Serve) -> None:
    away = {"storage": "s3://media", "s3_endpoint": "http://127.0.0.1:1", "s3_region": "us-east-1"}
    keys = {"s3_access_key_id": "id", "s3_secret_access_key": "secret"}
    with (
        serve(**away, **keys) as address,
        httpx2.Client(base_url=f"http://{address}", trust_env=False, timeout=30) as client,
    ):
        answer = client.post("/v1/clips", content=b"a clip")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.anyio
async def test_a_database_that_is_silent_is_away_too() -> None:
    """Whoever waits for one of its connections is told in other words than he who has one."""
    app = FastAPI()
    handle_errors(app, lambda _: None)

    @app.get("/")
    def waited() -> None:
        raise Overdue("QueuePool limit of size 5 overflow 10 reached")

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.anyio
async def test_who_hangs_up_before_a_websocket_is_answered_is_no_fault() -> None:
    """Nor does the storage fail, though uvicorn calls it an OSError."""
    app, told = FastAPI(), list[str]()
    handle_errors(app, told.append)

    @app.websocket("/")
    async def greet(socket: WebSocket) -> None:
        await socket.accept()

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(_: Message) -> None:
        raise ClientDisconnected

    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
    with pytest.raises(ClientDisconnected):
        await app(scope, receive, send)
    assert told == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("PUT", "/v1/clips", 405, "method_not_allowed")],
)
def test_even_routing_errors_are_problems(
    address: str, method: str, path: str, status: int, code: str
) -> None:
    answer = httpx2.request(method, f"http://{address}{path}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_brings_everything_along_and_calls_nobody(address: str, path: str) -> None:
    page = get(address, path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert "onclick" not in page.text
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert linked
    for link in linked:
        assert link.startswith("/"), link
        assert get(address, link).status_code == 200, link


def test_documents_for_everybody_are_made_once() -> None:
    app = create_app(Settings(), FakeEngine(), FakeLibrary())
    assert page._rendered(app) is page._rendered(app)
    first, second = (asyncapi.document(host)["components"] for host in ("a", "b"))
    assert first["schemas"] is second["schemas"]


def test_openapi_documents_every_answer(address: str) -> None:
    document = get(address, "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(operations) >= 20
    guarded = {name: one for name, one in operations.items() if "401" in one["responses"]}
    assert len(guarded) >= 20
    for name, operation in guarded.items():
        assert "`invalid_request`" in operation["responses"]["422"]["description"], name
    upload = operations["post /v1/clips"]
    assert {"202", "404", "413", "422", "429"} <= upload["responses"].keys()
    assert "multipart/form-data" in upload["requestBody"]["content"]
    problem = upload["responses"]["413"]["content"]
    assert list(problem) == ["application/problem+json"]
    assert "HTTPValidationError" not in str(document["paths"])
    for name, operation in operations.items():
        for answer in operation["responses"].values():
            json_body = answer.get("content", {}).get("application/json")
            assert json_body is None or json_body.get("schema"), name
