"""The courier with real receivers: signed, retried, shared, never held up, and at least once."""

import asyncio
import tracemalloc
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, cast

import pytest
from standardwebhooks import Webhook

from service.courier import A_TENANT, AN_ENDPOINT, AT_ONCE
from service.database import Database
from service.metrics import Metrics
from service.outbound import Answer, Outbound
from service.retries import DELAYS_S
from service.tables import Attempt, Delivery, Endpoint
from tests.service.couriers import Broken, Many, Sender, until, value, working
from tests.service.outbox import LATEST, LOOPBACK, Outbox, opened_outbox
from tests.service.receiver import NO_CONTENT, Heard, Receiver, receiving

pytestmark = pytest.mark.anyio

ERROR = b"HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\nno.\x00"
GONE = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
LATER = b"HTTP/1.1 503 Later\r\nretry-after: 600\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
async def outbox(database: Database) -> Outbox:
    return await opened_outbox(database)


async def settled(outbox: Outbox, tries: int) -> Delivery:
    """The one delivery, once so many tries of it are recorded."""

    async def recorded() -> Delivery | None:
        found = await outbox.row()
        _, attempts = await outbox.endpoints.delivery("acme", found.endpoint_id, found.id)
        done = [one for one in attempts if one.seconds is not None]
        return await outbox.row() if len(done) == tries else None

    return cast(Delivery, await until(recorded))


async def last_try(outbox: Outbox) -> Attempt:
    row = await outbox.row()
    _, attempts = await outbox.endpoints.delivery("acme", row.endpoint_id, row.id)
    return attempts[-1]


def verified(heard: Heard, endpoint: Endpoint) -> dict[str, Any]:
    return cast(dict[str, Any], Webhook(endpoint.secret).verify(heard.body, heard.headers))


async def test_a_receiver_is_told_at_once_and_can_verify_it(outbox: Outbox) -> None:
    async with receiving() as receiver, working(outbox):
        endpoint = await outbox.add(receiver.port)
        await outbox.tell(user="ann")
        row = await settled(outbox, 1)
    (heard,) = receiver.heard
    assert heard.line == "POST /hook HTTP/1.1"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == row.id
    assert verified(heard, endpoint) == outbox.event("ann").model_dump(mode="json")
    assert row.status == "delivered"


async def test_what_fails_is_sent_again_when_it_is_time(outbox: Outbox) -> None:
    async with receiving(ERROR, ERROR, NO_CONTENT) as receiver, working(outbox) as courier:
        endpoint = await outbox.add(receiver.port)
        await outbox.tell()
        for tries in (1, 2):
            row = await settled(outbox, tries)
            assert row.status == "pending"
            outbox.clock.advance(seconds=DELAYS_S[tries - 1] * LATEST)
            courier.wake()
        row = await settled(outbox, 3)
    assert row.status == "delivered"
    assert {heard.headers["webhook-id"] for heard in receiver.heard} == {row.id}
    assert len({heard.headers["webhook-timestamp"] for heard in receiver.heard}) == 3
    _, attempts = await outbox.endpoints.delivery("acme", endpoint.id, row.id)
    assert [one.status_code for one in attempts] == [500, 500, 204]
    assert attempts[0].excerpt == "no.\N{REPLACEMENT CHARACTER}"


async def test_what_another_process_has_told_is_found_by_looking(outbox: Outbox) -> None:
    url = outbox.database.engine.url.render_as_string(hide_password=False)
    elsewhere = Outbox(Database(url), outbox.clock)
    async with receiving() as receiver, working(outbox, poll_s=0.01):
        await outbox.add(receiver.port)
        await elsewhere.tell()
        await elsewhere.database.aclose()
        await until(lambda: receiver.heard)


async def test_a_receiver_may_ask_for_time(outbox: Outbox) -> None:
    async with receiving(LATER) as receiver, working(outbox):
        await outbox.add(receiver.port)
        await outbox.tell()
        row = await settled(outbox, 1)
    assert row.next_at is not None
    assert row.next_at - outbox.clock() == timedelta(seconds=600)


