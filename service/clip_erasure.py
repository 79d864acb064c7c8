"""Clips erased: the row, the media and everything that was made from it."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from service.clip_media import media_of
from service.clip_store import ClipStore
from service.logs import get_logger
from service.storage import FAULTS, Storage

log = get_logger(__name__)

AT_ONCE: Final = 100


async def erase_clip(clips: ClipStore, storage: Storage, clip_id: str) -> None:
    """Erase a clip of anybody's.

    Whoever still uploads or counts it is told so at its next step; what it stores until then goes
    with the row, once that is `late`.
    """
    if await clips.give_up(clip_id):
        await storage.erase(media_of(clip_id))
    else:
        await _erase(clips, storage, clip_id)


async def abandon_upload(clips: ClipStore, storage: Storage, clip_id: str) -> None:
    """Erase an upload that has come to nothing; what was ended meanwhile, well or not, stays."""
    if await clips.abandon(clip_id):
        await _erase(clips, storage, clip_id)


async def _erase(clips: ClipStore, storage: Storage, clip_id: str) -> None:
    """The media before the row by which it is found again, wherever this is killed."""
    await storage.erase(media_of(clip_id))
    await clips.forget(clip_id)


async def expire_uploads(clips: ClipStore, storage: Storage) -> None:
    """Erase what is `late`, the oldest first; raises as `erase_each`."""
    late = partial(clips.late, AT_ONCE)
    await erase_each(late, partial(abandon_upload, clips, storage))


async def erase_each(
    due: Callable[[Sequence[str]], Awaitable[Sequence[str]]],
    erase: Callable[[str], Awaitable[None]],
) -> None:
    """Erase what is due, in batches: one that cannot be erased keeps no other.

    `due`: the next clips, at most `AT_ONCE`, but for these; what is erased is due no more. Raises
    OSError in the end where some stay; where so many do the storage is away, and it is left at
    that.
    """
    stay: list[str] = []
    while len(stay) < AT_ONCE and (batch := await due(stay)):
        for clip_id in batch:
            try:
                await erase(clip_id)
            except FAULTS as error:
                log.warning("media not erased", clip_id=clip_id, error=str(error))
                stay.append(clip_id)
    if stay:
        raise OSError(f"of {len(stay)} clips not everything can be erased")
