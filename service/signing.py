"""Signatures of webhooks as Standard Webhooks has them: HMAC-SHA256, by every valid secret."""

import base64
import secrets as randomness
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """A secret of one endpoint's, `whsec_` and base64, for its receiver and for us."""
    return _PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signed(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one try to deliver a message.

    `secrets`: every one that is still valid, the newest first: while a secret is changed receivers
    with the old one and with the new one both find their signature. `message_id`: the same at
    every try. `timestamp`: of this try, whole seconds since 1970. `body`: UTF-8, sent as it is
    signed, to the byte.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    at, text = datetime.fromtimestamp(timestamp, UTC), body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(Webhook(one).sign(message_id, at, text) for one in secrets),
    }
