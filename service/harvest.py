"""Live sessions become workouts: when they end, or when nobody has resumed them in time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from anyio import to_thread

from service.database import Database
from service.kept_workout import keep
from service.logs import get_logger
from service.receipts import was_erased
from service.session_result import SessionResult
from service.sessions import Kept, SqliteSessions
from service.stream import Stream, StreamError
from service.tenants import now_utc

log = get_logger(__name__)

BATCH: Final = 16
"""Expired sessions in memory at a time."""


class Harvest:
    """Keeps what sessions came to, once each, whoever comes first and wherever it is killed."""

    def __init__(
        self,
        database: Database,
        sessions: SqliteSessions,
        resumed: Callable[[Kept], Stream],
        *,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """`resumed`: the stream of a session that nobody goes on with; raises StreamError."""
        self._database, self._sessions, self._resumed = database, sessions, resumed
        self._clock = clock

    async def finished(self, session_id: str, owner: str, began_s: float, stream: Stream) -> None:
        """Keep a session that has its summary; raises SQLAlchemyError or SessionsAway."""
        await self._keep(session_id, owner, began_s, SessionResult.of(stream))
        await to_thread.run_sync(self._sessions.settle, session_id)

    async def expired(self) -> None:
        """Keep what nobody resumed, then forget it; what fails is tried again the next time.

        Several may do it at once, and any of them may be killed: the workout's id is the session's.
        """
        last = ""
        while batch := await to_thread.run_sync(self._sessions.expired, last, BATCH):
            for one in batch:
                await self._take_over(one)
            last = batch[-1].session_id

    async def _take_over(self, one: Kept) -> None:
        try:
            if not one.settled:
                result = await to_thread.run_sync(self._come_to, one)
                await self._keep(one.session_id, one.owner, one.began_s, result)
        except StreamError as error:
            log.warning("session not kept", session_id=one.session_id, error=error.cause)
        except Exception:
            log.exception("harvest failed", session_id=one.session_id)
            return
        await to_thread.run_sync(self._sessions.forget, one)

    def _come_to(self, one: Kept) -> SessionResult:
        try:
            return SessionResult.of(self._resumed(one))
        except StreamError as error:
            log.warning("session kept as told", session_id=one.session_id, error=error.cause)
            return SessionResult.told(one)

    async def _keep(
        self, session_id: str, owner: str, began_s: float, result: SessionResult
    ) -> None:
        if not (result.duration_s or result.tally.counts):
            return
        tenant, slash, name = owner.partition("/")
        user, began = name if slash else None, datetime.fromtimestamp(began_s, UTC)
        async with self._database.write() as session:
            if await was_erased(session, tenant, user, since=began):
                return
            await keep(
                session,
                workout_id=session_id,
                tenant_id=tenant,
                user_id=user,
                source="live",
                started_at=began,
                duration_s=result.duration_s,
                tally=result.tally,
                now=self._clock(),
                origin_s=result.origin_s,
            )
