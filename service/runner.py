"""Runs the jobs of clips, in this process."""

import threading
from typing import Final

import anyio

from service.clip_job import ClipJob
from service.clip_store import ClipStore
from service.logs import get_logger
from service.tables import Clip

log = get_logger(__name__)

POLL_S: Final = 1.0
"""How often it looks for clips that another process took in, or gave up."""


class ClipRunner:
    """Has the clips counted that wait, so many at once in this process.

    Several processes on one database share the clips.
    """

    def __init__(self, clips: ClipStore, job: ClipJob, *, workers: int) -> None:
        self._clips, self._job, self._workers = clips, job, workers
        self._stop = threading.Event()
        self._news = anyio.Event()

    async def run(self) -> None:
        """Until `stop`; then what is under way is given back to be gone on with."""
        async with anyio.create_task_group() as tasks:
            for _ in range(self._workers):
                tasks.start_soon(self._work)

    def wake(self) -> None:
        """A clip waits."""
        self._news.set()

    def stop(self) -> None:
        """No more."""
        self._stop.set()
        self._news.set()

    async def _work(self) -> None:
        while not self._stop.is_set():
            clip = await self._claim()
            if clip is not None:
                await self._run(clip)
            else:
                with anyio.move_on_after(POLL_S):
                    await self._news.wait()
                if self._news.is_set() and not self._stop.is_set():
                    self._news = anyio.Event()

    async def _claim(self) -> Clip | None:
        try:
            return await self._clips.claim()
        except Exception:
            log.exception("no clip can be claimed")
            return None

    async def _run(self, clip: Clip) -> None:
        """What breaks even the job's own handling of faults is gone on with after its lease.

        Only `stop` ends it: the thread that counts would wait for a cancelled task for ever.
        """
        try:
            with anyio.CancelScope(shield=True):
                await self._job.run(clip, self._stop)
        except Exception:
            log.exception("clip left", clip_id=clip.id)
