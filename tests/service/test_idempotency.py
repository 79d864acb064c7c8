"""The same request again, over a socket: done once, and answered as the first time."""

import json
import socket
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from service.idempotency import NAME, REPLAYED
from service.tables import Answered
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.databases import BACKENDS, database_at, fresh

KEY = new_key()
BODY = b"no clip at all"


@pytest.fixture(scope="module", params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh(request.param, tmp_path_factory.mktemp("data")) as url:
        yield url


@pytest.fixture(scope="module")
def client(serve: Serve, url: str) -> Iterator[httpx2.Client]:
    with (
        serve(keys={"ops": KEY}, database=SecretStr(url), max_clip_bytes=1000) as address,
        calling(address, KEY) as client,
    ):
        yield client


def upload(client: httpx2.Client, key: str | None, **options: Any) -> httpx2.Response:
    headers = {"content-type": "video/mp4"} | ({} if key is None else {NAME: key})
    return client.post("/v1/clips", headers=headers, **{"content": BODY, **options})


def clips(client: httpx2.Client) -> list[str]:
    return [clip["id"] for clip in client.get("/v1/clips").json()["items"]]


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["code"])


def token(client: httpx2.Client, user: str, *scopes: str) -> str:
    wanted = {"user": user, "scopes": scopes or ("count", "read")}
    return str(client.post("/v1/tokens", json=wanted).json()["token"])


@contextmanager
def uploading(client: httpx2.Client, key: str) -> Iterator[socket.socket]:
    """An upload that has been taken on, and whose body is still to come."""
    host, port = client.base_url.netloc.decode().split(":")
    head = (
        f"POST /v1/clips HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: video/mp4\r\nContent-Length: {len(BODY)}\r\n{NAME}: {key}\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as sender:
        sender.sendall(head.encode())
        assert sender.recv(1000).startswith(b"HTTP/1.1 100 ")
        yield sender


def test_the_same_upload_again_is_one_clip(client: httpx2.Client) -> None:
    first, again = upload(client, "again"), upload(client, "again")
    assert first.status_code == again.status_code == 202
    assert again.json() == first.json()
    for name in ("location", "retry-after", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
    assert "RateLimit-Limit" in again.headers
    assert upload(client, None).json()["id"] != upload(client, "other").json()["id"]


def test_a_form_again_is_one_clip_though_its_boundary_is_another(client: httpx2.Client) -> None:
    form: Any = {"files": {"file": ("a.mp4", BODY)}, "headers": {NAME: "form"}}
    answers = [client.post("/v1/clips", **form) for _ in range(2)]
    assert answers[0].request.headers["content-type"] != answers[1].request.headers["content-type"]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    "other",
    [{"params": {"exercise": "squat"}}, {"content": BODY + b"!"}, {"files": {"file": BODY}}],
    ids=["query", "length", "type"],
)
def test_another_request_under_the_same_key_is_refused(
    client: httpx2.Client, other: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    key = request.node.callspec.id
    assert upload(client, key).status_code == 202
    if "files" in other:
        refused = client.post("/v1/clips", headers={NAME: key}, **other)
    else:
        refused = upload(client, key, **other)
    assert code(refused) == (422, "idempotency_mismatch")


def test_one_that_is_under_way_is_waited_for(client: httpx2.Client) -> None:
    with uploading(client, "slow") as sender:
        early = upload(client, "slow")
        assert code(early) == (409, "idempotency_in_progress")
        assert early.headers["Retry-After"] == "1"
        sender.sendall(BODY)
        told = b"".join(iter(lambda: sender.recv(4096), b""))
    answered = json.loads(told.partition(b"\r\n\r\n")[2])
    assert upload(client, "slow").json() == answered


@pytest.mark.anyio
async def test_one_whose_place_another_has_taken_does_nothing(
    client: httpx2.Client, url: str
) -> None:
    database = database_at(url)
    before = clips(client)
    with uploading(client, "stalled") as sender:
        async with database.write() as session:
            taken = update(Answered).where(Answered.key == "stalled").values(holder="another")
            await session.execute(taken)
        sender.sendall(BODY)
        told = b"".join(iter(lambda: sender.recv(4096), b""))
    await database.aclose()
    assert json.loads(told.partition(b"\r\n\r\n")[2])["code"] == "idempotency_in_progress"
    assert clips(client) == before


def test_one_that_was_broken_off_can_be_sent_again(client: httpx2.Client) -> None:
    with uploading(client, "broken") as sender:
        sender.sendall(BODY[:3])
    for _ in range(1000):
        again = upload(client, "broken")
        if again.status_code != 409:
            break
    assert again.status_code == 202
    assert REPLAYED not in again.headers


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"params": {"exercise": "none"}}, 404), ({"params": {"fps": 0}}, 422),
     ({"content": bytes(1001)}, 413)],
)  # fmt: skip
def test_an_error_leaves_the_key_free(
    client: httpx2.Client, wrong: dict[str, Any], status: int
) -> None:
    key = f"error-{status}"
    assert upload(client, key, **wrong).status_code == status
    assert upload(client, key).status_code == 202


