"""What receivers of webhooks are told is so."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest

from service.courier import A_TENANT, AN_ENDPOINT, AT_ONCE
from service.deliveries import GIVE_UP_DAYS, KEPT_DAYS
from service.endpoints import MAX_ENDPOINTS, MAX_FORMER
from service.fitting import EXERCISES
from service.outbound import BOUNDS, MAX_REDIRECTS, MAX_URL_CHARS
from service.retries import DELAYS_S, JITTER, MAX_RETRY_AFTER_S
from service.signing import SECRET_BYTES, new_secret, signed
from service.tables import USER
from service.webhook_events import ClipSucceeded, EndedWorkout, WebhookEvent, WorkoutEnded

WEBHOOKS = Path(__file__).parents[2].joinpath("docs", "webhooks.md").read_text(encoding="utf-8")
(SNIPPET,) = re.findall(r"```python\n(.*?)```", WEBHOOKS, re.DOTALL)
(EXAMPLE,) = re.findall(r"^\{\"timestamp.*\}$", WEBHOOKS, re.MULTILINE)
FIELDS = [one.model_fields for one in get_args(WebhookEvent)]
BODY = EXAMPLE.encode()
ID = uuid4().hex


def told(first: str) -> dict[str, str]:
    """What the table with this first heading says of each name."""
    (table,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", WEBHOOKS, re.MULTILINE)
    rows = (line.split(" | ", 1) for line in table.splitlines())
    return {name: rest for cell, rest in rows for name in re.findall(r"`([^`]+)`", cell)}


def test_every_type_and_no_other() -> None:
    assert told("`type`").keys() == {fields["type"].default for fields in FIELDS}


def test_every_field_and_no_other() -> None:
    data = [fields["data"].annotation for fields in FIELDS]
    assert told("field of `data`").keys() == {name for one in data for name in one.model_fields}


def test_every_header() -> None:
    assert told("header").keys() == signed([new_secret()], "msg_1", 0, BODY).keys()


def test_the_example_is_one() -> None:
    event = ClipSucceeded.model_validate_json(BODY)
    assert event.model_dump(mode="json") == json.loads(EXAMPLE)


def test_the_largest_message_is_within_its_bound() -> None:
    """All exercises, each counted as often as nobody can, of a user whose name is escaped."""
    (bound,) = re.findall(r"A message has at most ([\d,]+) bytes", WEBHOOKS)
    ended = EndedWorkout(
        workout_id=ID,
        user="\N{START OF HEADING}" * USER,
        source="live",
        source_id=ID,
        counts={folder.name: 10**9 for folder in EXERCISES.iterdir()},
    )
    event = WorkoutEnded(timestamp=datetime.now(UTC), data=ended)
    assert len(event.model_dump_json().encode()) <= int(bound.replace(",", ""))


def test_the_schedule() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    (sentence,) = re.findall(r"sent again: (.*?) after the try", WEBHOOKS, re.DOTALL)
    delays = [int(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", sentence)]
    assert delays == list(DELAYS_S)


@pytest.mark.parametrize(
    "limit",
    [
        f"up to {JITTER * 100:.0f} %",
        f"up to {MAX_RETRY_AFTER_S // 3600} h",
        f"{SECRET_BYTES} random bytes",
        f"{MAX_URL_CHARS:,} characters",
        f"{BOUNDS.connect_s:.0f} s to connect to each address, {BOUNDS.whole_s:.0f} s in all",
        f"the first {BOUNDS.max_answer_bytes // 1024} KiB",
        f"{['no', 'one', 'two', 'three'][MAX_REDIRECTS]} at most",
        f"a tenant has at most {MAX_ENDPOINTS}",
        f"the last {MAX_FORMER} old ones",
        f"taken nothing for {GIVE_UP_DAYS} days",
        f"kept for {KEPT_DAYS} days",
        f"{AT_ONCE} messages at a time, {AN_ENDPOINT} of them to one endpoint and {A_TENANT} to",
    ],
)
def test_every_limit(limit: str) -> None:
    assert limit in WEBHOOKS


@pytest.fixture
def snippet(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the document's code defines, and the secret that it uses."""
    secret = new_secret()
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    names: dict[str, Any] = {"secret": secret}
    exec(SNIPPET, names)
    return names


def test_the_code_takes_what_is_signed(
    snippet: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = signed([snippet["secret"]], "msg_1", int(time.time()), BODY)
    assert snippet["receive"](headers, BODY) == 204
    assert capsys.readouterr().out == "msg_1 {'squat': 5}\n"


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({}, BODY + b" "),
        ({}, b"\xff"),
        ({"webhook-signature": "nothing"}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-timestamp": "1738324800"}, BODY),
    ],
)
def test_the_code_takes_nothing_else(
    snippet: dict[str, Any], change: dict[str, str], body: bytes
) -> None:
    headers = signed([snippet["secret"]], "msg_1", int(time.time()), BODY) | change
    assert snippet["receive"](headers, body) == 401
