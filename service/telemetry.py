"""What one live session's work is measured by: stages timed, outcomes counted, spans if traced."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Protocol

from prometheus_client import Histogram

from service.metrics import Metrics


class Spans(Protocol):
    """One live session's spans; see `service.spans.LiveSpans`."""

    def session(self, session_id: str, source: str, /) -> AbstractContextManager[None]:
        """A span of the whole connection."""

    def observation(self, seq: int, /) -> AbstractContextManager[None]:
        """A span of one observation's turn, where it is sampled."""

    def stage(self, name: str, lasted_s: float, /) -> None:
        """A span, which ends now, within that of the observation."""


class NoSpans:
    """Where nobody traces."""

    def session(self, _: str, __: str, /) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def observation(self, _: int, /) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def stage(self, _: str, __: float, /) -> None:
        """Nothing."""


class Telemetry:
    """Metrics always, spans where there are any."""

    def __init__(self, metrics: Metrics, spans: Spans) -> None:
        self.metrics = metrics
        self._spans = spans

    def session(self, session_id: str, source: str) -> AbstractContextManager[None]:
        """Around all that a connection does for its session."""
        return self._spans.session(session_id, source)

    def observation(self, seq: int, received_s: float) -> AbstractContextManager[None]:
        """Around an observation's turn, which it has waited for since it was received."""
        self.metrics.queue.observe(time.monotonic() - received_s)
        return self._spans.observation(seq)

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Around a stage of an observation's turn."""
        return _Timed(self.metrics.stages[name], name, self._spans.stage)

    def sending(self) -> AbstractContextManager[None]:
        """Around the sending of a message, which is no part of any turn."""
        return _Timed(self.metrics.stages["send"], "send", None)


class _Timed(AbstractContextManager[None]):
    """Times a block; a class, for it runs several times a frame and is faster than a generator."""

    __slots__ = ("_began_s", "_histogram", "_name", "_span")

    def __init__(
        self, histogram: Histogram, name: str, span: Callable[[str, float], None] | None
    ) -> None:
        self._histogram, self._name, self._span = histogram, name, span

    def __enter__(self) -> None:
        self._began_s = time.perf_counter()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        lasted_s = time.perf_counter() - self._began_s
        self._histogram.observe(lasted_s)
        if self._span is not None:
            self._span(self._name, lasted_s)
