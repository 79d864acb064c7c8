"""The job of one clip: fetch it, count it on from its last checkpoint, keep what it came to.

Whoever claimed the clip hands it over: the job does not know what runs it.
"""

import json
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
from anyio import from_thread, to_thread
from sqlalchemy.exc import SQLAlchemyError

from blazereps_client.results import ClipResult
from pose_engine.footage import ClipError
from service.beside import beside
from service.clip_media import landmark_file_of, media_of, pieces_of, video_of
from service.clip_store import After, ClipStore, Lost, Wanted
from service.core import NO_SNAPSHOT, Core
from service.count import ClipCount, OpenClip, count_on
from service.errors import ERRORS, ServiceError, internal_error, media_error
from service.landmark_file import Landmarks, joined
from service.logs import get_logger
from service.settings import Settings
from service.storage import FAULTS, Storage
from service.subject import focus_of
from service.tables import Clip

log = get_logger(__name__)

VERSION: Final = 3
"""Of checkpoints: one of another version is not gone on from."""
RETRY_S: Final = 15.0
"""After a fault of ours; each time as long again."""
STORES_AWAY: Final = (*FAULTS, SQLAlchemyError)
"""The storage, the database or this machine's disk fails: through no fault of any clip's."""

Outcome = tuple[ClipResult, int | None]
"""What a clip came to, and the bytes of its landmarks, where they are wanted."""


class Stopped(Exception):
    """The work ends here, to be gone on with."""


@dataclass(frozen=True, slots=True)
class ClipJob:
    """What it takes to work on clips; one for all of them."""

    clips: ClipStore
    storage: Storage
    core: Core
    settings: Settings
    open_clip: OpenClip
    after: After
    """What is kept with a clip's end."""
    finished: Callable[[Clip, ClipResult | None], None] = lambda _, __: None
    """Told of each clip that is done with."""

    async def run(self, clip: Clip, stop: threading.Event) -> None:
        """Work on a clip that was claimed until it is done with, given back or somebody else's.

        `stop`: set, the work ends within a frame, also while none comes, to be gone on with there.
        """
        try:
            await self._try(clip, stop)
        except Lost:
            await self._leave(clip)

    async def sweep(self) -> None:
        """Erase the files that killed processes have left of clips that they worked on."""
        for folder in self._work.glob("*-*"):
            clip_id, _, epoch = folder.name.partition("-")
            clip = await self.clips.find(clip_id)
            if clip is None or (clip.status, str(clip.epoch)) != ("running", epoch):
                await to_thread.run_sync(shutil.rmtree, folder, True)

    async def _try(self, clip: Clip, stop: threading.Event) -> None:
        try:
            await self._count(clip, stop)
        except Lost:
            raise
        except Stopped:
            await self.clips.give_back(clip)
        except (ClipError, ServiceError) as error:
            await self._fail(clip, error)
        except STORES_AWAY:
            log.exception("clip put off", clip_id=clip.id)
            await self.clips.give_back(clip, RETRY_S)
        except Exception:
            log.exception("clip failed", clip_id=clip.id, attempt=clip.attempts)
            if clip.attempts >= self.settings.max_clip_attempts:
                await self._fail(clip, internal_error())
            else:
                await self.clips.put_off(clip, RETRY_S * clip.attempts)

    async def _count(self, clip: Clip, stop: threading.Event) -> None:
        if clip.attempts > self.settings.max_clip_attempts:
            fault = f"{clip.attempts - 1} times the server ended at one place of this clip"
            raise ServiceError("gave_up", fault)
        result, landmarks = await _Work(self, clip, stop, Wanted.model_validate(clip.wanted)).run()
        await self._finish(await self.clips.succeed(clip, result, landmarks, self.after), result)

    async def _leave(self, clip: Clip) -> None:
        """What was kept of it after it was cancelled or erased goes too."""
        log.info("clip lost", clip_id=clip.id)
        left = await self.clips.find(clip.id)
        if left is None or left.status == "cancelled":
            await self.storage.erase(media_of(clip.id))

    async def _fail(self, clip: Clip, error: ClipError | ServiceError) -> None:
        problem = _told(error).problem
        await self._finish(await self.clips.fail(clip, problem, self.after), None)

    async def _finish(self, clip: Clip, result: ClipResult | None) -> None:
        """The pieces go last: until the end is kept somebody may have to go on from them."""
        code = clip.error and clip.error["code"]
        log.info("clip finished", clip_id=clip.id, status=clip.status, error=code)
        self.finished(clip, result)
        try:
            await self.storage.erase(pieces_of(clip.id))
        except STORES_AWAY:
            log.exception("pieces not erased", clip_id=clip.id)

    @asynccontextmanager
    async def fetched(self, clip: Clip) -> AsyncIterator[Path]:
        """Its file, in a folder of this attempt's own."""
        folder = self._work / f"{clip.id}-{clip.epoch}"
        folder.mkdir(parents=True, mode=0o700)
        try:
            try:
                fetched = await self.storage.fetch(video_of(clip.id), folder / "clip")
            except LookupError as error:
                raise ServiceError("damaged", "the clip's file is gone") from error
            if fetched < clip.received:
                fault = f"of the clip's {clip.received} bytes {fetched} are left"
                raise ServiceError("damaged", fault)
            yield folder / "clip"
        finally:
            await to_thread.run_sync(shutil.rmtree, folder, True)

    @property
    def _work(self) -> Path:
        return self.settings.folder / "work"


