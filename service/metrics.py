"""What one app counts and times, for Prometheus; docs/operating.md explains each metric."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.metadata import version
from typing import Final

import anyio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from blazereps_client.messages import Flow
from blazereps_client.results import ClipResult, Tally
from classifiers.events import RepCounted, RepRejected, UnknownCounted
from service.clip_store import ClipStore, Status
from service.database import AWAY
from service.tables import Clip

WAITING: Final[tuple[Status, ...]] = ("queued", "running")
STAGES: Final = ("decode", "track", "count", "keep", "send")
_STAGE_BUCKETS_S: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03),
    *(0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_LOOK_S: Final = 2.0
_QUEUE_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Every metric, in a registry of its own: apps in one process do not mix. Thread-safe.

    Labels take few values, each known beforehand: never a session, a user or an address.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._make_live()
        self._make_clips()
        self._make_webhooks()
        self.errors = self._counter("errors", "Errors told to callers.", "code")
        self.reps = self._counter("reps_counted", "Repetitions counted.", "exercise")
        self.rejections = self._counter(
            "reps_rejected", "Movements not counted.", "exercise", "reason"
        )
        build = self._gauge("build_info", "1; the version is its label.", "version")
        build.labels(version("blazereps")).set(1)
        ProcessCollector(registry=self.registry)

    def flowed(self, source: str, before: Flow, after: Flow) -> None:
        """What became of observations has changed."""
        for metric, more in (
            (self.processed, after.processed - before.processed),
            (self.passed_over, after.passed_over - before.passed_over),
            (self.dropped, after.dropped - before.dropped),
            (self.refused, after.refused - before.refused),
        ):
            if more:
                metric.labels(source).inc(more)

    def happened(self, events: Iterable[object]) -> None:
        """A live session has counted or refused something, or anything else has happened."""
        for event in events:
            match event:
                case RepCounted(exercise=exercise):
                    self.reps.labels(exercise).inc()
                case UnknownCounted():
                    self.reps.labels("unknown").inc()
                case RepRejected(exercise=exercise, reason=reason):
                    self.rejections.labels(exercise, reason).inc()

    def failed(self, code: str) -> None:
        """A caller has been told an error."""
        self.errors.labels(code).inc()

    def clip_finished(self, clip: Clip, result: ClipResult | None) -> None:
        """A clip has been counted, or has failed."""
        self.clips_finished.labels(clip.status).inc()
        if clip.error is not None:
            self.failed(clip.error["code"])
        if result is not None:
            self.processed.labels("clip").inc(result.frames)
            self.refused.labels("clip").inc(result.unreadable_frames)
            self._tallied(result)

    def batch_counted(self, observations: int, tally: Tally) -> None:
        """Posted landmarks have been counted."""
        self.processed.labels("batch").inc(observations)
        self._tallied(tally)

    def watch(self, open_sessions: Callable[[], int]) -> None:
        """Look there, at each scrape, for how many sessions are open."""
        self.sessions_open.set_function(open_sessions)

    async def look(self, clips: ClipStore) -> None:
        """See how many clips wait, of everybody's on this database; while it is away, as before."""
        with suppress(*AWAY), anyio.move_on_after(_LOOK_S):
            for status in WAITING:
                self.clips.labels(status).set(await clips.number(status))

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Everything in the format that an Accept header prefers, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _make_live(self) -> None:
        self.sessions_open = self._gauge("sessions_open", "Live sessions being served.")
        self.sessions_begun = self._counter("sessions_begun", "Live sessions begun.")
        self.sessions_resumed = self._counter("sessions_resumed", "Live sessions resumed.")
        self.connections_ended = self._counter(
            "connections_ended", "Connections of live sessions that ended.", "reason"
        )
        self.processed = self._counter("observations_processed", "Done with.", "input")
        self.passed_over = self._counter(
            "observations_passed_over", "Of these, not looked at: hardly any movement.", "input"
        )
        self.dropped = self._counter("observations_dropped", "Replaced by newer ones.", "input")
        self.refused = self._counter("observations_refused", "Answered with an error.", "input")
        queue_help = "From an observation's arrival until its turn."
        self.queue = self._histogram("queue_seconds", queue_help, _QUEUE_BUCKETS_S)
        stages = self._histogram("stage_seconds", "Work by stage.", _STAGE_BUCKETS_S, "stage")
        self.stages = {name: stages.labels(name) for name in STAGES}

    def _make_clips(self) -> None:
        self.clips = self._gauge("clips", "Clips that wait or are being counted.", "status")
        self.clips_finished = self._counter("clips_finished", "Clips done with.", "status")

    def _make_webhooks(self) -> None:
        self.webhooks = self._counter("webhooks", "Tries to deliver a webhook.", "outcome")
        self.webhooks_pending = self._gauge("webhooks_pending", "Webhooks not delivered yet.")

    def _tallied(self, tally: Tally) -> None:
        for rep in tally.reps:
            self.reps.labels(rep.exercise).inc()
        if tally.unknown:
            self.reps.labels("unknown").inc(len(tally.unknown))
        for rejection in tally.rejected:
            self.rejections.labels(rejection.exercise, rejection.reason).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"blazereps_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"blazereps_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        full_name = f"blazereps_{name}"
        return Histogram(full_name, text, labels, buckets=buckets, registry=self.registry)
