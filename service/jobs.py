"""Clip jobs: what the endpoints ask of a runner, and one of threads in this process."""

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from blazereps_client.messages import Subject
from blazereps_client.results import ClipResult
from pose_engine.clips import ClipError
from service.core import Core
from service.count import count_clip
from service.errors import ServiceError, internal_error, media_error
from service.logs import get_logger
from service.settings import Settings
from service.subject import focus_of

log = get_logger(__name__)

Status = Literal["queued", "running", "succeeded", "failed"]
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class ClipJob:
    """A clip to count, and how far it is."""

    id: str
    folder: Path
    """Holds the clip and nothing else; it goes as soon as the job is done."""
    clip: str
    """The name that the sender gave it."""
    exercise: str
    fps: float
    owner: str = ""
    """Whose it is; nobody else sees it."""
    unknown: bool = False
    """Whether to count repeated movement that is no known exercise."""
    subject: Subject | None = None
    """Whom to count, where there are several."""
    status: Status = "queued"
    progress: float = 0.0
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished_s: float | None = None
    """When it finished, by the runner's clock."""
    result: ClipResult | None = None
    error: ServiceError | None = None

    @property
    def path(self) -> Path:
        """The clip."""
        return self.folder / "clip"

    def remove(self) -> None:
        """Erase the clip."""
        shutil.rmtree(self.folder, ignore_errors=True)


class ClipJobs(Protocol):
    """What the endpoints ask of whatever runs the jobs."""

    def submit(self, job: ClipJob) -> None:
        """Take over a job and its folder; raises ServiceError `queue_full`."""

    def get(self, job_id: str, owner: str) -> ClipJob | None:
        """A job of that owner, as it is now."""

    def newest(self, owner: str) -> list[ClipJob]:
        """Every job of that owner, the newest first."""

    def unfinished(self) -> int:
        """How many jobs of anybody wait or run."""

    def with_status(self, status: Status) -> int:
        """How many jobs of anybody have that status."""

    def erase(self, job_id: str, owner: str) -> bool:
        """Stop a job of that owner, forget it and its clip; False when there is none."""

    def close(self) -> None:
        """Stop and erase everything."""


class _Erased(Exception):
    """Ends the work of a job that was erased."""


class LocalJobs:
    """Jobs in threads and memory: gone with the process.

    `work` counts a job's clip and reports the share that is done, 0 to 1. Finished jobs are kept
    for `keep_s` seconds, the newest `max_kept` of them. `finished` is told of each that was counted
    or has failed.
    """

    def __init__(
        self,
        work: Callable[[ClipJob, Report], ClipResult],
        *,
        workers: int,
        max_queued: int,
        max_kept: int,
        keep_s: float,
        clock: Callable[[], float] = time.monotonic,
        finished: Callable[[ClipJob], None] = lambda _: None,
    ) -> None:
        self._work, self._finished = work, finished
        self._max_queued = max_queued
        self._max_kept = max_kept
        self._keep_s = keep_s
        self._clock = clock
        self._jobs: dict[str, ClipJob] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="clip")

    def submit(self, job: ClipJob) -> None:
        """Take over a job and its folder; raises ServiceError `queue_full`."""
        with self._lock:
            if sum(j.status == "queued" for j in self._jobs.values()) >= self._max_queued:
                limit = f"{self._max_queued} clips are waiting, the limit"
                raise ServiceError("queue_full", limit, retry_after_s=10)
            self._jobs[job.id] = job
        self._pool.submit(self._run, job)

    def get(self, job_id: str, owner: str) -> ClipJob | None:
        """A job of that owner, as it is now."""
        return next((job for job in self.newest(owner) if job.id == job_id), None)

    def newest(self, owner: str) -> list[ClipJob]:
        """Every job of that owner, the newest first."""
        return [job for job in reversed(self._all()) if job.owner == owner]

    def unfinished(self) -> int:
        """How many jobs of anybody wait or run."""
        return sum(job.finished_s is None for job in self._all())

    def with_status(self, status: Status) -> int:
        """How many jobs of anybody have that status."""
        return sum(job.status == status for job in self._all())

    def erase(self, job_id: str, owner: str) -> bool:
        """Stop a job of that owner, forget it and its clip; False when there is none."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.owner != owner:
                return False
            del self._jobs[job_id]
        job.remove()
        return True

    def close(self) -> None:
        """Stop and erase everything."""
        for job in self._all():
            self.erase(job.id, job.owner)
        self._pool.shutdown(cancel_futures=True)

    def _all(self) -> list[ClipJob]:
        """The oldest first."""
        with self._lock:
            self._forget_old()
            return [*self._jobs.values()]

    def _run(self, job: ClipJob) -> None:
        with suppress(_Erased):
            self._update(job.id, status="running")
            self._finish(self._update(job.id, **self._outcome(job), finished_s=self._clock()))
        job.remove()

    def _finish(self, job: ClipJob) -> None:
        error = job.error and job.error.code
        log.info("clip finished", clip_id=job.id, status=job.status, error=error)
        self._finished(job)

    def _outcome(self, job: ClipJob) -> dict[str, Any]:
        try:
            result = self._work(job, partial(self._report, job.id))
        except _Erased:
            raise
        except ServiceError as error:
            return {"status": "failed", "error": error}
        except Exception:
            log.exception("clip failed", clip_id=job.id)
            return {"status": "failed", "error": internal_error()}
        return {"status": "succeeded", "progress": 1.0, "result": result}

    def _report(self, job_id: str, share: float) -> None:
        self._update(job_id, progress=share)

    def _update(self, job_id: str, **changes: Any) -> ClipJob:
        with self._lock:
            if job_id not in self._jobs:
                raise _Erased
            self._jobs[job_id] = replace(self._jobs[job_id], **changes)
            return self._jobs[job_id]

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.finished_s is not None]
        too_many = len(finished) - self._max_kept
        for rank, job in enumerate(sorted(finished, key=lambda job: job.finished_s or 0)):
            if rank < too_many or self._clock() - (job.finished_s or 0) > self._keep_s:
                del self._jobs[job.id]


def count_job(job: ClipJob, report: Report, *, core: Core, settings: Settings) -> ClipResult:
    """Do the work of a job; raises ServiceError."""
    try:
        return count_clip(
            job.path,
            core,
            name=job.clip,
            exercise=job.exercise,
            unknown=job.unknown,
            fps=job.fps,
            limits=settings.clip_limits,
            focus=focus_of(job.subject),
            report=report,
        )
    except ClipError as error:
        raise media_error(error) from error
