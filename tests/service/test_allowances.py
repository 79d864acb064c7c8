"""How many requests a caller may send: each counted once, and said with every answer."""

import json
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from service.allowances import HEADERS, Allowances
from service.auth import Caller
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.clocks import Seconds
from tests.service.conftest import Serve
from tests.service.talk import talking

KEY = new_key()
APP = Caller("acme", key_id="k1")


def test_a_key_says_itself_how_many() -> None:
    allowances = Allowances(10, Seconds())
    assert allowances.take(APP).limit == 10
    assert allowances.take(replace(APP, requests_per_minute=3)).limit == 3


def test_a_key_whose_limit_is_raised_has_it_at_once() -> None:
    allowances = Allowances(1, Seconds())
    assert [allowances.take(APP).granted for _ in range(2)] == [True, False]
    more = allowances.take(replace(APP, requests_per_minute=10))
    assert (more.granted, more.limit, more.remaining) == (True, 10, 9)


def test_it_comes_back_steadily() -> None:
    clock = Seconds()
    allowances = Allowances(6, clock)
    told = [allowances.take(APP) for _ in range(7)]
    assert [one.remaining for one in told] == [5, 4, 3, 2, 1, 0, 0]
    assert [one.granted for one in told] == [True] * 6 + [False]
    assert [one.reset_s for one in told] == [10, 20, 30, 40, 50, 10, 10]
    clock.now_s += told[-1].reset_s
    assert allowances.take(APP).granted
    assert not allowances.take(APP).granted


def test_what_is_worth_several_is_counted_so() -> None:
    allowances = Allowances(10, Seconds())
    allowances.take(APP)
    assert allowances.take(APP, 5).remaining == 4
    refused = allowances.take(APP, 1000)  # all but the one that asks
    assert (refused.granted, refused.remaining, refused.reset_s) == (False, 4, 30)
    fresh = Allowances(10, Seconds())
    fresh.take(APP)
    assert fresh.take(APP, 1000).granted


def test_each_end_user_has_his_own() -> None:
    allowances = Allowances(1, Seconds())
    callers = (APP, replace(APP, user="ann"), replace(APP, user="bob"), replace(APP, key_id="k2"))
    assert all(allowances.take(caller).granted for caller in callers)
    assert not any(allowances.take(caller).granted for caller in callers)


@pytest.fixture
def client(serve: Serve) -> Iterator[httpx2.Client]:
    with (
        serve(keys={"app": KEY}, requests_per_minute=5) as address,
        calling(address, KEY) as client,
    ):
        yield client


def test_every_answer_says_what_is_left(client: httpx2.Client) -> None:
    answers = [
        client.get("/v1/exercises"),
        client.get(f"/v1/clips/{'0' * 32}"),
        client.post("/v1/tokens", json={"user": ""}),
        client.get("/metrics"),
        client.post("/v1/clips", params={"exercise": "none"}, headers={"Idempotency-Key": "1"}),
        client.get("/v1/exercises"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 422, 200, 404, 429]
    told = [[answer.headers[name] for name in HEADERS[:2]] for answer in answers]
    assert told == [["5", left] for left in ("4", "3", "2", "1", "0", "0")]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {"5;w=60"}
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "12"


def test_to_open_a_live_session_counts_as_one(client: httpx2.Client) -> None:
    address, headers = client.base_url.netloc.decode(), {"Authorization": f"Bearer {KEY}"}
    for _ in range(5):
        with talking(address, additional_headers=headers) as talk:
            talk.start()
    with pytest.raises(InvalidStatus) as caught, talking(address, additional_headers=headers):
        pass
    response = caught.value.response
    assert response.status_code == 429
    assert json.loads(response.body)["code"] == "too_many_requests"
    assert response.headers["Retry-After"] == "12"
    assert response.headers["RateLimit-Remaining"] == "0"


def test_who_is_nobody_is_told_nothing(client: httpx2.Client) -> None:
    answer = client.get("/v1/exercises", headers={"Authorization": ""})
    assert answer.status_code == 401
    assert not {*answer.headers} & {name.lower() for name in HEADERS}


def test_what_there_is_not_asks_nobody(client: httpx2.Client) -> None:
    answers = [client.get("/v1/nothing"), client.put("/v1/exercises"), client.get("/v1/exercises")]
    assert [answer.status_code for answer in answers] == [404, 405, 200]
    assert [answer.headers.get("RateLimit-Remaining") for answer in answers] == [None, None, "4"]


def test_the_single_user_is_not_counted(serve: Serve) -> None:
    with serve(requests_per_minute=1) as address:
        answers = [httpx2.get(f"http://{address}/v1/exercises", trust_env=False) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "RateLimit-Limit" not in answers[0].headers


def test_pages_of_allowed_origins_may_read_it(serve: Serve) -> None:
    origin = "https://app.example"
    with serve(keys={"app": KEY}, allowed_origins={origin}) as address:
        headers = {"Authorization": f"Bearer {KEY}", "Origin": origin}
        answer = httpx2.get(f"http://{address}/v1/exercises", headers=headers, trust_env=False)
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {*HEADERS, "Retry-After", "Location", "Idempotent-Replayed"} <= {*exposed}
