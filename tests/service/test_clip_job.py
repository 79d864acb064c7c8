"""The job of a clip: the same result however often it is cut short, and an end in every case."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from anyio import from_thread, to_thread
from obstore.exceptions import GenericError
from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import ClipResult
from pose_engine.clips import Clip as OpenedClip
from pose_engine.footage import ClipError
from pose_engine.isolation import DecoderLimits, IsolatedClip
from service.auth import Caller
from service.clip_erasure import erase_clip
from service.clip_job import ClipJob
from service.clip_media import landmark_file_of, media_of, pieces_of, video_of
from service.clip_store import ClipStore, Wanted
from service.core import Core
from service.count import count_clip
from service.database import Database
from service.settings import Settings
from service.storage import Storage
from service.tables import Clip, Tenant
from tests.service.fakes import (
    NOBODY,
    REP,
    SHALLOW_REP,
    FakeEngine,
    FakeLibrary,
    FakeSession,
    OtherLibrary,
    write_clip,
)

pytestmark = pytest.mark.anyio

ACME = Caller("acme")
LEVELS = (*REP, *SHALLOW_REP, NOBODY, *REP, *REP)
ID = "a" * 32


@dataclass(frozen=True, slots=True)
class StrainedStorage(Storage):
    """It fetches once `gate` is open, and not while `away` is set."""

    gate: anyio.Event = field(default_factory=anyio.Event)
    away: threading.Event = field(default_factory=threading.Event)

    async def fetch(self, prefix: str, path: Path) -> int:
        if self.away.is_set():
            raise GenericError("the store is away")
        await self.gate.wait()
        return await super(StrainedStorage, self).fetch(prefix, path)


class Bench:
    """A database, a storage and a job, with one clip that waits."""

    def __init__(self, database: Database, folder: Path, **settings: Any) -> None:
        self.settings = Settings(data=folder, checkpoint_s=1e-6, **settings)
        self.database = database
        self.clips = ClipStore(database, lease_s=self.settings.clip_lease_s)
        self.storage = StrainedStorage(Storage.of(self.settings).store)
        self.engine = FakeEngine()
        self.core = Core(self.engine, FakeLibrary())
        self.told: list[tuple[str, ClipResult | None]] = []
        self.kept: list[str] = []
        self.file = write_clip(folder / "file.mp4", LEVELS)

    async def queue(
        self, data: bytes | None = None, *, can_be_fetched: bool = True, **wanted: Any
    ) -> None:
        if can_be_fetched:
            self.storage.gate.set()
        async with self.database.write() as session:
            session.add(Tenant(id="acme", created_at=datetime.now(UTC)))
        options = Wanted(**{"exercise": "squat", "fps": 30, **wanted})
        clip = Clip(id=ID, tenant_id="acme", key_id="", name="a", created_at=datetime.now(UTC),
                    wanted=options.model_dump(mode="json"), status="uploading")  # fmt: skip
        await self.clips.begin(clip, max_waiting=10, max_of_tenant=10)

        async def chunks() -> Any:
            yield self.file.read_bytes() if data is None else data

        await self.storage.append(video_of(ID), 0, chunks(), 10**9)
        await self.clips.complete(ID)

    def job(self, open_clip: Any = OpenedClip.open) -> ClipJob:
        return ClipJob(
            self.clips,
            self.storage,
            self.core,
            self.settings,
            open_clip=open_clip,
            after=self._keep,
            finished=lambda clip, result: self.told.append((clip.status, result)),
        )

    async def attempt(
        self, job: ClipJob | None = None, stop: threading.Event | None = None
    ) -> Clip:
        clip = await self.clips.claim()
        assert clip is not None
        await (job or self.job()).run(clip, stop or threading.Event())
        return await self.clips.get(ACME, ID)

    def expected(self) -> ClipResult:
        limits = self.settings.clip_limits
        return count_clip(self.file, self.core, name="a", exercise="squat", fps=30, limits=limits)

    async def no_wait(self) -> None:
        """Whoever tries next need not wait."""
        async with self.database.write() as session:
            (await session.get_one(Clip, ID)).leased_until = None

    async def _keep(self, _: AsyncSession, clip: Clip, __: ClipResult | None) -> None:
        self.kept.append(clip.status)


def dies_after(frames: int, error: Callable[[], BaseException]) -> Callable[..., Any]:
    """A clip whose reading ends so after some frames of this attempt."""

    class Dying(OpenedClip):
        def frames(self, *rate: Any, **options: Any) -> Any:
            taken = super().frames(*rate, **options)
            for number, frame in enumerate(taken):
                if number == frames:
                    raise error()
                yield frame

    return Dying.open


async def test_a_clip_is_counted(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    done = await bench.attempt()
    assert (done.status, done.progress, done.error) == ("succeeded", 1.0, None)
    assert ClipResult.model_validate(done.result) == bench.expected()
    assert bench.told == [("succeeded", bench.expected())]
    assert bench.kept == ["succeeded"]
    assert not [*(tmp_path / "work").iterdir()]


@pytest.mark.parametrize("landmarks", [False, True])
async def test_an_attempt_goes_on_from_the_last_checkpoint(
    database: Database, tmp_path: Path, landmarks: bool
) -> None:
    """A few frames an attempt, each ended by a fault: in the end the result of an uncut one."""
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=landmarks)
    attempts = 0
    while bench.told == []:
        attempts += 1
        await bench.no_wait()
        await bench.attempt(bench.job(dies_after(3, RuntimeError)))
    assert attempts > 5
    ((status, result),) = bench.told
    assert status == "succeeded"
    assert result == bench.expected()
    if landmarks:
        check_landmarks(await bench.storage.get(landmark_file_of(ID)), bench)
        with pytest.raises(LookupError):
            await bench.storage.get(f"{pieces_of(ID)}/000000.npz")


def check_landmarks(file: bytes, bench: Bench) -> None:
    with OpenedClip.open(bench.file) as clip:
        poses = [(at_s, bench.engine.find(frame)) for at_s, frame in clip.frames(30)]
    with np.load(BytesIO(file), allow_pickle=False) as arrays:
        assert arrays["at_s"].tolist() == pytest.approx([at_s for at_s, _ in poses])
        assert arrays["points"].shape == (len(poses), 33, 5)
        assert arrays["world"].shape == (len(poses), 33, 3)
        for points, (_, pose) in zip(arrays["points"], poses, strict=True):
            assert np.isnan(points).all() if pose is None else (points[:, :3] == pose.image).all()


NOT_FITTING = (
    ValueError("not a snapshot of this session"),
    AttributeError("'list' object has no attribute 'get'"),
)


@pytest.mark.parametrize("error", NOT_FITTING)
@pytest.mark.parametrize("landmarks", [False, True])
async def test_where_the_exercises_have_changed_a_clip_is_begun_anew(
    database: Database, tmp_path: Path, landmarks: bool, error: Exception
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=landmarks)
    assert (await bench.attempt(bench.job(dies_after(9, RuntimeError)))).status == "queued"
    await bench.no_wait()
    bench.core = Core(bench.engine, ChangedLibrary(error))
    assert (await bench.attempt()).status == "succeeded"
    assert bench.told == [("succeeded", bench.expected())]
    if landmarks:
        check_landmarks(await bench.storage.get(landmark_file_of(ID)), bench)


class ChangedLibrary(FakeLibrary):
    """What was counted before does not fit it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def restore(self, snapshot: dict[str, Any], /) -> FakeSession:
        raise self._error


