"""Who may open a session or send a request, and as whom."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest
from websockets.exceptions import InvalidStatus

from service.bodies import MAX_COMMAS
from service.tenants import new_key
from tests.service.conftest import Serve
from tests.service.fakes import REP
from tests.service.talk import talking

KEY, OTHER = new_key(), new_key()
KEYS = {"app": KEY, "other": OTHER}


@pytest.fixture(scope="module")
def guarded(serve: Serve) -> Iterator[str]:
    """A server with two keys."""
    with serve(keys=KEYS) as address:
        yield address


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def post(address: str, path: str, credential: str, body: Any = None) -> httpx2.Response:
    url, headers = f"http://{address}{path}", bearer(credential)
    return httpx2.post(url, headers=headers, json=body, trust_env=False)


def token(address: str, user: str = "ann", **more: Any) -> str:
    answer = post(address, "/v1/tokens", KEY, {"user": user, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def ticket(address: str, credential: str = KEY) -> str:
    answer = post(address, "/v1/live/tickets", credential)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ticket"])


def refused(address: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught, talking(address, **options):
        pass
    response = caught.value.response
    return response.status_code, str(json.loads(response.body)["code"])


def counts_one(address: str, **options: Any) -> None:
    with talking(address, **options) as talk:
        talk.start(exercise="squat", input="landmarks")
        for seq, level in enumerate(REP):
            talk.pose(seq, seq / 10, level)
        assert talk.end()["counts"] == {"squat": 1}


@pytest.mark.parametrize("credential", ["", "br_guess", "guess", "a.b.c"])
def test_nobody_gets_in_without_a_key_or_token(guarded: str, credential: str) -> None:
    headers = bearer(credential) if credential else {}
    assert refused(guarded, additional_headers=headers) == (401, "unauthorized")
    for path in ("/v1/exercises", "/v1/clips"):
        answer = httpx2.get(f"http://{guarded}{path}", headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_health_needs_no_key(guarded: str) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert httpx2.get(f"http://{guarded}{path}", trust_env=False).status_code == 200


def test_a_key_or_a_token_of_it_opens_a_session(guarded: str) -> None:
    counts_one(guarded, additional_headers=bearer(KEY))
    counts_one(guarded, additional_headers=bearer(token(guarded)))


def test_a_browser_shows_a_ticket_as_a_subprotocol(guarded: str) -> None:
    offered = ["blazereps.v1", f"blazereps.ticket.{ticket(guarded)}"]
    with talking(guarded, subprotocols=offered) as talk:
        assert talk.socket.subprotocol == "blazereps.v1"
        talk.start()
    assert refused(guarded, subprotocols=offered) == (401, "unauthorized")


def test_or_in_the_address(guarded: str) -> None:
    one = ticket(guarded, token(guarded))
    counts_one(guarded, query=f"?ticket={one}")
    assert refused(guarded, query=f"?ticket={one}") == (401, "unauthorized")


def test_a_ticket_is_no_token_and_a_token_no_ticket(guarded: str) -> None:
    assert refused(guarded, additional_headers=bearer(ticket(guarded))) == (401, "unauthorized")
    assert refused(guarded, query=f"?ticket={token(guarded)}") == (401, "unauthorized")


def test_a_token_issues_tickets_but_no_tokens(guarded: str) -> None:
    shown = token(guarded)
    answer = post(guarded, "/v1/tokens", shown, {"user": "bob"})
    assert (answer.status_code, answer.json()["code"]) == (403, "key_only")
    assert ticket(guarded, shown)


@pytest.mark.parametrize(
    "body", [{"user": ""}, {"user": "u" * 129}, {"user": "u", "expires_in_s": 59}, {}]
)
def test_what_is_asked_of_a_token_is_bounded(guarded: str, body: dict[str, Any]) -> None:
    assert post(guarded, "/v1/tokens", KEY, body).status_code == 422


def test_a_ticket_is_good_for_a_session_only(guarded: str) -> None:
    claims = jwt.decode(ticket(guarded), options={"verify_signature": False})
    assert claims["scope"] == "count"


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\x7f", "a\x9b31m"])
def test_a_users_name_has_no_control_characters(guarded: str, name: str) -> None:
    answer = post(guarded, "/v1/tokens", KEY, {"user": name})
    assert (answer.status_code, answer.json()["field"]) == (422, "user")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/users/{}"), ("GET", "/v1/clips?user={}"), ("POST", "/v1/clips?user={}"),
     ("GET", "/v1/workouts?user={}")],
)  # fmt: skip
def test_a_url_is_in_utf8(guarded: str, method: str, path: str) -> None:
    for user, is_utf8 in (("J%F6rg", False), ("J%E4rg", False), ("J%C3%B6rg", True)):
        url = f"http://{guarded}{path.format(user)}"
        answer = httpx2.request(method, url, headers=bearer(KEY), trust_env=False)
        refused = answer.status_code == 422 and "UTF-8" in answer.json()["detail"]
        assert refused is not is_utf8


def test_a_token_is_good_for_something(guarded: str) -> None:
    answer = post(guarded, "/v1/tokens", KEY, {"user": "ann", "scopes": []})
    assert (answer.status_code, answer.json()["field"]) == (422, "scopes")


@pytest.mark.parametrize("path", ["/v1/tokens", "/v1/tenants", "/v1/webhooks"])
def test_nobody_unknown_is_told_what_is_wrong_with_his_json(guarded: str, path: str) -> None:
    for content in (b"{", bytes(70_000), iter([bytes(70_000)])):
        answer = httpx2.post(f"http://{guarded}{path}", content=content, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_what_is_sent_as_json_is_bounded_and_counts_as_a_request(guarded: str) -> None:
    url, left = f"http://{guarded}/v1/tokens", []
    for content in (bytes(70_000), iter([bytes(70_000)])):
        answer = httpx2.post(url, content=content, headers=bearer(OTHER), trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
        left.append(int(answer.headers["RateLimit-Remaining"]))
    assert max(left) < 600


def test_what_is_sent_as_json_has_so_many_parts(guarded: str) -> None:
    keys = map(str, range(MAX_COMMAS + 1))
    for wrong in ({"scopes": [0] * (MAX_COMMAS + 1)}, dict.fromkeys(keys, 0)):
        answer = post(guarded, "/v1/tokens", KEY, {"user": "ann"} | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert "commas" in answer.json()["detail"]
    most = post(guarded, "/v1/tokens", KEY, {"user": "ann", "scopes": [0] * MAX_COMMAS})
    assert most.json()["field"] == "scopes.0"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        ('{"user": "ann",}', "application/json", 422, "invalid_json"),
        ('{"user": "ann"}', "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        ("", "application/json", 422, "invalid_request"),
        ("[]", "application/json", 422, "invalid_request"),
    ],
)
def test_a_body_that_is_no_object_is_told_for_what_it_is(
    guarded: str, content: str, media_type: str, status: int, code: str
) -> None:
    headers = bearer(KEY) | {"Content-Type": media_type}
    url = f"http://{guarded}/v1/tokens"
    answer = httpx2.post(url, content=content, headers=headers, trust_env=False)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert told["detail"].startswith("the body")
    assert "field" not in told


def test_what_is_told_once_is_stored_nowhere(guarded: str) -> None:
    for path in ("/v1/tokens", "/v1/live/tickets"):
        assert post(guarded, path, KEY, {"user": "ann"}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("thief", ["other key", "other user", "its user's key"])
def test_a_session_is_resumed_by_its_owner_only(guarded: str, thief: str) -> None:
    owner = bearer(token(guarded, "ann"))
    others = {
        "other key": bearer(OTHER),
        "other user": bearer(token(guarded, "bob")),
        "its user's key": bearer(KEY),
    }
    with talking(guarded, additional_headers=owner) as first:
        created = first.start(input="landmarks")
    wanted = {
        "type": "session.resume",
        "session_id": created["session_id"],
        "resume_token": created["resume_token"],
    }
    with talking(guarded, additional_headers=others[thief]) as second:
        second.say(wanted)
        assert second.hear("error")["code"] == "unknown_session"
        assert second.close_code() == 4404
    with talking(guarded, additional_headers=owner) as third:
        third.say(wanted)
        third.hear("session.resumed")


def test_nobody_sees_another_key_s_or_user_s_clips(guarded: str) -> None:
    ann, bob = token(guarded, "ann"), token(guarded, "bob")
    url = f"http://{guarded}/v1/clips"
    sent = httpx2.post(url, content=b"no clip", headers=bearer(ann), trust_env=False)
    assert sent.status_code == 202
    clip = f"{url}/{sent.json()['id']}"
    for other in (bob, OTHER):
        headers = bearer(other)
        assert httpx2.get(url, headers=headers, trust_env=False).json()["items"] == []
        assert httpx2.get(clip, headers=headers, trust_env=False).status_code == 404
        assert httpx2.delete(clip, headers=headers, trust_env=False).status_code == 404
    for hers in (ann, KEY):
        assert httpx2.get(clip, headers=bearer(hers), trust_env=False).status_code == 200


def test_another_version_of_the_protocol_is_refused(address: str) -> None:
    assert refused(address, subprotocols=["blazereps.v9"]) == (400, "unsupported_version")
    with talking(address, subprotocols=["blazereps.v9", "blazereps.v1"]) as talk:
        assert talk.socket.subprotocol == "blazereps.v1"


def test_without_keys_there_is_one_user(address: str) -> None:
    counts_one(address, additional_headers=bearer("whatever"))
    counts_one(address, query="?ticket=whatever")


def test_pages_of_allowed_origins_may_fetch_a_ticket_and_others_may_not(serve: Serve) -> None:
    with serve(keys=KEYS, allowed_origins={"https://app.example"}) as address:
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False)):
            answer = httpx2.options(
                f"http://{address}/v1/live/tickets",
                headers={
                    "Origin": origin,
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "authorization",
                },
                trust_env=False,
            )
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


def test_a_live_session_ends_with_its_key(serve: Serve) -> None:
    admin = new_key()
    with serve(keys={"app": admin}) as address:
        url, headers = f"http://{address}/v1/tenants/app/keys", bearer(admin)
        made = post(address, "/v1/tenants/app/keys", admin, {"name": "n", "scopes": ["count"]})
        with talking(address, additional_headers=bearer(made.json()["key"])) as talk:
            talk.start(input="landmarks")
            gone = httpx2.delete(f"{url}/{made.json()['id']}", headers=headers, trust_env=False)
            assert gone.status_code == 204
            assert talk.close_code() == 4401
        assert talk.of("error")[0]["code"] == "unauthorized"
