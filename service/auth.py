"""Who calls: a key, a short-lived token of one end user, or a browser's single-use ticket.

Without keys there is one user, who reaches the server from its own machine only.
"""

import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import jwt

from service.errors import ServiceError

TICKET_S: Final = 60
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "blazereps"
_KEY_PREFIX: Final = "br_"

Use = Literal["token", "ticket"]


class Used(Protocol):
    """Remembers what may be used once; see `service.sessions.SessionStore`."""

    def use_once(self, name: str, until_s: float) -> bool:
        """Whether it is the first time; remembered until a time of the clock."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is and, with a token, for which of its end users."""

    key: str
    user: str | None = None

    @property
    def owner(self) -> str:
        """What belongs to one caller is nobody else's."""
        return self.key if self.user is None else f"{self.key}/{self.user}"


SINGLE_USER: Final = Caller("")
"""Who calls where there are no keys."""


class Authenticator:
    """Tells callers by what they show, and issues tokens and tickets (JWT, HS256).

    `keys`: a name -> the SHA-256 of the key in hex; empty: everybody is the single user. `secret`:
    at least 32 bytes, shared by the processes that accept each other's tokens.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        secret: bytes,
        used: Used,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = dict(keys)
        self._secret, self._used, self._clock = secret, used, clock

    @property
    def single_user(self) -> bool:
        """Whether there are no keys."""
        return not self._keys

    def bearer(self, credential: str | None) -> Caller:
        """The caller with this key or token; raises ServiceError `unauthorized`."""
        if self.single_user:
            return SINGLE_USER
        if not credential:
            raise _unauthorized("a key or a token is needed: Authorization: Bearer ...")
        if credential.startswith(_KEY_PREFIX):
            return self._with_key(credential)
        return self._with_claims(self._claims(credential, "token"))

    def ticket(self, ticket: str) -> Caller:
        """The caller whose ticket it is, once; raises ServiceError `unauthorized`."""
        if self.single_user:
            return SINGLE_USER
        claims = self._claims(ticket, "ticket")
        if not self._used.use_once(claims["jti"], float(claims["exp"])):
            raise _unauthorized("the ticket has been used")
        return self._with_claims(claims)

    def issue(self, use: Use, caller: Caller, lifetime_s: int) -> tuple[str, float]:
        """A token or ticket for the caller, and until when it is good."""
        expires_s = int(self._clock()) + lifetime_s
        claims = {
            "iss": _ISSUER,
            "aud": use,
            "exp": expires_s,
            "jti": uuid.uuid4().hex,
            "key": caller.key,
        }
        if caller.user is not None:
            claims["sub"] = caller.user
        return jwt.encode(claims, self._secret, _ALGORITHM), expires_s

    def _with_key(self, key: str) -> Caller:
        digest = digest_of(key)
        for name, known in self._keys.items():
            if hmac.compare_digest(known, digest):
                return Caller(name)
        raise _unauthorized("the key is not known")

    def _with_claims(self, claims: Mapping[str, str]) -> Caller:
        if claims["key"] not in self._keys:
            raise _unauthorized("the key that issued it is gone")
        return Caller(claims["key"], claims.get("sub"))

    def _claims(self, signed: str, use: Use) -> dict[str, str]:
        try:
            claims: dict[str, str] = jwt.decode(
                signed,
                self._secret,
                [_ALGORITHM],
                audience=use,
                issuer=_ISSUER,
                options={"require": ["exp", "jti", "key"], "verify_exp": False},
            )
        except jwt.InvalidTokenError as error:
            raise _unauthorized(f"not a {use} of this server") from error
        if float(claims["exp"]) <= self._clock():
            raise _unauthorized(f"the {use} has expired")
        return claims


def new_key() -> str:
    """A key to give to somebody; only its digest is kept."""
    return _KEY_PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """The SHA-256 in hex that the setting `keys` holds: keys are random and need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def kept_secret(file: Path) -> bytes:
    """The secret in the file, made at the first time; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with file.open("xb") as made:
            file.chmod(0o600)
            made.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return file.read_bytes()


def _unauthorized(why: str) -> ServiceError:
    return ServiceError("unauthorized", why)
