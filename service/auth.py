"""Who calls: a key, a short-lived token of one end user, or a browser's single-use ticket.

Without keys there is one user, who reaches the server from its own machine only.
"""

import os
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Literal, Protocol

import anyio
import jwt
from anyio import to_thread
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError

from service.errors import ServiceError
from service.tables import Clip, Key, Workout
from service.tenants import KEY_PREFIX, LOCAL, SCOPES, digest_of

TICKET_S: Final = 60
RECHECK_S: Final = 5.0
"""How often whoever is in is looked up again."""
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "blazereps"
_SECRET_BYTES: Final = 32

Use = Literal["token", "ticket"]


class Used(Protocol):
    """Remembers what may be used once; see `service.sessions.SqliteSessions`."""

    def use_once(self, name: str, until_s: float) -> bool:
        """Whether it is the first time; remembered until a time of the clock. Blocking."""


class Keys(Protocol):
    """Knows the keys that are good now; see `service.keyring.KeyRing`."""

    async def key_with(self, digest: str) -> Key | None:
        """The key that opens the door with this digest."""

    async def key(self, key_id: str) -> Key | None:
        """The key of that id."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is, what it is good for and, with a token, for which end user."""

    tenant: str
    user: str | None = None
    scopes: frozenset[str] = frozenset(SCOPES)
    key_id: str = ""
    requests_per_minute: int | None = None
    """None: as the settings say."""
    clips_per_day: int | None = None
    """None: as many as one likes."""

    @property
    def owner(self) -> str:
        """Whose live sessions are resumed: those of one are nobody else's."""
        return self.tenant if self.user is None else f"{self.tenant}/{self.user}"

    def sees(self, table: type[Clip] | type[Workout]) -> tuple[ColumnElement[bool], ...]:
        """Which rows: its tenant's and, with a token, its user's."""
        mine = (table.tenant_id == self.tenant,)
        return mine if self.user is None else (*mine, table.user_id == self.user)

    @property
    def actor(self) -> str:
        """Who acts, for the audit log."""
        return f"key:{self.key_id}"


SINGLE_USER: Final = Caller(LOCAL, scopes=frozenset(SCOPES) - {"admin"})
"""Who calls where there are no keys."""


class Authenticator:
    """Tells callers by what they show, and issues tokens and tickets (JWT, HS256).

    `keys`: None where everybody is the single user. `secret`: at least 32 bytes, shared by the
    processes that accept each other's tokens.
    """

    def __init__(
        self,
        keys: Keys | None,
        secret: bytes,
        used: Used,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._secret, self._used, self._clock = secret, used, clock

    @property
    def single_user(self) -> bool:
        """Whether there are no keys."""
        return self._keys is None

    async def bearer(self, credential: str | None) -> Caller:
        """The caller with this key or token; raises ServiceError `unauthorized`."""
        if self._keys is None:
            return SINGLE_USER
        if not credential:
            raise _unauthorized("a key or a token is needed: Authorization: Bearer ...")
        if credential.startswith(KEY_PREFIX):
            key = await self._keys.key_with(digest_of(credential))
            if key is None:
                raise _unauthorized("the key is not known, or good no more")
            return _caller(key)
        return await self._with_claims(self._keys, self._claims(credential, "token"))

    async def ticket(self, ticket: str) -> Caller:
        """The caller whose ticket it is, once; raises ServiceError `unauthorized`."""
        if self._keys is None:
            return SINGLE_USER
        claims = self._claims(ticket, "ticket")
        first = await to_thread.run_sync(self._used.use_once, claims["jti"], float(claims["exp"]))
        if not first:
            raise _unauthorized("the ticket has been used")
        return await self._with_claims(self._keys, claims)

    async def until_gone(self, caller: Caller, *, every_s: float = RECHECK_S) -> None:
        """Until the caller's key is good no more; a database that is away does not say so."""
        while True:
            await anyio.sleep(every_s)
            if self._keys is not None:
                with suppress(SQLAlchemyError):
                    if await self._keys.key(caller.key_id) is None:
                        return

    def issue(self, use: Use, caller: Caller, lifetime_s: int) -> tuple[str, float]:
        """A token or ticket for the caller, and until when it is good."""
        expires_s = int(self._clock()) + lifetime_s
        claims = {
            "iss": _ISSUER,
            "aud": use,
            "exp": expires_s,
            "jti": uuid.uuid4().hex,
            "key": caller.key_id,
            "scope": " ".join(sorted(caller.scopes)),
        }
        if caller.user is not None:
            claims["sub"] = caller.user
        return jwt.encode(claims, self._secret, _ALGORITHM), expires_s

    async def _with_claims(self, keys: Keys, claims: Mapping[str, str]) -> Caller:
        key = await keys.key(claims["key"])
        if key is None:
            raise _unauthorized("the key that issued it is gone")
        return _caller(key, claims.get("sub"), frozenset(claims["scope"].split()))

    def _claims(self, signed: str, use: Use) -> dict[str, str]:
        try:
            claims: dict[str, str] = jwt.decode(
                signed,
                self._secret,
                [_ALGORITHM],
                audience=use,
                issuer=_ISSUER,
                options={"require": ["exp", "jti", "key", "scope"], "verify_exp": False},
            )
        except jwt.InvalidTokenError as error:
            raise _unauthorized(f"not a {use} of this server") from error
        if float(claims["exp"]) <= self._clock():
            raise _unauthorized(f"the {use} has expired")
        return claims


def _caller(key: Key, user: str | None = None, scopes: frozenset[str] | None = None) -> Caller:
    """With a token, no more than what both the key and the token are good for."""
    granted = frozenset(key.scopes)
    return Caller(
        tenant=key.tenant_id,
        user=user,
        scopes=granted if scopes is None else granted & scopes,
        key_id=key.id,
        requests_per_minute=key.requests_per_minute,
        clips_per_day=key.clips_per_day,
    )


def kept_secret(file: Path) -> bytes:
    """The secret in the file, made at the first time; raises OSError.

    It is there whole or not at all, whoever starts at the same time or is killed meanwhile: an
    empty secret would be everybody's.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        with NamedTemporaryFile(dir=file.parent) as made:  # for its owner only
            made.write(secrets.token_bytes(_SECRET_BYTES))
            made.flush()
            with suppress(FileExistsError):
                os.link(made.name, file)
    secret = file.read_bytes()
    if len(secret) < _SECRET_BYTES:
        raise OSError(f"{file} is damaged: it holds no {_SECRET_BYTES} bytes; erase it")
    return secret


def _unauthorized(why: str) -> ServiceError:
    return ServiceError("unauthorized", why)
