"""Webhooks over REST, from the endpoint to what became of a delivery; each tenant sees its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from standardwebhooks import Webhook

from service.endpoints import MAX_ENDPOINTS
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.databases import fresh
from tests.service.receiver import NO_CONTENT, Heard, Receiver, receiving
from tests.service.waiting import until

ACME, OTHER = new_key(), new_key()
ANY = {"If-Match": "*"}
NOTHING = "0" * 32
NO_DELIVERY = f"msg_{NOTHING}"
GONE = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
ERROR = b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(
    serve: Serve, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("webhooks")
    keys = {"acme": ACME, "other": OTHER}
    with (
        fresh(request.param, folder) as database,
        serve(keys=keys, database=database, webhook_networks=["127.0.0.0/8"]) as address,
    ):
        yield address


@pytest.fixture
def acme(address: str) -> Iterator[httpx2.Client]:
    with calling(f"{address}/v1", ACME) as client:
        yield client
        for endpoint in client.get("/webhooks").json()["items"]:
            client.delete(f"/webhooks/{endpoint['id']}", headers=ANY)


@pytest.fixture
def other(address: str) -> Iterator[httpx2.Client]:
    with calling(f"{address}/v1", OTHER) as client:
        yield client


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def receiver(portal: BlockingPortal) -> Iterator[Receiver]:
    with portal.wrap_async_context_manager(receiving()) as receiver:
        yield receiver


def add(client: httpx2.Client, port: int = 9000, **more: Any) -> dict[str, Any]:
    wanted = {"url": f"http://127.0.0.1:{port}/hook", "events": ["clip.succeeded"], **more}
    answer = client.post("/webhooks", json=wanted)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'
    return cast(dict[str, Any], answer.json())


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def finished(client: httpx2.Client, endpoint: str, delivery: str, tries: int = 1) -> dict[str, Any]:
    def seen() -> dict[str, Any] | None:
        found = client.get(f"/webhooks/{endpoint}/deliveries/{delivery}").json()
        done = [one for one in found["tries"] if one["seconds"] is not None]
        return found if len(done) == tries else None

    return until(seen)


def trial(client: httpx2.Client, endpoint: str) -> str:
    answer = client.post(f"/webhooks/{endpoint}/test")
    assert answer.status_code == 202, answer.text
    assert (answer.json()["status"], answer.json()["event"]) == ("pending", "test")
    return cast(str, answer.json()["id"])


def test_a_secret_is_shown_once(acme: httpx2.Client) -> None:
    made = add(acme, events=["workout.ended", "clip.failed", "clip.failed"])
    assert made["events"] == ["clip.failed", "workout.ended"]
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    shown = acme.get(f"/webhooks/{made['id']}")
    assert shown.json() == made
    assert shown.headers["etag"] == '"1"'
    assert acme.get("/webhooks").json() == {"items": [made], "next_cursor": None}


def test_it_is_tried(acme: httpx2.Client, receiver: Receiver) -> None:
    made = add(acme, receiver.port)
    delivery = finished(acme, made["id"], trial(acme, made["id"]))
    (heard,) = receiver.heard
    event = Webhook(made["secret"]).verify(heard.body, heard.headers)
    assert (event["type"], event["data"]) == ("test", {"endpoint_id": made["id"]})
    assert delivery["body"] == heard.body.decode()
    assert (delivery["id"], delivery["status"]) == (heard.headers["webhook-id"], "delivered")
    (tried,) = delivery["tries"]
    assert (tried["number"], tried["status_code"], tried["fault"]) == (1, 204, None)


def test_it_is_sent_again(acme: httpx2.Client, receiver: Receiver) -> None:
    made = add(acme, receiver.port)
    delivery = trial(acme, made["id"])
    finished(acme, made["id"], delivery)
    answer = acme.post(f"/webhooks/{made['id']}/deliveries/{delivery}/redeliver")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert finished(acme, made["id"], delivery, tries=2)["status"] == "delivered"
    assert [one.headers["webhook-id"] for one in receiver.heard] == [delivery] * 2


def test_a_rotated_secret_overlaps(acme: httpx2.Client, receiver: Receiver) -> None:
    made = add(acme, receiver.port)
    answer = acme.post(f"/webhooks/{made['id']}/rotate", json={"overlap_s": 3600})
    rotated = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_until"] > rotated["created_at"]
    finished(acme, made["id"], trial(acme, made["id"]))
    acme.post(f"/webhooks/{made['id']}/rotate", json={"overlap_s": 0})
    finished(acme, made["id"], trial(acme, made["id"]))
    assert [accepts(made, heard) for heard in receiver.heard] == [True, False]
    assert [accepts(rotated, heard) for heard in receiver.heard] == [True, False]


def accepts(endpoint: dict[str, Any], heard: Heard) -> bool:
    try:
        return bool(Webhook(endpoint["secret"]).verify(heard.body, heard.headers))
    except Exception:
        return False


def test_where_nobody_listens_it_is_switched_off_until_its_owner_says(
    acme: httpx2.Client, receiver: Receiver
) -> None:
    receiver.answers[:] = [GONE, NO_CONTENT]
    made = add(acme, receiver.port)
    path = f"/webhooks/{made['id']}"
    delivery = trial(acme, made["id"])
    assert finished(acme, made["id"], delivery)["status"] == "failed"
    off = acme.get(path)
    assert off.json()["enabled"] is False
    assert "410" in off.json()["disabled_why"]
    assert code(acme.post(f"{path}/test")) == (409, "switched_off")
    assert code(acme.post(f"{path}/deliveries/{delivery}/redeliver")) == (409, "switched_off")
    on = acme.patch(path, json={"enabled": True}, headers={"If-Match": off.headers["etag"]})
    assert on.json() == {k: v for k, v in made.items() if k != "secret"}
    acme.post(f"{path}/deliveries/{delivery}/redeliver")
    assert finished(acme, made["id"], delivery, tries=2)["status"] == "delivered"


def test_a_change_says_what_it_changes(acme: httpx2.Client) -> None:
    path = f"/webhooks/{add(acme)['id']}"
    change, old = {"events": ["clip.failed"]}, {"If-Match": '"7"'}
    for method, body in (("PATCH", change), ("DELETE", None)):
        unsaid = acme.request(method, path, json=body)
        assert code(unsaid) == (428, "precondition_required")
        other = acme.request(method, path, json=body, headers=old)
        assert code(other) == (412, "precondition_failed")
    changed = acme.patch(path, json=change, headers={"If-Match": '"1"'})
    assert (changed.json()["events"], changed.headers["etag"]) == (["clip.failed"], '"2"')
    assert changed.json()["url"] == "http://127.0.0.1:9000/hook"
    stale = acme.patch(path, json={"url": "https://a.example/"}, headers={"If-Match": '"1"'})
    assert code(stale) == (412, "precondition_failed")
    assert acme.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert code(acme.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://10.0.0.5:22/"}, "url"),
        ({"url": "https://user:password@hooks.example/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://" + "a" * 2048}, "url"),
        ({"url": ""}, "url"),
        ({"events": []}, "events"),
        ({"events": ["test"]}, "events.0"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_is_not_one_is_refused(
    acme: httpx2.Client, change: dict[str, Any], field: str
) -> None:
    wanted = {"url": "https://hooks.example/", "events": ["clip.failed"], **change}
    answer = acme.post("/webhooks", json=wanted)
    assert (*code(answer), answer.json()["field"]) == (422, "invalid_request", field)
    path = f"/webhooks/{add(acme)['id']}"
    assert code(acme.patch(path, json=change, headers=ANY)) == (422, "invalid_request")


def test_there_are_so_many_and_no_more(acme: httpx2.Client) -> None:
    for _ in range(MAX_ENDPOINTS):
        add(acme)
    wanted = {"url": "https://hooks.example/", "events": ["clip.failed"]}
    assert code(acme.post("/webhooks", json=wanted)) == (409, "too_many")


def test_deliveries_come_in_pages(acme: httpx2.Client, receiver: Receiver) -> None:
    receiver.answers[:] = [ERROR, NO_CONTENT]
    made = add(acme, receiver.port)
    path = f"/webhooks/{made['id']}/deliveries"
    ids: list[str] = []
    for _ in range(5):
        ids.insert(0, trial(acme, made["id"]))
        finished(acme, made["id"], ids[0])
    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = acme.get(path, params=query).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ids
    for status, expected in (("pending", ids[4:]), ("delivered", ids[:4]), ("failed", [])):
        items = acme.get(path, params={"status": status}).json()["items"]
        assert [one["id"] for one in items] == expected
    assert code(acme.get(path, params={"status": "lost"})) == (422, "invalid_request")


def test_another_tenant_sees_nothing_of_it(
    acme: httpx2.Client, other: httpx2.Client, receiver: Receiver
) -> None:
    made = add(acme, receiver.port)
    delivery = trial(acme, made["id"])
    finished(acme, made["id"], delivery)
    assert other.get("/webhooks").json()["items"] == []
    for answer in everything(other, made["id"], delivery):
        assert code(answer) == (404, "not_found")
    mine = add(other)
    for one in (made["id"], mine["id"]):  # its delivery under one's own endpoint
        for path in ("", "/redeliver"):
            call = other.post if path else other.get
            assert code(call(f"/webhooks/{one}/deliveries/{delivery}{path}"))[0] == 404
    assert len(receiver.heard) == 1
    shown = acme.get(f"/webhooks/{made['id']}")
    assert shown.headers["etag"] == '"1"'


def test_what_there_is_not_is_said(acme: httpx2.Client) -> None:
    for answer in everything(acme, NOTHING, NO_DELIVERY):
        assert code(answer) == (404, "not_found")
    made = add(acme)
    for path in ("", "/redeliver"):
        call = acme.post if path else acme.get
        answer = call(f"/webhooks/{made['id']}/deliveries/{NO_DELIVERY}{path}")
        assert code(answer) == (404, "not_found")


def everything(client: httpx2.Client, endpoint: str, delivery: str) -> Iterator[httpx2.Response]:
    path = f"/webhooks/{endpoint}"
    yield client.get(path)
    yield client.patch(path, json={"enabled": False}, headers=ANY)
    yield client.delete(path, headers=ANY)
    yield client.post(f"{path}/rotate", json={})
    yield client.post(f"{path}/test")
    yield client.get(f"{path}/deliveries")
    yield client.get(f"{path}/deliveries/{delivery}")
    yield client.post(f"{path}/deliveries/{delivery}/redeliver")


def test_a_key_of_that_scope_is_needed(address: str, acme: httpx2.Client) -> None:
    token = acme.post("/tokens", json={"user": "ann"}).json()["token"]
    wanted = {"name": "app", "scopes": ["count", "read", "write", "tokens"]}
    plain = acme.post("/tenants/acme/keys", json=wanted).json()["key"]
    for credential, expected in ((token, "key_only"), (plain, "scope_missing")):
        with calling(f"{address}/v1", credential) as client:
            for answer in (*everything(client, NOTHING, NO_DELIVERY), client.get("/webhooks")):
                assert code(answer) == (403, expected)


def test_every_error_is_in_the_openapi_document(acme: httpx2.Client) -> None:
    document = acme.get(str(acme.base_url.join("/openapi.json"))).json()
    paths = {p: one for p, one in document["paths"].items() if p.startswith("/v1/webhooks")}
    assert len(paths) == 7
    patch = paths["/v1/webhooks/{endpoint_id}"]["patch"]["responses"]
    assert {"200", "401", "403", "404", "412", "422", "428"} <= patch.keys()
    for path, operations in paths.items():
        for operation in operations.values():
            answers = operation["responses"].keys()
            assert {"401", "403"} <= answers
            assert ("404" in answers) == ("{endpoint_id}" in path)
            assert ("switched_off" in str(operation)) == path.endswith(("/test", "/redeliver"))
