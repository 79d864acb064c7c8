"""What is kept together with a clip's end: the workout that it is, and what webhooks say of it."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import ClipResult, Tally
from service.deliveries import tell
from service.kept_workout import keep
from service.tables import Clip
from service.tenants import now_utc
from service.webhook_events import (
    ClipFailed,
    ClipSucceeded,
    FailedClip,
    SucceededClip,
    WebhookEvent,
)


async def keep_end(session: AsyncSession, clip: Clip, result: ClipResult | None) -> None:
    """Keep it in the transaction that keeps the clip; `result` is None of one that failed."""
    now = now_utc()
    event = _failed(clip, now) if result is None else _succeeded(clip, result, now)
    await tell(session, clip.tenant_id, clip.user_id, event, now)
    if result is not None:
        await keep(
            session,
            workout_id=clip.id,
            tenant_id=clip.tenant_id,
            user_id=clip.user_id,
            source="clip",
            started_at=clip.recorded_at or clip.created_at,
            duration_s=result.duration_s,
            tally=Tally.model_validate(_parts(result)),
            now=now,
        )


def _parts(result: ClipResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in Tally.model_fields}


def _succeeded(clip: Clip, result: ClipResult, now: datetime) -> WebhookEvent:
    data = SucceededClip(clip_id=clip.id, user=clip.user_id, counts=result.counts)
    return ClipSucceeded(timestamp=now, data=data)


def _failed(clip: Clip, now: datetime) -> WebhookEvent:
    code = clip.error["code"] if clip.error else "internal"
    return ClipFailed(timestamp=now, data=FailedClip(clip_id=clip.id, user=clip.user_id, code=code))