@dataclass(slots=True)
class _Work:
    """One attempt at one clip: a thread counts, beside it the lease is renewed."""

    job: ClipJob
    clip: Clip
    stop: threading.Event
    wanted: Wanted
    progress: float = 0.0
    lost: bool = False
    pieces: list[str] = field(default_factory=list)
    """Keys of the landmarks that are kept so far."""
    unkept: Landmarks = field(default_factory=Landmarks)
    kept_s: float = field(default_factory=time.monotonic)

    async def run(self) -> Outcome:
        """Fetch it and count; raises ClipError, ServiceError, Lost, Stopped."""
        async with beside(self._renew):
            async with self.job.fetched(self.clip) as path:
                result = await to_thread.run_sync(self._count, path)
            return result, await self._landmarks() if self.wanted.landmarks else None

    async def _landmarks(self) -> int:
        """Keep those of the whole clip as one file, and say its bytes."""
        storage = self.job.storage
        try:
            pieces = [await storage.get(piece) for piece in self.pieces]
        except LookupError:
            await self.job.clips.renew(self.clip, self.progress)  # Lost: they went with the clip
            raise
        whole = await to_thread.run_sync(joined, pieces)
        if self.lost:
            raise Lost(f"clip {self.clip.id}")
        await storage.put(landmark_file_of(self.clip.id), whole)
        return len(whole)

    def _count(self, path: Path) -> ClipResult:
        """In a thread of its own, as what follows."""
        settings, wanted = self.job.settings, self.wanted
        count = self._begun()
        try:
            result = count_on(
                count,
                path,
                name=self.clip.name,
                fps=wanted.fps,
                adaptive=wanted.adaptive,
                limits=settings.clip_limits,
                open_clip=self.job.open_clip,
                report=self._report,
                check=self._check,
            )
        except Stopped:
            self._keep(count.snapshot())
            raise
        self._keep_piece()
        return result

    def _begun(self) -> ClipCount:
        """The count of the last checkpoint, or a new one where there is none that can be used."""
        checkpoint = json.loads(self.clip.checkpoint or "{}")
        count = self._new_count()
        if checkpoint.get("version") != VERSION:
            return count
        try:
            count.restore(checkpoint["count"])
        except NO_SNAPSHOT as error:
            log.warning("clip begun anew", clip_id=self.clip.id, error=repr(error))
            return self._new_count()
        self.pieces = checkpoint["pieces"]
        return count

    def _new_count(self) -> ClipCount:
        core, wanted = self.job.core, self.wanted
        focus = focus_of(wanted.subject)
        try:
            return ClipCount(core, wanted.exercise, unknown=wanted.unknown, focus=focus)
        except LookupError as error:
            raise ServiceError("unknown_exercise", error.args[0], field="exercise") from error

    def _report(self, count: ClipCount, share: float) -> None:
        self.progress = share
        if self.wanted.landmarks:
            self.unkept.add(count.at_s, count.pose)
        self._check()
        if time.monotonic() - self.kept_s >= self.job.settings.checkpoint_s:
            self._keep(count.snapshot())

    def _check(self) -> None:
        """Also between frames: many may be left out before the next."""
        if self.lost:
            raise Lost(f"clip {self.clip.id}")
        if self.stop.is_set():
            raise Stopped

    def _keep(self, count: dict[str, Any]) -> None:
        self._keep_piece()
        checkpoint = json.dumps({"version": VERSION, "count": count, "pieces": self.pieces})
        from_thread.run(self.job.clips.renew, self.clip, self.progress, checkpoint)
        self.clip.attempts = 1  # as it is kept
        self.kept_s = time.monotonic()

    def _keep_piece(self) -> None:
        if self.wanted.landmarks:
            # Who comes too late, and does not know it yet, writes over nobody else's.
            name = f"{self.clip.epoch}-{len(self.pieces):06d}.npz"
            key = f"{pieces_of(self.clip.id)}/{name}"
            from_thread.run(self.job.storage.put, key, self.unkept.take())
            self.pieces.append(key)

    async def _renew(self) -> None:
        """Show that somebody is at work, also while a frame takes long."""
        while True:
            await anyio.sleep(self.job.settings.clip_lease_s / 3)
            try:
                await self.job.clips.renew(self.clip, self.progress)
            except Lost:
                self.lost = True
                return
            except Exception:
                log.exception("lease not renewed", clip_id=self.clip.id)


def _told(error: ClipError | ServiceError) -> ServiceError:
    """In the table's terms, whatever a decoder says that a clip has taken over."""
    if isinstance(error, ServiceError):
        return error
    if error.code not in ERRORS:
        return ServiceError("decoder_crashed", "the decoder gave a reason that there is not")
    return media_error(error)
