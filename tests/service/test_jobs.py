"""The runner of clip jobs."""

import threading
import time
import uuid
from pathlib import Path

import pytest

from blazereps_client.results import ClipResult
from service.errors import ServiceError
from service.events import tally_of
from service.jobs import ClipJob, LocalJobs, Report

RESULT = ClipResult(
    clip="clip", duration_s=1, frames=1, unreadable_frames=0, **dict(tally_of((), {}))
)


class Work:
    """Waits at a gate, reporting all the while."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.began = threading.Event()
        self.error: Exception | None = None

    def __call__(self, job: ClipJob, report: Report) -> ClipResult:
        assert job.path.read_bytes() == b"video"
        self.began.set()
        report(0.5)
        while not self.gate.wait(0.01):
            report(0.5)
        if self.error:
            raise self.error
        return RESULT


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(work: Work, clock: Clock) -> LocalJobs:
    return LocalJobs(work, workers=1, max_queued=2, max_kept=3, keep_s=60, clock=clock)


def new_job(folder: Path) -> ClipJob:
    job = ClipJob(uuid.uuid4().hex, folder / uuid.uuid4().hex, "a.mp4", "auto", 15)
    job.folder.mkdir()
    job.path.write_bytes(b"video")
    return job


def wait_for(jobs: LocalJobs, job: ClipJob, status: str) -> ClipJob:
    for _ in range(500):
        now = jobs.get(job.id, "")
        if now is not None and now.status == status:
            return now
        time.sleep(0.01)
    raise AssertionError(f"the job never was {status}")


def wait_until_gone(path: Path) -> None:
    for _ in range(500):
        if not path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} is still there")


def test_a_job_runs_and_its_clip_goes(jobs: LocalJobs, work: Work, tmp_path: Path) -> None:
    job = new_job(tmp_path)
    jobs.submit(job)
    work.began.wait(5)
    assert wait_for(jobs, job, "running").progress == 0.5
    work.gate.set()
    done = wait_for(jobs, job, "succeeded")
    assert (done.result, done.progress, done.error) == (RESULT, 1.0, None)
    wait_until_gone(job.folder)
    jobs.close()


def test_a_job_fails_with_its_reason(jobs: LocalJobs, work: Work, tmp_path: Path) -> None:
    work.error = ServiceError("no_video", "clip has no video stream")
    work.gate.set()
    job = new_job(tmp_path)
    jobs.submit(job)
    assert wait_for(jobs, job, "failed").error is work.error
    wait_until_gone(job.folder)
    jobs.close()


def test_a_fault_of_ours_is_logged_and_not_told(
    jobs: LocalJobs, work: Work, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work.error = RuntimeError("secret")
    work.gate.set()
    job = new_job(tmp_path)
    jobs.submit(job)
    failed = wait_for(jobs, job, "failed")
    assert failed.error is not None
    assert failed.error.code == "internal"
    assert "secret" not in str(failed.error)
    assert "secret" in caplog.text
    jobs.close()


def test_the_queue_is_bounded(jobs: LocalJobs, work: Work, tmp_path: Path) -> None:
    jobs.submit(new_job(tmp_path))
    work.began.wait(5)
    for _ in range(2):
        jobs.submit(new_job(tmp_path))
    with pytest.raises(ServiceError, match="2 clips are waiting") as refusal:
        jobs.submit(new_job(tmp_path))
    assert (refusal.value.code, refusal.value.retry_after_s) == ("queue_full", 10)
    jobs.close()


def test_erasing_stops_a_running_and_a_waiting_job(
    jobs: LocalJobs, work: Work, tmp_path: Path
) -> None:
    running, waiting = new_job(tmp_path), new_job(tmp_path)
    jobs.submit(running)
    jobs.submit(waiting)
    work.began.wait(5)
    for job in (running, waiting):
        assert jobs.erase(job.id, "")
        assert not jobs.erase(job.id, "")
        assert jobs.get(job.id, "") is None
        wait_until_gone(job.folder)
    last = new_job(tmp_path)
    jobs.submit(last)
    work.gate.set()
    wait_for(jobs, last, "succeeded")
    jobs.close()


def test_old_results_are_forgotten(
    jobs: LocalJobs, work: Work, clock: Clock, tmp_path: Path
) -> None:
    work.gate.set()
    done = []
    for _ in range(5):
        job = new_job(tmp_path)
        jobs.submit(job)
        wait_for(jobs, job, "succeeded")
        clock.now_s += 1
        done.append(job.id)
    assert [job.id for job in jobs.newest("")] == done[:1:-1]
    clock.now_s += 58
    assert [job.id for job in jobs.newest("")] == done[:2:-1]
    jobs.close()


def test_closing_erases_everything(jobs: LocalJobs, work: Work, tmp_path: Path) -> None:
    for _ in range(3):
        jobs.submit(new_job(tmp_path))
    work.began.wait(5)
    jobs.close()
    assert list(tmp_path.iterdir()) == []
