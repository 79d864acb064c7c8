"""Clip jobs: what the endpoints ask of a runner, and one of threads in this process."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from service.errors import ServiceError, internal_error
from service.messages import Subject
from service.results import ClipResult

log = logging.getLogger(__name__)

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

    def get(self, job_id: str) -> ClipJob | None:
        """A job as it is now."""

    def newest(self) -> list[ClipJob]:
        """Every job, the newest first."""

    def erase(self, job_id: str) -> bool:
        """Stop a job, forget it and its clip; False when there is none."""

    def close(self) -> None:
        """Stop and erase everything."""


class _Erased(Exception):
    """Ends the work of a job that was erased."""


class LocalJobs:
    """Jobs in threads and memory: gone with the process.

    `work` counts a job's clip and reports the share that is done, 0 to 1. Finished jobs are kept
    for `keep_s` seconds, the newest `max_kept` of them.
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
    ) -> None:
        self._work = work
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

    def get(self, job_id: str) -> ClipJob | None:
        """A job as it is now."""
        return next((job for job in self.newest() if job.id == job_id), None)

    def newest(self) -> list[ClipJob]:
        """Every job, the newest first."""
        with self._lock:
            self._forget_old()
            return [*reversed(self._jobs.values())]

    def erase(self, job_id: str) -> bool:
        """Stop a job, forget it and its clip; False when there is none."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
        if job is not None:
            job.remove()
        return job is not None

    def close(self) -> None:
        """Stop and erase everything."""
        for job in self.newest():
            self.erase(job.id)
        self._pool.shutdown(cancel_futures=True)

    def _run(self, job: ClipJob) -> None:
        with suppress(_Erased):
            self._update(job.id, status="running")
            self._update(job.id, **self._outcome(job), finished_s=self._clock())
        job.remove()

    def _outcome(self, job: ClipJob) -> dict[str, Any]:
        try:
            result = self._work(job, lambda share: self._update(job.id, progress=share))
        except _Erased:
            raise
        except ServiceError as error:
            return {"status": "failed", "error": error}
        except Exception:
            log.exception("clip job %s failed", job.id)
            return {"status": "failed", "error": internal_error()}
        return {"status": "succeeded", "progress": 1.0, "result": result}

    def _update(self, job_id: str, **changes: Any) -> None:
        with self._lock:
            if job_id not in self._jobs:
                raise _Erased
            self._jobs[job_id] = replace(self._jobs[job_id], **changes)

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.finished_s is not None]
        too_many = len(finished) - self._max_kept
        for rank, job in enumerate(sorted(finished, key=lambda job: job.finished_s or 0)):
            if rank < too_many or self._clock() - (job.finished_s or 0) > self._keep_s:
                del self._jobs[job.id]
