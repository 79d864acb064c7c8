"""Keys, tokens and tickets: what is believed, for how long, and how often."""

import stat
from pathlib import Path

import jwt
import pytest

from service.auth import Authenticator, Caller, digest_of, kept_secret, new_key
from service.errors import ServiceError

SECRET = b"s" * 32
KEY = new_key()


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


class Once:
    def __init__(self) -> None:
        self.used: dict[str, float] = {}

    def use_once(self, name: str, until_s: float) -> bool:
        first = name not in self.used
        self.used[name] = until_s
        return first


def authenticator(clock: Clock, secret: bytes = SECRET, name: str = "app") -> Authenticator:
    return Authenticator({name: digest_of(KEY)}, secret, Once(), clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_key_is_known_by_its_digest(clock: Clock) -> None:
    assert authenticator(clock).bearer(KEY) == Caller("app")
    with pytest.raises(ServiceError, match="not known"):
        authenticator(clock).bearer(new_key())


def test_a_token_is_good_for_its_user_until_it_expires(clock: Clock) -> None:
    one = authenticator(clock)
    token, expires_s = one.issue("token", Caller("app", "ann"), 60)
    assert expires_s == clock.now_s + 60
    assert one.bearer(token) == Caller("app", "ann")
    clock.now_s += 60
    with pytest.raises(ServiceError, match="expired"):
        one.bearer(token)


def test_a_ticket_is_good_once(clock: Clock) -> None:
    one = authenticator(clock)
    ticket, _ = one.issue("ticket", Caller("app", "ann"), 60)
    assert one.ticket(ticket) == Caller("app", "ann")
    with pytest.raises(ServiceError, match="used"):
        one.ticket(ticket)


@pytest.mark.parametrize(("secret", "name"), [(b"t" * 32, "app"), (SECRET, "gone")])
def test_a_token_of_another_secret_or_of_a_key_that_is_gone_is_refused(
    clock: Clock, secret: bytes, name: str
) -> None:
    token, _ = authenticator(clock).issue("token", Caller("app", "ann"), 60)
    with pytest.raises(ServiceError) as caught:
        authenticator(clock, secret, name).bearer(token)
    assert caught.value.code == "unauthorized"


def test_an_unsigned_token_is_refused(clock: Clock) -> None:
    claims = {"iss": "blazereps", "aud": "token", "exp": clock.now_s + 9, "jti": "1", "key": "app"}
    forged = jwt.encode(claims, None, algorithm="none")
    with pytest.raises(ServiceError, match="not a token"):
        authenticator(clock).bearer(forged)


def test_owners_are_told_apart() -> None:
    assert Caller("app").owner != Caller("app", "ann").owner != Caller("app", "bob").owner


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"
    made = kept_secret(file)
    assert len(made) == 32
    assert kept_secret(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
