"""Clips erased: the row, the media and everything that was made from it."""

from service.clip_media import media_of
from service.clip_store import STATUSES, ClipStore
from service.storage import Storage

_AT_ONCE = 100


async def erase_clip(clips: ClipStore, storage: Storage, clip_id: str) -> None:
    """Erase a clip of anybody's.

    Whoever still uploads or counts it is told so at its next step, before what it has stored goes.
    """
    await clips.give_up(clip_id)
    await storage.erase(media_of(clip_id))
    await clips.forget(clip_id, *STATUSES)


async def abandon_upload(clips: ClipStore, storage: Storage, clip_id: str) -> None:
    """Erase an upload that has come to nothing; what was ended meanwhile, well or not, stays."""
    if await clips.abandon(clip_id):
        await storage.erase(media_of(clip_id))
        await clips.forget(clip_id, "cancelled")


async def expire_uploads(clips: ClipStore, storage: Storage) -> None:
    """Erase uploads that were not finished in time, the oldest first."""
    while late := await clips.late(_AT_ONCE):
        for clip_id in late:
            await abandon_upload(clips, storage, clip_id)