async def test_a_clip_of_an_exercise_that_is_gone_fails_at_once(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    assert (await bench.attempt(bench.job(dies_after(9, RuntimeError)))).status == "queued"
    await bench.no_wait()
    bench.core = Core(bench.engine, OtherLibrary())
    done = await bench.attempt()
    assert done.error is not None
    assert (done.status, done.error["code"]) == ("failed", "unknown_exercise")
    assert "'squat'" in done.error["detail"]


async def test_a_stopped_job_is_given_back_where_it_was(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    for _ in range(3):
        stop = threading.Event()

        class Stopping(OpenedClip):
            def frames(self, *rate: Any, **options: Any) -> Any:
                for frame in super().frames(*rate, **options):
                    stop.set()  # noqa: B023 - it is over before the next
                    yield frame

        given_back = await bench.attempt(bench.job(Stopping.open), stop)
        assert (given_back.status, given_back.attempts) == ("queued", 0)
    assert 0 < given_back.progress < 0.2
    await bench.attempt()
    assert bench.told == [("succeeded", bench.expected())]


class PassingOver(OpenedClip):
    """It leaves out all frames, of which there are many."""

    def frames(self, *_: Any, **__: Any) -> Any:
        for _step in range(5000):
            self._check()
            time.sleep(0.001)
        yield from ()


async def test_one_that_only_passes_frames_over_is_given_back(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=True)
    stop = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.attempt, bench.job(PassingOver.open), stop)
        await anyio.sleep(0.1)
        stop.set()
    assert (await bench.clips.get(ACME, ID)).status == "queued"
    assert (await bench.attempt()).status == "succeeded"
    check_landmarks(await bench.storage.get(landmark_file_of(ID)), bench)


async def test_one_whose_decoder_says_nothing_is_given_back(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    stop = threading.Event()
    silent = partial(
        IsolatedClip,
        decoder=DecoderLimits(stall_s=5),
        command=(sys.executable, "-S", "-c", "import time; time.sleep(60)"),
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.attempt, bench.job(silent), stop)
        await anyio.sleep(0.1)
        stop.set()
    assert (await bench.clips.get(ACME, ID)).status == "queued"
    assert (await bench.attempt()).status == "succeeded"


async def test_one_that_only_passes_frames_over_ends_once_cancelled(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path, clip_lease_s=0.3)
    await bench.queue()
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.attempt, bench.job(PassingOver.open))
            await anyio.sleep(0.1)
            await bench.clips.cancel(ACME, ID)
    assert bench.told == []


async def test_a_clip_that_ends_the_process_is_given_up(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path, max_clip_attempts=2, clip_lease_s=0.01)
    await bench.queue()
    for _ in range(2):
        assert await bench.clips.claim() is not None  # and nothing more is heard of it
        await anyio.sleep(0.02)
    done = await bench.attempt()
    assert (done.status, done.result) == ("failed", None)
    assert done.error is not None
    assert done.error["code"] == "gave_up"
    assert "2 times" in done.error["detail"]
    assert bench.kept == ["failed"]


async def test_a_fault_of_ours_is_tried_again_and_then_told(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path, max_clip_attempts=2)
    await bench.queue()
    job = bench.job(dies_after(0, RuntimeError))
    first = await bench.attempt(job)
    assert (first.status, first.attempts) == ("queued", 1)
    assert first.leased_until is not None
    await bench.no_wait()
    last = await bench.attempt(job)
    assert last.error is not None
    assert (last.status, last.error["code"]) == ("failed", "internal")


async def test_faults_at_other_places_are_others(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path, max_clip_attempts=2)
    await bench.queue()
    for frames in (0, 15):
        await bench.no_wait()
        clip = await bench.attempt(bench.job(dies_after(frames, RuntimeError)))
        assert (clip.status, clip.error) == ("queued", None)


@pytest.mark.parametrize(("data", "code"), [(b"no video", "unsupported_format")])
async def test_a_clip_that_cannot_be_read_says_why(
    database: Database, tmp_path: Path, data: bytes, code: str
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue(data)
    done = await bench.attempt()
    assert done.error is not None
    assert (done.status, done.error["code"], done.attempts) == ("failed", code, 1)


async def test_a_decoder_may_say_anything(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    done = await bench.attempt(bench.job(dies_after(1, lambda: ClipError("no_code", "x" * 4096))))
    assert done.error is not None
    assert (done.status, done.error["code"]) == ("failed", "decoder_crashed")


async def test_a_clip_whose_file_is_gone_says_so(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    await bench.storage.erase(media_of(ID))
    done = await bench.attempt()
    assert done.error is not None
    assert (done.status, done.error["code"]) == ("failed", "damaged")


async def test_a_clip_of_whose_file_a_part_is_gone_says_so(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    await bench.clips.put_off(await claimed(bench), 0, received=10**9)
    clip = await bench.attempt()
    assert clip.error is not None
    assert (clip.status, clip.error["code"]) == ("failed", "damaged")
    assert "are left" in clip.error["detail"]


async def claimed(bench: Bench) -> Clip:
    clip = await bench.clips.claim()
    assert clip is not None
    return clip


async def test_who_lost_a_clip_unnoticed_writes_over_nobody_elses_landmarks(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=True)
    stopped, goes_on = threading.Event(), threading.Event()

    class Stopped(OpenedClip):
        def frames(self, *rate: Any, **options: Any) -> Any:
            taken = super().frames(*rate, **options)
            for number, frame in enumerate(taken):
                if number == 4:
                    stopped.set()
                    assert goes_on.wait(20)
                yield frame

    first = await claimed(bench)
    async with anyio.create_task_group() as tasks:
        seldom = bench.settings.model_copy(update={"checkpoint_s": 1e9})
        job = replace(bench.job(Stopped.open), settings=seldom)
        tasks.start_soon(job.run, first, threading.Event())
        await to_thread.run_sync(stopped.wait, 20)
        await bench.no_wait()
        await bench.attempt(bench.job(dies_after(8, RuntimeError)))
        goes_on.set()
    await bench.no_wait()
    assert (await bench.attempt()).status == "succeeded"
    check_landmarks(await bench.storage.get(landmark_file_of(ID)), bench)


async def test_work_on_a_cancelled_clip_ends(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    bench.engine.gate.clear()
    await bench.queue()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.attempt)
        await anyio.to_thread.run_sync(bench.engine.entered.wait)
        await bench.clips.cancel(ACME, ID)
        bench.engine.gate.set()
    done = await bench.clips.get(ACME, ID)
    assert (done.status, done.result, bench.told) == ("cancelled", None, [])


async def test_a_slow_frame_does_not_lose_the_lease(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path, clip_lease_s=1)
    bench.engine.gate.clear()
    await bench.queue()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.attempt)
        await anyio.to_thread.run_sync(bench.engine.entered.wait)
        for _ in range(5):
            await anyio.sleep(0.5)
            assert await bench.clips.claim() is None
        bench.engine.gate.set()
    assert bench.told == [("succeeded", bench.expected())]


async def test_a_slow_storage_does_not_lose_the_lease(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path, clip_lease_s=1)
    await bench.queue(can_be_fetched=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.attempt)
        for _ in range(5):
            await anyio.sleep(0.5)
            assert await bench.clips.claim() is None
        bench.storage.gate.set()
    assert bench.told == [("succeeded", bench.expected())]


async def test_a_storage_that_is_away_is_waited_for(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path, max_clip_attempts=2)
    await bench.queue()
    bench.storage.away.set()
    for _ in range(4):
        put_off = await bench.attempt()
        assert (put_off.status, put_off.attempts) == ("queued", 0)
        assert await bench.clips.claim() is None
        await bench.no_wait()
    bench.storage.away.clear()
    assert (await bench.attempt()).status == "succeeded"


async def test_landmarks_outlive_a_fault_at_the_very_end(
    database: Database, tmp_path: Path
) -> None:
    """Whoever goes on has the pieces still, until the clip's end is kept."""
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=True)

    async def fails(*_: object) -> None:
        raise RuntimeError

    assert (await bench.attempt(replace(bench.job(), after=fails))).status == "queued"
    await bench.no_wait()
    assert (await bench.attempt()).status == "succeeded"
    check_landmarks(await bench.storage.get(landmark_file_of(ID)), bench)
    assert await bench.storage.erase(pieces_of(ID)) == 0


async def test_a_fault_in_work_on_an_erased_clip_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()

    def erased() -> BaseException:
        from_thread.run(erase_clip, bench.clips, bench.storage, ID)
        from_thread.run(bench.storage.put, f"{pieces_of(ID)}/000000.npz", b"a late piece")
        return RuntimeError()

    clip = await bench.clips.claim()
    assert clip is not None
    await bench.job(dies_after(3, erased)).run(clip, threading.Event())
    assert await bench.storage.erase(media_of(ID)) == 0


async def test_landmarks_that_were_erased_with_their_clip_are_no_fault(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue(landmarks=True)

    class Erased(OpenedClip):
        def frames(self, *rate: Any, **options: Any) -> Any:
            yield from super().frames(*rate, **options)
            from_thread.run(erase_clip, bench.clips, bench.storage, ID)

    clip = await bench.clips.claim()
    assert clip is not None
    with caplog.at_level("INFO"):
        await bench.job(Erased.open).run(clip, threading.Event())
    assert [record.msg for record in caplog.records] == ["clip lost"]
    assert await bench.storage.erase(media_of(ID)) == 0


async def test_what_a_killed_process_left_is_swept(database: Database, tmp_path: Path) -> None:
    bench = Bench(database, tmp_path)
    await bench.queue()
    clip, job, work = await bench.clips.claim(), bench.job(), tmp_path / "work"
    assert clip is not None
    for name in (f"{ID}-{clip.epoch - 1}", f"{ID}-{clip.epoch}", f"{'b' * 32}-1"):
        (work / name).mkdir(parents=True)
    await job.sweep()
    assert [folder.name for folder in work.iterdir()] == [f"{ID}-{clip.epoch}"]
    await erase_clip(bench.clips, bench.storage, ID)
    await job.sweep()
    assert not [*work.iterdir()]
