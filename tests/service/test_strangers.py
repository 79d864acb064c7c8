"""Every endpoint with the ids of somebody else: nothing is seen, and nothing changes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.app import create_app
from service.settings import Settings
from service.tenants import SCOPES, new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.fakes import REP, FakeEngine, FakeLibrary, write_clip
from tests.service.waiting import until

KEYS = {"acme": new_key(), "rival": new_key()}
TUS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
}
QUERIES = {
    "/v1/statistics": {"from": "2025-01-01", "to": "2025-12-31"},
    "/v1/workouts/export": {"format": "json"},
}
SENT = {"Content-Type": "application/json", "If-Match": "*"}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    paths = create_app(Settings(), FakeEngine(), FakeLibrary()).openapi()["paths"]
    named = [Operation(method.upper(), path) for path in paths for method in paths[path]]
    return [one for one in named if one.path.startswith("/v1/")]


WITH_ID = [one for one in operations() if "{" in one.path and "/exercises/" not in one.path]
LISTS = [one for one in operations() if "{" not in one.path and one.method == "GET"]


@dataclass(frozen=True)
class Place:
    address: str
    ids: dict[str, str]
    """What acme has, by the name of the path's parameter."""
    callers: dict[str, str]
    """Strangers to it, with what they show."""

    def call(self, operation: Operation, shown: str) -> httpx2.Response:
        path = operation.path.format_map(self.ids)
        headers = TUS if "/uploads" in path else SENT
        return httpx2.request(
            operation.method,
            f"http://{self.address}{path}",
            headers={"Authorization": f"Bearer {shown}", **headers},
            content=b"{}",
            params=QUERIES.get(operation.path),
            trust_env=False,
        )


@pytest.fixture(scope="module")
def place(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    networks = ["127.0.0.0/8"]
    scopes = [scope for scope in SCOPES if scope != "admin"]
    with serve(keys=KEYS, key_scopes=scopes, webhook_networks=networks) as address:
        ids = furnished(address, tmp_path_factory.mktemp("clips"))
        callers = {
            "another tenant's key": KEYS["rival"],
            "another tenant's user of that name": token(address, KEYS["rival"], "ann"),
            "another user of the tenant": token(address, KEYS["acme"], "eve"),
        }
        yield Place(address, ids, callers)


def token(address: str, key: str, user: str) -> str:
    with calling(address, key) as client:
        return str(client.post("/v1/tokens", json={"user": user}).json()["token"])


def furnished(address: str, folder: Path) -> dict[str, str]:
    """Something of everything, of acme's user ann."""
    clip = write_clip(folder / "clip.mp4", REP).read_bytes()
    with calling(address, KEYS["acme"]) as acme:
        query = {"exercise": "squat", "user": "ann", "landmarks": "true"}
        clip_id = acme.post("/v1/clips", params=query, content=clip).json()["id"]
        until(lambda: acme.get(f"/v1/clips/{clip_id}").json()["status"] == "succeeded")
        begun = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "user YW5u"}
        upload = acme.post("/v1/uploads", headers=begun).headers["location"]
        hook = {"url": "http://127.0.0.1:9999/", "events": ["workout.ended"]}
        endpoint = acme.post("/v1/webhooks", json=hook).json()["id"]
        delivery = acme.post(f"/v1/webhooks/{endpoint}/test").json()["id"]
        receipt = acme.delete("/v1/users/nobody").json()["id"]
    return {
        "clip_id": clip_id,
        "upload_id": upload.rsplit("/", 1)[1],
        "workout_id": clip_id,
        "user": "ann",
        "erasure_id": receipt,
        "endpoint_id": endpoint,
        "delivery_id": delivery,
        "tenant_id": "acme",
        "key_id": "0" * 32,
        "name": "squat",
    }


def seen(place: Place, shown: str) -> dict[str, Any]:
    """What there is to be read, but for what changes by itself."""
    readable = [one for one in WITH_ID if one.method == "GET" and "deliver" not in one.path]
    answers = {str(one): place.call(one, shown) for one in readable}
    return {name: (answer.status_code, answer.content) for name, answer in answers.items()}


def test_there_is_something_to_be_seen(place: Place) -> None:
    statuses = {name: status for name, (status, _) in seen(place, KEYS["acme"]).items()}
    assert {name for name, status in statuses.items() if status != 200} == {
        "GET /v1/tenants/{tenant_id}",
        "GET /v1/tenants/{tenant_id}/keys",
    }


@pytest.mark.parametrize("operation", WITH_ID, ids=str)
def test_a_stranger_sees_and_changes_nothing(place: Place, operation: Operation) -> None:
    before = seen(place, KEYS["acme"])
    for who, shown in place.callers.items():
        answer = place.call(operation, shown)
        if operation.path == "/v1/users/{user}" and shown == KEYS["rival"]:
            assert answer.json()["erased"]["workouts"] == 0  # its own user of that name
        else:
            assert answer.status_code in {403, 404}, f"{who}: {answer.status_code} {answer.text}"
    assert seen(place, KEYS["acme"]) == before


@pytest.mark.parametrize("operation", WITH_ID, ids=str)
def test_an_id_that_there_is_not_is_answered_alike(place: Place, operation: Operation) -> None:
    """Nobody learns from the answer what another has."""
    unknown = {name: one[:-1] + "10"[one[-1] == "1"] for name, one in place.ids.items()}
    nowhere = replace(place, ids=unknown | {"user": "ann", "tenant_id": "nobody"})
    for shown in place.callers.values():
        there, not_there = place.call(operation, shown), nowhere.call(operation, shown)
        assert answered(there) == answered(not_there)


def answered(answer: httpx2.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_list_has_nothing_of_anybody_elses(place: Place, operation: Operation) -> None:
    own = place.call(operation, KEYS["acme"])
    assert own.status_code in {200, 403}
    for who, shown in place.callers.items():
        answer = place.call(operation, shown)
        assert answer.status_code in {200, 403}, f"{who}: {answer.text}"
        for one in place.ids.values():
            assert len(one) < 32 or one not in answer.text


def test_without_a_key_nothing_is_answered(place: Place) -> None:
    for operation in operations():
        answer = place.call(operation, "nothing")
        assert answer.status_code == 401 or operation.method == "OPTIONS"
