"""Tenants and keys over REST: for the operator's key alone, and each act in the audit log."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve

ADMIN = new_key()
YEAR_ONE = base64.b64encode(b"0001-01-01T00:00:00+14:00\nx").decode()


@pytest.fixture(scope="module")
def client(serve: Serve) -> Iterator[httpx2.Client]:
    with serve(keys={"ops": ADMIN}) as address, calling(address, ADMIN) as client:
        yield client


def add(client: httpx2.Client, tenant: str) -> None:
    assert client.post("/v1/tenants", json={"id": tenant}).status_code == 201


def add_key(client: httpx2.Client, tenant: str, **more: Any) -> dict[str, Any]:
    wanted = {"name": "app", "scopes": ["count", "read", "tokens"], **more}
    answer = client.post(f"/v1/tenants/{tenant}/keys", json=wanted)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def works(client: httpx2.Client, key: str) -> int:
    with calling(client.base_url.netloc.decode(), key) as other:
        return other.get("/v1/clips").status_code


def test_a_tenant_is_added_shown_and_erased(client: httpx2.Client) -> None:
    add(client, "shown")
    again = client.post("/v1/tenants", json={"id": "shown"})
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    key = add_key(client, "shown")["key"]
    assert works(client, key) == 200
    assert client.get("/v1/tenants/shown").json()["id"] == "shown"
    assert client.delete("/v1/tenants/shown").status_code == 204
    assert client.get("/v1/tenants/shown").status_code == 404


def test_a_key_for_the_operator_alone_reads_every_receipt(client: httpx2.Client) -> None:
    add(client, "erased")
    client.delete("/v1/tenants/erased")
    (act,) = client.get("/v1/audit", params={"tenant_id": "erased", "limit": 1}).json()["items"]
    key = add_key(client, "ops", scopes=["admin"])["key"]
    with calling(client.base_url.netloc.decode(), key) as other:
        receipt = other.get(f"/v1/erasures/{act['detail']['receipt_id']}")
    assert (receipt.status_code, receipt.json()["user_digest"]) == (200, None)


def test_tenants_come_in_pages(client: httpx2.Client) -> None:
    for number in range(5):
        add(client, f"page-{number}")
    names, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/tenants", params=query).json()
        names += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [name for name in names if name.startswith("page-")] == [f"page-{n}" for n in range(5)]
    assert len(names) == len({*names})


@pytest.mark.parametrize("path", ["/v1/tenants", "/v1/audit"])
@pytest.mark.parametrize("cursor", ["x", "%FF", "AAAA", "MjAyNS0wMS0zMQ==", "AAA=", YEAR_ONE])
def test_a_cursor_that_is_none_is_refused_or_ends(
    client: httpx2.Client, path: str, cursor: str
) -> None:
    assert client.get(f"{path}?cursor={cursor}").status_code in {200, 422}


def test_a_key_is_rotated_and_revoked(client: httpx2.Client) -> None:
    add(client, "rotating")
    made = add_key(client, "rotating")
    path = f"/v1/tenants/rotating/keys/{made['id']}"
    rotated = client.post(f"{path}/rotate", json={"overlap_s": 60}).json()
    assert works(client, rotated["key"]) == works(client, made["key"]) == 200
    listed = client.get("/v1/tenants/rotating/keys").json()["items"]
    assert [key["id"] for key in listed] == [made["id"]]
    assert "key" not in listed[0]
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert client.get("/v1/tenants/rotating/keys").json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"expires_at": "2026-01-31T12:00:00"}, {"expires_at": "9999-12-31T23:59:59-14:00"},
     {"expires_at": "1970-01-01T00:00:00Z"}, {"expires_at": 4102444800}, {"name": "a\0b"}],
)  # fmt: skip
def test_a_key_that_cannot_be_kept_is_refused(client: httpx2.Client, wrong: dict[str, Any]) -> None:
    wanted = {"name": "app", "scopes": ["read"], **wrong}
    answer = client.post("/v1/tenants/ops/keys", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_only_the_scope_admin_may(client: httpx2.Client) -> None:
    add(client, "plain")
    key = add_key(client, "plain")["key"]
    with calling(client.base_url.netloc.decode(), key) as plain:
        for answer in (plain.get("/v1/tenants"), plain.post("/v1/tenants", json={"id": "mine"}),
                       plain.get("/v1/audit"), plain.delete("/v1/tenants/ops")):  # fmt: skip
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("who", ["nobody", "a key without the scope"])
def test_who_may_not_is_not_told_whether_there_is_a_tenant(
    client: httpx2.Client, who: str, method: str
) -> None:
    shown = new_key() if who == "nobody" else plain_key(client)
    with calling(client.base_url.netloc.decode(), shown) as other:
        answers = [other.request(method, f"/v1/tenants/{name}") for name in ("ops", "none", "A!")]
    assert answers[0].status_code in {401, 403}
    assert len({answer.content for answer in answers}) == 1


def plain_key(client: httpx2.Client) -> str:
    return str(add_key(client, "ops", scopes=["read"])["key"])


def test_each_scope_opens_its_own_doors(client: httpx2.Client) -> None:
    add(client, "scoped")
    key = add_key(client, "scoped", scopes=["read"])["key"]
    with calling(client.base_url.netloc.decode(), key) as reader:
        assert reader.get("/v1/clips").status_code == 200
        for path in ("/v1/clips", "/v1/poses", "/v1/live/tickets", "/v1/tokens"):
            answer = reader.post(path, json={"user": "ann"})
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert reader.get("/metrics").status_code == 403
        assert reader.delete(f"/v1/clips/{'0' * 32}").status_code == 403


def test_a_token_is_narrowed(client: httpx2.Client) -> None:
    add(client, "narrow")
    key = add_key(client, "narrow")["key"]
    address = client.base_url.netloc.decode()
    with calling(address, key) as app:
        wanted = {"user": "ann", "scopes": ["count", "write"]}
        token = app.post("/v1/tokens", json=wanted).json()["token"]
    with calling(address, token) as ann:
        assert ann.get("/v1/clips").status_code == 403
        assert ann.delete(f"/v1/clips/{'0' * 32}").status_code == 403  # the key may not either
        assert ann.post("/v1/live/tickets").status_code == 201


def test_the_audit_log_says_who_did_what(client: httpx2.Client) -> None:
    add(client, "watched")
    key = add_key(client, "watched", scopes=["read"])
    client.put("/v1/tenants/watched/retention", json={"video_days": 1})
    client.delete("/v1/tenants/watched")
    acts = client.get("/v1/audit", params={"tenant_id": "watched"}).json()["items"]
    told = [act["act"] for act in acts]
    assert told == ["tenant.removed", "tenant.changed", "key.added", "tenant.added"]
    assert acts[2]["target"] == key["id"]
    assert all(act["actor"].startswith("key:") for act in acts)
    assert key["key"] not in str(acts)


def test_without_keys_nobody_administrates(serve: Serve) -> None:
    with serve() as address:
        answer = httpx2.get(f"http://{address}/v1/tenants", trust_env=False)
    assert answer.status_code == 403
