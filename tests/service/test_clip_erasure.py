"""Clips and uploads erased, whatever is still at work on them; on each database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.auth import Caller
from service.clip_erasure import abandon_upload, erase_clip, expire_uploads
from service.clip_media import landmark_file_of, media_of, pieces_of, video_of
from service.clip_store import ClipStore, Lost, Status
from service.database import Database
from service.errors import ServiceError
from service.receipts import SETTLE
from service.retention import Retention
from service.settings import Settings
from service.storage import Storage
from service.tables import Clip, Workout, WorkoutSet
from service.tenants import Tenants, now_utc
from tests.service.kept import FailingStorage

pytestmark = pytest.mark.anyio
NOW = now_utc()
CALLER = Caller("app")


@pytest.fixture
async def clips(database: Database) -> ClipStore:
    await Tenants(database).add("app", "test")
    return ClipStore(database, lease_s=60, clock=lambda: NOW)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.of(Settings(data=tmp_path))


async def kept(
    clips: ClipStore, storage: Storage, clip_id: str, status: Status, **more: Any
) -> Clip:
    """A clip with 3 bytes of video."""
    clip = Clip(
        id=clip_id * 32, tenant_id="app", key_id="", name="a", status=status,
        wanted={"exercise": "squat", "fps": 15}, **{"created_at": NOW, **more},
    )  # fmt: skip
    await clips.begin(clip, max_waiting=10, max_of_tenant=10)
    await storage.append(video_of(clip.id), 0, once(b"abc"), 10)
    return clip


async def once(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


async def workout_of(database: Database, clip: Clip) -> None:
    workout = Workout(
        id=clip.id, tenant_id="app", source="clip", started_at=NOW, duration_s=2.0,
        tally={}, counts={"squat": 2}, corrections={}, created_at=NOW,
    )  # fmt: skip
    one_set = WorkoutSet(
        workout_id=clip.id, exercise="squat", number=1, started_at=NOW, reps=2,
        duration_s=2.0,
    )  # fmt: skip
    async with database.write() as session:
        session.add(workout)
        await session.flush()
        session.add(one_set)


@pytest.mark.parametrize("status", ["succeeded", "failed"])
async def test_a_clip_is_erased_with_all_that_was_made_from_it(
    clips: ClipStore, storage: Storage, database: Database, status: Status
) -> None:
    clip, other = [await kept(clips, storage, one, status) for one in "ab"]
    await storage.put(landmark_file_of(clip.id), b"x")
    for one in (clip, other):
        await workout_of(database, one)
    await erase_clip(clips, storage, clip.id)
    assert await clips.find(clip.id) is None
    assert await storage.erase(media_of(clip.id)) == 0
    assert await clips.find(other.id) is not None
    async with database.read() as session:
        assert await session.get(Workout, clip.id) is None
        assert await session.get(WorkoutSet, (clip.id, "squat", 1)) is None
        assert await session.get(Workout, other.id) is not None
    await erase_clip(clips, storage, clip.id)  # as often as one likes


@pytest.mark.parametrize("status", ["uploading", "queued", "running", "cancelled"])
async def test_what_was_just_being_written_goes_too_though_its_writer_is_killed(
    clips: ClipStore, storage: Storage, database: Database, status: Status
) -> None:
    clip = await kept(clips, storage, "a", status)
    await erase_clip(clips, storage, clip.id)
    assert await storage.size(video_of(clip.id)) == 0
    await storage.append(video_of(clip.id), 0, once(b"late"), 10)
    with pytest.raises(ServiceError, match="no clip"):
        await clips.get(CALLER, clip.id)
    assert await clips.page(CALLER, None, 10) == []
    later = ClipStore(database, lease_s=60, clock=lambda: NOW + SETTLE)
    await expire_uploads(later, storage)
    assert await storage.erase(media_of(clip.id)) == 0
    assert await clips.find(clip.id) is None


async def test_whoever_is_at_work_is_told(clips: ClipStore, storage: Storage) -> None:
    await kept(clips, storage, "a", "queued")
    claimed = await clips.claim()
    assert claimed is not None
    await erase_clip(clips, storage, claimed.id)
    with pytest.raises(Lost):
        await clips.renew(claimed, 0.5)


async def test_an_abandoned_upload_goes_and_a_cancelled_one_stays_as_a_row(
    clips: ClipStore, storage: Storage
) -> None:
    for one, status in (("a", "uploading"), ("b", "cancelled")):
        await kept(clips, storage, one, "uploading")
        if status == "cancelled":
            await clips.cancel(CALLER, one * 32)
        await abandon_upload(clips, storage, one * 32)
    assert await clips.find("a" * 32) is None
    assert await storage.erase(media_of("a" * 32)) == 0
    cancelled = await clips.find("b" * 32)
    assert cancelled is not None
    assert (cancelled.status, cancelled.finished_at) == ("cancelled", NOW)


async def test_only_uploads_that_are_late_expire(clips: ClipStore, storage: Storage) -> None:
    past, future = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    await kept(clips, storage, "a", "uploading", upload_expires_at=past)
    await kept(clips, storage, "b", "uploading", upload_expires_at=future)
    await kept(clips, storage, "c", "queued", upload_expires_at=past)
    await expire_uploads(clips, storage)
    assert await clips.find("a" * 32) is None
    assert await storage.erase(media_of("a" * 32)) == 0
    for one in "bc":
        assert await clips.find(one * 32) is not None
        assert await storage.size(video_of(one * 32)) == 3


async def test_an_upload_that_cannot_be_erased_now_is_so_later(
    clips: ClipStore, storage: Storage
) -> None:
    await kept(clips, storage, "a", "uploading", upload_expires_at=NOW)
    with pytest.raises(OSError, match="of 1 clips"):
        await expire_uploads(clips, FailingStorage(storage.store))
    await expire_uploads(clips, storage)
    assert await clips.find("a" * 32) is None
    assert await storage.erase(media_of("a" * 32)) == 0


async def test_an_upload_that_was_completed_meanwhile_is_not_abandoned(
    clips: ClipStore, storage: Storage
) -> None:
    """As where the connection to the database broke after it had committed."""
    clip = await kept(clips, storage, "a", "uploading")
    await clips.complete(clip.id)
    await abandon_upload(clips, storage, clip.id)
    assert await storage.size(video_of(clip.id)) == 3
    assert await clips.claim() is not None


async def test_pieces_that_a_kill_left_go_with_the_video(
    clips: ClipStore, storage: Storage, database: Database, tmp_path: Path
) -> None:
    clip = await kept(clips, storage, "a", "failed", finished_at=NOW)
    await storage.put(f"{pieces_of(clip.id)}/000000.npz", b"landmarks")
    settings = Settings(data=tmp_path, video_days=1)
    later = Retention(database, storage, settings, lambda: NOW + timedelta(days=2))
    await later.erase_videos()
    assert await storage.erase(media_of(clip.id)) == 0


async def test_what_is_late_is_told_the_oldest_first(clips: ClipStore, storage: Storage) -> None:
    for one, age in (("a", 1), ("b", 3), ("c", 2)):
        began = NOW - timedelta(seconds=age)
        await kept(clips, storage, one, "uploading", upload_expires_at=began)
    assert await clips.late(2) == ["b" * 32, "c" * 32]


async def test_a_length_is_announced_once(clips: ClipStore, storage: Storage) -> None:
    clip = await kept(clips, storage, "a", "uploading")
    much = 2**40  # more than an integer of 32 bits
    await clips.announce(clip.id, much)
    await clips.announce(clip.id, much)
    with pytest.raises(Lost):
        await clips.announce(clip.id, much + 1)
    assert (await clips.complete(clip.id)).received == much
    with pytest.raises(Lost):
        await clips.announce(clip.id, much)
