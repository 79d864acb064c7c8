"""Couriers at work, and what they work with: senders and rows that are not real."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from service.courier import AT_ONCE, Courier
from service.deliveries import Claimed, Deliveries, Tried
from service.metrics import Metrics
from service.outbound import Answer, Outbound
from service.signing import new_secret
from tests.service.outbox import LOOPBACK, Outbox

NEVER_S: Final = 3600.0
"""Between polls: whoever is woken is woken by something else."""


@dataclass
class Sender:
    """Answers 204 when it is let, and says how many it was sent at once."""

    open: anyio.Event = field(default_factory=anyio.Event)
    held: Callable[[str], bool] = lambda _: True
    sent: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)
    most: int = 0
    most_to_one: int = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.under_way.append(url)
        self.most = max(self.most, len(self.under_way))
        self.most_to_one = max(self.most_to_one, self.under_way.count(url))
        try:
            if self.held(url):
                await self.open.wait()
            await asyncio.sleep(0)
            self.sent.append(headers["webhook-id"])
            return Answer(204, 0.0, "", None)
        finally:
            self.under_way.remove(url)

    async def aclose(self) -> None:
        pass


class Broken(Deliveries):
    """A database that fails so often before it works."""

    failures = 3

    async def claim(self, *busy: Collection[str]) -> Claimed | None:
        if self.failures:
            self.failures -= 1
            raise OperationalError("select", {}, Exception("gone away"))
        return await super().claim(*busy)


class Many(Deliveries):
    """A thousand of two tenants' that are due, each as large as can be, made as it is claimed."""

    number = 1000
    size = 20_000
    claimed = recorded = 0

    async def claim(
        self, busy_endpoints: Collection[str] = (), busy_tenants: Collection[str] = ()
    ) -> Claimed | None:
        if self.claimed == self.number:
            return None
        tenant = next(one for one in ("acme", "other") if one not in busy_tenants)
        hosts = (f"{tenant}{number}.example" for number in range(AT_ONCE))
        free = next(one for one in hosts if one not in busy_endpoints)
        self.claimed += 1
        name, body = f"msg_{self.claimed}", b"x" * self.size
        return Claimed(name, tenant, free, f"https://{free}/", (new_secret(),), body, 1)

    async def record(self, claimed: Claimed, tried: Tried) -> str | None:
        await asyncio.sleep(0)
        self.recorded += 1
        return None

    async def pending(self) -> int:
        return self.number - self.recorded


def courier_of(outbox: Outbox, sender: Any = None, **options: Any) -> Courier:
    chosen = {"poll_s": NEVER_S, "clock": outbox.clock, "metrics": Metrics(), **options}
    deliveries = chosen.pop("deliveries", outbox.deliveries)
    return Courier(deliveries, sender or Outbound(LOOPBACK), **chosen)


@asynccontextmanager
async def working(outbox: Outbox, sender: Any = None, **options: Any) -> AsyncIterator[Courier]:
    courier = courier_of(outbox, sender, **options)
    async with courier.working():
        yield courier


async def until(true: Callable[[], Any]) -> Any:
    """Wait for what happens elsewhere; awaited where it is a question to the database."""
    with anyio.fail_after(20):
        while True:
            found = true()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await anyio.sleep(0.005)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    text = metrics.exposition("")[0].decode()
    samples = (s for family in text_string_to_metric_families(text) for s in family.samples)
    with suppress(StopIteration):
        return next(s.value for s in samples if (s.name, s.labels) == (f"blazereps_{name}", labels))
    return 0
