"""Keys, tokens and tickets: what is believed, for how long, and how often."""

import stat
from dataclasses import replace
from pathlib import Path

import anyio
import jwt
import pytest
from sqlalchemy.exc import OperationalError

from service.auth import SINGLE_USER, Authenticator, Caller, kept_secret
from service.errors import ServiceError
from service.tables import Key
from service.tenants import digest_of, new_key
from tests.service.clocks import Seconds

SECRET = b"s" * 32
KEY = new_key()


class Once:
    def __init__(self) -> None:
        self.used: dict[str, float] = {}

    def use_once(self, name: str, until_s: float) -> bool:
        first = name not in self.used
        self.used[name] = until_s
        return first


class FakeKeys:
    """One key, good for what it says."""

    def __init__(self, key_id: str = "k1", scopes: tuple[str, ...] = ("count", "read")) -> None:
        self.only = Key(id=key_id, tenant_id="acme", digest=digest_of(KEY), scopes=[*scopes])

    async def key_with(self, digest: str) -> Key | None:
        return self.only if digest == self.only.digest else None

    async def key(self, key_id: str) -> Key | None:
        return self.only if key_id == self.only.id else None


APP = Caller("acme", scopes=frozenset({"count", "read"}), key_id="k1")
ANN = replace(APP, user="ann")


def authenticator(
    clock: Seconds, secret: bytes = SECRET, keys: FakeKeys | None = None
) -> Authenticator:
    return Authenticator(keys or FakeKeys(), secret, Once(), clock)


@pytest.fixture
def clock() -> Seconds:
    return Seconds(1_000_000)


@pytest.mark.anyio
async def test_a_key_is_known_by_its_digest(clock: Seconds) -> None:
    assert await authenticator(clock).bearer(KEY) == APP
    with pytest.raises(ServiceError, match="not known"):
        await authenticator(clock).bearer(new_key())


@pytest.mark.anyio
async def test_without_keys_there_is_a_single_user(clock: Seconds) -> None:
    alone = Authenticator(None, SECRET, Once(), clock)
    assert await alone.bearer(None) == await alone.ticket("any") == SINGLE_USER


@pytest.mark.anyio
async def test_a_token_is_good_for_its_user_until_it_expires(clock: Seconds) -> None:
    one = authenticator(clock)
    token, expires_s = one.issue("token", ANN, 60)
    assert expires_s == clock.now_s + 60
    assert await one.bearer(token) == ANN
    clock.now_s += 60
    with pytest.raises(ServiceError, match="expired"):
        await one.bearer(token)


@pytest.mark.anyio
async def test_a_token_is_good_for_no_more_than_its_key(clock: Seconds) -> None:
    token, _ = authenticator(clock).issue("token", ANN, 60)
    narrowed = authenticator(clock, keys=FakeKeys(scopes=("read", "admin")))
    assert (await narrowed.bearer(token)).scopes == {"read"}


@pytest.mark.anyio
async def test_a_ticket_is_good_once(clock: Seconds) -> None:
    one = authenticator(clock)
    ticket, _ = one.issue("ticket", ANN, 60)
    assert await one.ticket(ticket) == ANN
    with pytest.raises(ServiceError, match="used"):
        await one.ticket(ticket)


@pytest.mark.anyio
@pytest.mark.parametrize(("secret", "key_id"), [(b"t" * 32, "k1"), (SECRET, "gone")])
async def test_a_token_of_another_secret_or_of_a_key_that_is_gone_is_refused(
    clock: Seconds, secret: bytes, key_id: str
) -> None:
    token, _ = authenticator(clock).issue("token", ANN, 60)
    with pytest.raises(ServiceError) as caught:
        await authenticator(clock, secret, FakeKeys(key_id)).bearer(token)
    assert caught.value.code == "unauthorized"


@pytest.mark.anyio
async def test_who_is_in_stays_until_the_key_is_gone(clock: Seconds) -> None:
    class Away(FakeKeys):
        """A database that is away, comes back, and knows the key no more."""

        answers = iter([True, None, True, False])

        async def key(self, key_id: str) -> Key | None:
            answer = next(self.answers)
            if answer is None:
                raise OperationalError("the database is away", {}, Exception())
            return self.only if answer else None

    keys = Away()
    with anyio.fail_after(5):
        await authenticator(clock, keys=keys).until_gone(APP, every_s=0)
    assert [*keys.answers] == []


@pytest.mark.anyio
async def test_an_unsigned_token_is_refused(clock: Seconds) -> None:
    forged = jwt.encode(
        {
            "iss": "blazereps",
            "aud": "token",
            "exp": clock.now_s + 9,
            "jti": "1",
            "key": "k1",
            "scope": "read",
        },
        "",
        algorithm="none",
    )
    with pytest.raises(ServiceError, match="not a token"):
        await authenticator(clock).bearer(forged)


def test_owners_are_told_apart() -> None:
    assert Caller("app").owner != Caller("app", "ann").owner != Caller("app", "bob").owner


def test_an_empty_secret_signs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch()
    with pytest.raises(OSError, match="damaged"):
        kept_secret(file)


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"
    made = kept_secret(file)
    assert len(made) == 32
    assert kept_secret(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [*file.parent.iterdir()] == [file]
