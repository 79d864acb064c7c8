"""Sends webhooks: claims what is due, signs and posts it, records what came of it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Protocol

import anyio
from anyio.abc import TaskGroup

from blazereps_client.backoff import retry_after_s
from service.deliveries import Claimed, Deliveries, Tried, was_told
from service.logs import get_logger
from service.metrics import Metrics
from service.outbound import Answer, Refused, Unreachable
from service.retries import Outcome, outcome_of
from service.signing import signed
from service.tenants import now_utc

log = get_logger(__name__)

AT_ONCE: Final = 16
"""Webhooks that one process sends at the same time."""
AN_ENDPOINT: Final = 2
"""Of these, to one endpoint: a slow one leaves room for others."""
A_TENANT: Final = 8
"""And to the endpoints of one tenant, all of which may be slow."""
POLL_S: Final = 1.0
"""Between looks for what others have told, or what is due again."""
STOP_S: Final = 5.0
"""For what is under way when the server stops."""
_LONGEST_PAUSE_S: Final = 30.0
_RECORD_S: Final = 10.0
_MEASURE_S: Final = 5.0


class Sender(Protocol):
    """Posts a body; see `service.outbound.Outbound`."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer; raises Refused or Unreachable."""

    async def aclose(self) -> None:
        """Nothing more will be sent."""


class Courier:
    """Sends what is due, each at least once; several, in one process or many, share the work."""

    def __init__(
        self,
        deliveries: Deliveries,
        sender: Sender,
        metrics: Metrics,
        *,
        poll_s: float = POLL_S,
        stop_s: float = STOP_S,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._deliveries, self._sender, self._metrics = deliveries, sender, metrics
        self._poll_s, self._stop_s, self._clock = poll_s, stop_s, clock
        self._under_way: list[Claimed] = []
        self._woken = anyio.Event()
        self._stopping = False
        self._measured_s = -_MEASURE_S

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """It works while the context lasts; then what is under way is finished or given back."""
        listeners = self._deliveries.database.listeners
        listeners.append(self._committed)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._run)
                yield
                self._stopping = True
                self.wake()
        finally:
            listeners.remove(self._committed)
            await self._sender.aclose()

    def wake(self) -> None:
        """Look at once for what is due."""
        self._woken.set()

    def _committed(self, info: Mapping[Any, Any]) -> None:
        if was_told(info):
            self.wake()

    async def _run(self) -> None:
        pause_s = self._poll_s
        async with anyio.create_task_group() as tasks:
            while not self._stopping:
                self._woken = anyio.Event()
                try:
                    await self._send_due(tasks)
                    await self._measure()
                    pause_s = self._poll_s
                except Exception:  # of the database, mostly: it may come back
                    log.exception("courier failed", pause_s=pause_s)
                    await self._pause(pause_s)
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                else:
                    await self._pause(pause_s)
            tasks.cancel_scope.deadline = anyio.current_time() + self._stop_s

    async def _pause(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._woken.wait()

    async def _send_due(self, tasks: TaskGroup) -> None:
        while len(self._under_way) < AT_ONCE and not self._stopping:
            claimed = await self._deliveries.claim(
                _often((one.endpoint_id for one in self._under_way), AN_ENDPOINT),
                _often((one.tenant_id for one in self._under_way), A_TENANT),
            )
            if claimed is None:
                return
            self._under_way.append(claimed)
            tasks.start_soon(self._deliver, claimed)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            tried = await self._try(claimed)
            await self._record(claimed, tried)
        except anyio.get_cancelled_exc_class():
            await self._give_back(claimed)
            raise
        except Exception:  # it could not be recorded: when the lease is over it is tried again
            log.exception("webhook not recorded", delivery_id=claimed.id)
        finally:
            self._under_way.remove(claimed)
            self.wake()

    async def _try(self, claimed: Claimed) -> Tried:
        began_s = anyio.current_time()
        try:
            at = int(self._clock().timestamp())
            headers = signed(claimed.secrets, claimed.id, at, claimed.body)
            headers["content-type"] = "application/json"
            answer = await self._sender.post(claimed.url, headers, claimed.body)
        except (Refused, Unreachable) as error:
            seconds = anyio.current_time() - began_s
            return Tried(Outcome.FAILED, seconds, fault=str(error))
        except Exception:
            log.exception("webhook failed", delivery_id=claimed.id)
            return Tried(Outcome.FAILED, fault="a fault of the server's")
        return Tried(
            outcome_of(answer.status),
            answer.seconds,
            status_code=answer.status,
            excerpt=answer.excerpt,
            retry_after_s=retry_after_s(answer.retry_after, self._clock().timestamp()),
        )

    async def _give_back(self, claimed: Claimed) -> None:
        try:
            with anyio.fail_after(_RECORD_S, shield=True):
                await self._deliveries.give_back(claimed)
        except Exception:
            log.exception("webhook not recorded", delivery_id=claimed.id)

    async def _record(self, claimed: Claimed, tried: Tried) -> None:
        with anyio.fail_after(_RECORD_S, shield=True):  # what was sent is not to be sent again
            why = await self._deliveries.record(claimed, tried)
        self._metrics.webhooks.labels(tried.outcome).inc()
        log.info(
            "webhook tried",
            delivery_id=claimed.id,
            endpoint_id=claimed.endpoint_id,
            attempt=claimed.attempt,
            outcome=str(tried.outcome),
            status=tried.status_code,
        )
        if why is not None:
            log.warning("endpoint switched off", endpoint_id=claimed.endpoint_id, why=why)

    async def _measure(self) -> None:
        """Count what waits, now and then: the count is of all processes."""
        now_s = anyio.current_time()
        if now_s - self._measured_s >= _MEASURE_S:
            self._measured_s = now_s
            self._metrics.webhooks_pending.set(await self._deliveries.pending())


def _often(ids: Iterable[str], times: int) -> list[str]:
    """Those that are there so many times, or more."""
    return [one for one, number in Counter(ids).items() if number >= times]
