"""Keys that are none: how many may be tried, and who is not shut out by it."""

from collections.abc import Iterator

import httpx2
import pytest

from service.errors import ServiceError
from service.guesses import Guesses
from service.tenants import new_key
from tests.service.clocks import Seconds
from tests.service.conftest import Serve

KEY = new_key()


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def guesses(clock: Seconds) -> Guesses:
    return Guesses(2, clock)


def code_of(guesses: Guesses, host: str, shown: str, *, good: bool = False) -> str:
    """What comes of it; `good`: whether the key is one."""
    try:
        with guesses.counted(host, shown):
            if not good:
                raise ServiceError("unauthorized", "no such key")
    except ServiceError as error:
        return error.code
    return "in"


def test_so_many_unknown_keys_a_minute_and_no_more(guesses: Guesses, clock: Seconds) -> None:
    told = [code_of(guesses, "192.0.2.1", new_key()) for _ in range(3)]
    assert told == ["unauthorized", "unauthorized", "too_many_requests"]
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "too_many_requests"
    assert code_of(guesses, "192.0.2.2", KEY, good=True) == "in"
    clock.now_s += 30
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "in"


def test_who_is_in_stays_in_though_another_guesses(guesses: Guesses, clock: Seconds) -> None:
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "in"
    for _ in range(3):
        code_of(guesses, "192.0.2.1", new_key())
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "in"
    assert code_of(guesses, "192.0.2.1", KEY) == "unauthorized"  # revoked: good no more
    assert code_of(guesses, "192.0.2.1", KEY) == "too_many_requests"


def test_keys_that_are_good_use_nothing_up(guesses: Guesses) -> None:
    for _ in range(5):
        assert code_of(guesses, "192.0.2.1", new_key(), good=True) == "in"


def test_a_good_key_makes_no_room_for_guesses(guesses: Guesses) -> None:
    good = (False, True, False, True)
    told = [code_of(guesses, "192.0.2.1", new_key(), good=one) for one in good]
    assert told == ["unauthorized", "in", "unauthorized", "too_many_requests"]


def test_who_was_in_an_hour_ago_is_counted_again(guesses: Guesses, clock: Seconds) -> None:
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "in"
    for later_s, told in ((3599, "in"), (3600, "too_many_requests")):
        clock.now_s += later_s
        for _ in range(2):
            code_of(guesses, "192.0.2.1", new_key())
        assert code_of(guesses, "192.0.2.1", KEY, good=True) == told


def test_an_old_token_is_no_guess(guesses: Guesses) -> None:
    assert {code_of(guesses, "192.0.2.1", "a.b.c") for _ in range(5)} == {"unauthorized"}


def test_a_network_of_ipv6_counts_as_one_address(guesses: Guesses) -> None:
    told = [code_of(guesses, f"2001:db8::{n}", new_key()) for n in range(3)]
    assert told[-1] == "too_many_requests"
    assert code_of(guesses, "2001:db8:0:1::1", new_key()) == "unauthorized"


@pytest.mark.parametrize("host", ["", "localhost"])
def test_a_client_without_an_address_is_counted_too(guesses: Guesses, host: str) -> None:
    assert [code_of(guesses, host, new_key()) for _ in range(3)][-1] == "too_many_requests"


def test_who_cannot_be_looked_up_has_guessed_nothing(guesses: Guesses) -> None:
    for _ in range(5):
        with pytest.raises(OSError, match="away"), guesses.counted("192.0.2.1", new_key()):
            raise OSError("the database is away")
    assert code_of(guesses, "192.0.2.1", KEY, good=True) == "in"


@pytest.fixture
def client(serve: Serve) -> Iterator[httpx2.Client]:
    with (
        serve(keys={"app": KEY}, unknown_keys_per_minute=2) as address,
        httpx2.Client(base_url=f"http://{address}", trust_env=False) as client,
    ):
        yield client


def shown(client: httpx2.Client, key: str) -> httpx2.Response:
    return client.get("/v1/exercises", headers={"Authorization": f"Bearer {key}"})


def test_over_a_socket(client: httpx2.Client) -> None:
    assert shown(client, KEY).status_code == 200
    answers = [shown(client, new_key()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) in range(1, 32)
    assert shown(client, KEY).status_code == 200
