"""Signatures, as the published library verifies them."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service.signing import new_secret, signed

BODY = '{"type":"test","data":{"who":"Zoë"}}'.encode()
OLD, NEW = new_secret(), new_secret()


def now(after_s: int = 0) -> int:
    return int(time.time()) + after_s


def test_a_receiver_verifies_it() -> None:
    headers = signed([NEW], "msg_1", now(), BODY)
    assert headers.keys() == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert re.fullmatch(r"v1,[A-Za-z0-9+/]{43}=", headers["webhook-signature"])
    assert Webhook(NEW).verify(BODY, headers)["data"] == {"who": "Zoë"}


def test_the_example_of_the_specification() -> None:
    """The library's own, at that time; the body is sent to the byte."""
    secret, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1_614_265_330
    headers = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [OLD, NEW], ids=["old", "new"])
def test_while_a_secret_is_changed_both_verify(secret: str) -> None:
    headers = signed([NEW, OLD], "msg_1", now(), BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(secret).verify(BODY, headers)["type"] == "test"


def test_afterwards_the_old_one_does_not() -> None:
    with pytest.raises(WebhookVerificationError, match="signature"):
        Webhook(OLD).verify(BODY, signed([NEW], "msg_1", now(), BODY))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_was_changed_on_the_way_is_noticed(name: str) -> None:
    headers = signed([NEW], "msg_1", now(), BODY)
    other = {"webhook-id": "msg_2", "webhook-timestamp": str(now(-10))}
    with pytest.raises(WebhookVerificationError, match="signature"):
        Webhook(NEW).verify(BODY, headers | {name: other[name]})


@given(st.binary(max_size=50).filter(lambda body: body != BODY))
def test_another_body_is_noticed(body: bytes) -> None:
    headers = signed([NEW], "msg_1", now(), BODY)
    with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
        Webhook(NEW).verify(body, headers)


@pytest.mark.parametrize(("after_s", "why"), [(-301, "old"), (310, "new")])
def test_a_message_is_good_for_five_minutes(after_s: int, why: str) -> None:
    with pytest.raises(WebhookVerificationError, match=why):
        Webhook(NEW).verify(BODY, signed([NEW], "msg_1", now(after_s), BODY))


def test_the_timestamp_is_told_as_it_is_given() -> None:
    at = int(datetime(2025, 7, 1, tzinfo=UTC).timestamp())
    assert signed([NEW], "msg_1", at, BODY)["webhook-timestamp"] == str(at)


def test_secrets_are_new_each_time() -> None:
    assert OLD != NEW