async def test_old_and_new_secret_verify_while_they_overlap(outbox: Outbox) -> None:
    async with receiving() as receiver, working(outbox) as courier:
        old = await outbox.add(receiver.port)
        new = await outbox.endpoints.rotate("acme", old.id, overlap_s=60)
        await outbox.tell()
        await settled(outbox, 1)  # heard is not enough: its lease would end with the clock
        outbox.clock.advance(seconds=60)
        await outbox.tell()
        courier.wake()
        await until(lambda: len(receiver.heard) == 2)
    both, only = (heard.headers["webhook-signature"].split() for heard in receiver.heard)
    assert (len(both), len(only)) == (2, 1)
    assert verified(receiver.heard[0], old) == verified(receiver.heard[0], new)
    assert verified(receiver.heard[1], new)


async def test_nobody_is_told_who_says_that_he_is_gone(outbox: Outbox) -> None:
    metrics = Metrics()
    async with receiving(GONE) as receiver, working(outbox, metrics=metrics):
        made = await outbox.add(receiver.port)
        await outbox.tell()
        row = await settled(outbox, 1)
    endpoint = await outbox.endpoints.get("acme", made.id)
    assert (row.status, endpoint.enabled) == ("failed", False)
    assert value(metrics, "webhooks_total", outcome="gone") == 1


@pytest.mark.parametrize("url", ["https://10.0.0.5/", "https://localhost:1/", "http://10.0.0.5/"])
async def test_what_is_private_is_not_reached_and_not_tried_at_once_again(
    outbox: Outbox, url: str
) -> None:
    """As where a name has come to mean another address since it was registered."""
    async with working(outbox, Outbound(LOOPBACK if url.startswith("http:") else ())):
        made = await outbox.add()
        async with outbox.database.write() as session:
            endpoint = await session.get_one(Endpoint, made.id)
            endpoint.url = url
        await outbox.tell()
        row = await settled(outbox, 1)
        assert await outbox.deliveries.claim() is None
    assert row.next_at is not None
    assert row.next_at > outbox.clock() + timedelta(seconds=DELAYS_S[0] * (2 - LATEST))
    tried = await last_try(outbox)
    assert (tried.status_code, bool(tried.fault)) == (None, True)


async def test_where_nobody_answers_it_says_so(outbox: Outbox) -> None:
    async with receiving() as receiver:
        port = receiver.port
    async with working(outbox):
        await outbox.add(port)
        await outbox.tell()
        await settled(outbox, 1)
    tried = await last_try(outbox)
    assert (tried.status_code, bool(tried.fault)) == (None, True)


async def test_a_redelivery_has_the_same_id(outbox: Outbox) -> None:
    async with receiving() as receiver, working(outbox):
        made = await outbox.add(receiver.port)
        await outbox.tell()
        row = await settled(outbox, 1)
        await outbox.endpoints.redeliver("acme", made.id, row.id)
        await settled(outbox, 2)
    assert [heard.headers["webhook-id"] for heard in receiver.heard] == [row.id] * 2
    assert receiver.heard[0].body == receiver.heard[1].body


async def test_two_couriers_deliver_each_once(outbox: Outbox) -> None:
    async with AsyncExitStack() as stack:
        receivers: list[Receiver] = []
        for _ in range(4):
            receivers.append(await stack.enter_async_context(receiving()))
            await outbox.add(receivers[-1].port)
        for _ in range(2):
            await stack.enter_async_context(working(outbox))
        await outbox.tell(10)
        await until(lambda: all(len(receiver.heard) >= 10 for receiver in receivers))
        await until(lambda: none_pending(outbox))
    heard = [one.headers["webhook-id"] for receiver in receivers for one in receiver.heard]
    assert sorted(heard) == sorted(row.id for row in await outbox.rows("delivered"))


async def none_pending(outbox: Outbox) -> bool:
    return await outbox.deliveries.pending() == 0


async def test_a_slow_receiver_holds_up_nobody_else(outbox: Outbox) -> None:
    hung_up = asyncio.Event()

    async def silent(writer: asyncio.StreamWriter) -> None:
        await hung_up.wait()

    async with (
        receiving(silent) as slow,
        receiving() as quick,
        working(outbox, stop_s=0),
    ):
        await outbox.add(slow.port)
        await outbox.tell(2 * AT_ONCE)
        await until(lambda: len(slow.heard) == AN_ENDPOINT)
        await outbox.add(quick.port)
        await outbox.tell(5)
        await until(lambda: len(quick.heard) == 5)
        assert len(slow.heard) == AN_ENDPOINT
        hung_up.set()