def test_a_key_is_its_users_and_its_scopes(client: httpx2.Client) -> None:
    ids = []
    for shown in (KEY, token(client, "ann"), token(client, "bob")):
        headers = {"Authorization": f"Bearer {shown}", NAME: "mine"}
        ids.append(client.post("/v1/clips", content=BODY, headers=headers).json()["id"])
    assert len({*ids}) == 3
    weaker = {"Authorization": f"Bearer {token(client, 'ann', 'read')}", NAME: "mine"}
    refused = client.post("/v1/clips", content=BODY, headers=weaker)
    assert code(refused) == (422, "idempotency_mismatch")


def test_who_is_nobody_is_told_nothing(client: httpx2.Client) -> None:
    upload(client, "stolen")
    headers = {"Authorization": f"Bearer {new_key()}", NAME: "stolen"}
    assert code(client.post("/v1/clips", content=BODY, headers=headers)) == (401, "unauthorized")


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "\u00fc"])
def test_a_key_is_visible_ascii(client: httpx2.Client, key: str) -> None:
    headers: Any = {NAME: key.encode()}
    answer = client.post("/v1/clips", content=BODY, headers=headers)
    assert code(answer) == (422, "invalid_request")
    assert "255" in answer.json()["detail"]
    twice: Any = [(NAME, "a"), (NAME, "b")]
    assert client.post("/v1/clips", content=BODY, headers=twice).status_code == 422


def test_json_is_compared_by_its_body(client: httpx2.Client) -> None:
    headers = {NAME: "tenant"}
    first, again = (
        client.post("/v1/tenants", json={"id": "once"}, headers=headers) for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    other = client.post("/v1/tenants", json={"id": "none"}, headers=headers)
    assert code(other) == (422, "idempotency_mismatch")
    huge = client.post("/v1/tenants", content=bytes(100_000), headers={NAME: "huge"})
    assert code(huge) == (413, "too_many_bytes")


@pytest.mark.anyio
async def test_a_secret_is_told_once_and_not_kept(client: httpx2.Client, url: str) -> None:
    wanted, headers = {"name": "app", "scopes": ["read"]}, {NAME: "secret"}
    first = client.post("/v1/tenants/ops/keys", json=wanted, headers=headers)
    assert first.headers["Cache-Control"] == "no-store"
    again = client.post("/v1/tenants/ops/keys", json=wanted, headers=headers)
    assert code(again) == (409, "told_once")
    path = f"/v1/tenants/ops/keys/{first.json()['id']}/rotate"
    assert client.post(path, json={}, headers={NAME: "rotate"}).status_code == 200
    assert code(client.post(path, json={}, headers={NAME: "rotate"})) == (409, "told_once")
    database = database_at(url)
    async with aclosing(database), database.read() as session:
        rows = [*await session.scalars(select(Answered))]
    assert {"secret", "rotate"} <= {row.key for row in rows}
    assert not [row for row in rows if "br_" in f"{row.body}{row.headers}"]


WANTED: dict[str, Any] = {
    "/v1/clips": {"content": BODY},
    "/v1/tenants": {"json": {"id": "new"}},
    "/v1/tenants/{tenant_id}/keys": {"json": {"name": "app", "scopes": ["read"]}},
    "/v1/tenants/{tenant_id}/keys/{key_id}/rotate": {"json": {}},
    "/v1/webhooks": {"json": {"url": "https://hooks.example", "events": ["clip.failed"]}},
    "/v1/webhooks/{endpoint_id}/rotate": {"json": {}},
    "/v1/webhooks/{endpoint_id}/test": {},
    "/v1/webhooks/{endpoint_id}/deliveries/{delivery_id}/redeliver": {},
}
MAKES = {
    "/v1/tenants/{tenant_id}/keys": "key_id",
    "/v1/webhooks": "endpoint_id",
    "/v1/webhooks/{endpoint_id}/test": "delivery_id",
}


@pytest.mark.anyio
async def test_whatever_can_be_sent_again_is_kept(client: httpx2.Client, url: str) -> None:
    made, told = {"tenant_id": "ops"}, {}
    for path, wanted in WANTED.items():
        told[path] = client.post(path.format(**made), headers={NAME: path}, **wanted)
        assert told[path].is_success, told[path].text
        if path in MAKES:
            made[MAKES[path]] = told[path].json()["id"]
    database = database_at(url)
    async with database.read() as session:
        rows = {row.key: row for row in await session.scalars(select(Answered))}
    await database.aclose()
    for path, answer in told.items():
        kept = rows[path]
        secret = answer.headers.get("Cache-Control") == "no-store"
        assert kept.status == answer.status_code
        assert kept.body == (None if secret else answer.text)


def test_what_can_be_sent_again_is_documented(client: httpx2.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    taking = {
        (path, method)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if any(one["name"] == NAME for one in operation.get("parameters", ()))
    }
    assert taking == {(path, "post") for path in WANTED}
    upload = {one["name"] for one in paths["/v1/clips"]["post"]["parameters"]}
    assert upload >= {NAME, "exercise", "fps"}


def test_the_single_user_has_it_too(serve: Serve, tmp_path: Path) -> None:
    with serve() as address, httpx2.Client(base_url=f"http://{address}") as client:
        assert upload(client, "again").json() == upload(client, "again").json()
