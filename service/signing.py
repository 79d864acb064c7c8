"""Signatures of webhooks as Standard Webhooks has them: HMAC-SHA256, by every valid secret."""

import base64
import binascii
import re
import secrets as randomness
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"
_SHORTEST_BYTES: Final = 24
_LONGEST_BYTES: Final = 64
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_secret() -> str:
    """A secret of one endpoint's, `whsec_` and base64, for its receiver and for us."""
    return _PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Raise ValueError for a secret that Standard Webhooks does not allow."""
    if not secret.startswith(_PREFIX):
        raise ValueError(f"a secret must begin with {_PREFIX}")
    try:
        size = len(base64.b64decode(secret.removeprefix(_PREFIX), validate=True))
    except binascii.Error as error:
        raise ValueError(f"a secret must be base64 after {_PREFIX}: {error}") from None
    if not _SHORTEST_BYTES <= size <= _LONGEST_BYTES:
        raise ValueError(
            f"a secret must have {_SHORTEST_BYTES} to {_LONGEST_BYTES} bytes, not {size}"
        )


def signed(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one try to deliver a message.

    `secrets`: every one that is still valid, the newest first: while a secret is changed receivers
    with the old one and with the new one both find their signature. `message_id`: the same at
    every try. `timestamp`: of this try, whole seconds since 1970. `body`: UTF-8, sent as it is
    signed, to the byte. Raises ValueError.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    if not secrets:
        raise ValueError("a message must be signed with one secret or more")
    if not _MESSAGE_ID.fullmatch(message_id):  # a full stop would move what is signed as what
        raise ValueError(f"a message's id must be {_MESSAGE_ID.pattern}, not {message_id!r}")
    for secret in secrets:
        check_secret(secret)
    at, text = datetime.fromtimestamp(timestamp, UTC), body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(Webhook(one).sign(message_id, at, text) for one in secrets),
    }