async def test_a_tenant_whose_receivers_are_all_slow_holds_up_no_other(outbox: Outbox) -> None:
    sender = Sender(held=lambda url: ":90" in url)
    other = await outbox.another()
    for port in range(9000, 9010):
        await outbox.add(port)
    await other.add(8000)
    async with working(outbox, sender, stop_s=0):
        await outbox.tell(2)
        await until(lambda: len(sender.under_way) == A_TENANT)
        await other.tell(5)
        await until(lambda: len(sender.sent) == 5)
        assert len(sender.under_way) == A_TENANT


async def test_so_many_are_under_way_and_no_more(outbox: Outbox) -> None:
    sender = Sender()
    other = await outbox.another()
    for port in range(9000, 9005):
        await outbox.add(port)
        await other.add(port + 10)
    async with working(outbox, sender):
        await outbox.tell(6)
        await other.tell(6)
        await until(lambda: len(sender.under_way) == AT_ONCE)
        sender.open.set()
        await until(lambda: len(sender.sent) == 60)
        await until(lambda: none_pending(outbox))
    assert (sender.most, sender.most_to_one) == (AT_ONCE, AN_ENDPOINT)
    assert len({*sender.sent}) == 60


async def test_many_that_wait_are_not_in_memory(outbox: Outbox) -> None:
    many = Many(outbox.database)
    sender = Sender(held=lambda _: False)
    tracemalloc.start()
    async with working(outbox, sender, deliveries=many):
        await until(lambda: many.recorded == many.number)
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len({*sender.sent}) == many.number == 1000
    assert sender.most == AT_ONCE
    assert peak < many.number * many.size / 10


async def test_what_is_under_way_at_the_end_is_finished(outbox: Outbox) -> None:
    sender = Sender()
    await outbox.add()
    async with working(outbox, sender):
        await outbox.tell(3)
        await until(lambda: len(sender.under_way) == 2)
        asyncio.get_running_loop().call_later(0.05, sender.open.set)
    assert sorted(row.status for row in await outbox.rows()) == [*["delivered"] * 2, "pending"]


async def test_or_it_is_given_back(outbox: Outbox) -> None:
    await outbox.add()
    sender, next_one = Sender(), Sender(held=lambda _: False)
    async with working(outbox, sender, stop_s=0.01):
        await outbox.tell()
        await until(lambda: sender.under_way)
    row = await outbox.row()
    assert (row.status, row.next_at, row.attempts) == ("pending", outbox.clock(), 1)
    assert (await last_try(outbox)).fault == "the server was stopped before an answer came"
    async with working(outbox, next_one):
        await until(lambda: next_one.sent == [row.id])


async def test_it_outlives_a_database_that_goes_away(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    sender = Sender(held=lambda _: False)
    broken = Broken(outbox.database, clock=outbox.clock)
    await outbox.add()
    await outbox.tell()
    async with working(outbox, sender, deliveries=broken, poll_s=0.001):
        await until(lambda: sender.sent)
    pauses = [getattr(r, "pause_s") for r in caplog.records if r.msg == "courier failed"]  # noqa: B009
    assert pauses == [0.001, 0.002, 0.004]


async def test_a_fault_of_ours_is_a_failed_try(outbox: Outbox) -> None:
    class Faulty(Sender):
        async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            raise ZeroDivisionError

    metrics = Metrics()
    await outbox.add()
    async with working(outbox, Faulty(), metrics=metrics):
        await outbox.tell()
        await until(lambda: value(metrics, "webhooks_total", outcome="failed") == 1)
    assert (await outbox.row()).status == "pending"
    assert (await last_try(outbox)).fault == "a fault of the server's"


async def test_it_is_measured(outbox: Outbox) -> None:
    metrics = Metrics()
    await outbox.add()
    await outbox.tell(3)
    async with working(outbox, Sender(), metrics=metrics, stop_s=0):
        await until(lambda: value(metrics, "webhooks_pending") == 3)


async def test_a_secret_and_a_url_are_not_logged(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "service")
    async with receiving(GONE) as receiver, working(outbox):
        made = await outbox.add(receiver.port)
        await outbox.tell()
        await settled(outbox, 1)
    told = str([vars(record) for record in caplog.records])
    assert "webhook tried" in told
    assert made.secret not in told
    assert "/hook" not in told
