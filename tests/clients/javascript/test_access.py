"""Who the JavaScript client says that it is."""

from pathlib import Path

import pytest

from tests.clients.javascript.conftest import KEY, issued
from tests.clients.javascript.node import NEEDED, count, of
from tests.clients.javascript.steps import SQUAT, shots
from tests.service.conftest import serve_fake
from tests.service.fakes import REP

pytestmark = NEEDED


def test_a_key_opens_a_session_and_resumes_it(guarded: str, tmp_path: Path) -> None:
    told = count(guarded, SQUAT, shots(REP, tmp_path), key=KEY, hangUpEvery=5)
    assert of(told, "session.resumed")
    assert told["summary"]["counts"] == {"squat": 1}


def test_a_token_opens_a_session(guarded: str, tmp_path: Path) -> None:
    token = issued(guarded, "tokens", KEY, user="somebody")["token"]
    told = count(guarded, SQUAT, shots(REP, tmp_path), token=token)
    assert told["summary"]["counts"] == {"squat": 1}


def test_a_ticket_opens_a_session_once(guarded: str) -> None:
    ticket = issued(guarded, "live/tickets", KEY)["ticket"]
    assert "summary" in count(guarded, {}, [], ticket=ticket)
    assert count(guarded, {}, [], ticket=ticket)["error"]["code"] == "connection_lost"


def test_who_comes_too_often_is_told_when_to_come_again() -> None:
    with serve_fake(keys={"app": KEY}, requests_per_minute=2) as address:
        assert "summary" in count(address, {}, [], key=KEY)  # a ticket and a connection
        error = count(address, {}, [], key=KEY)["error"]
    assert error["code"] == "too_many_requests"
    assert 0 < error["retryAfterS"] <= 60


@pytest.mark.parametrize(
    ("shown", "code"), [({"key": "br_wrong"}, "unauthorized"), ({}, "connection_lost")]
)
def test_who_shows_nothing_that_is_good_is_refused(
    shown: dict[str, str], code: str, guarded: str
) -> None:
    assert count(guarded, {}, [], **shown)["error"]["code"] == code
