"""Live sessions as OpenTelemetry spans: the one module that needs `blazereps[otel]`."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    Span,
    Tracer,
    TracerProvider,
    get_tracer,
    use_span,
)

from service.telemetry import Spans


class LiveSpans:
    """One connection's spans.

    An observation begins a trace of its own, linked to the session: so that each is sampled for
    itself, and no trace grows for hours.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._session = INVALID_SPAN_CONTEXT
        self._recording = False

    @contextmanager
    def session(self, session_id: str, source: str, /) -> Iterator[None]:
        """See `Spans`."""
        attributes = {"blazereps.session_id": session_id, "blazereps.input": source}
        started = self._tracer.start_span("live session", attributes=attributes)
        with _within(started) as span:
            self._session = span.get_span_context()
            yield

    @contextmanager
    def observation(self, seq: int, /) -> Iterator[None]:
        """See `Spans`."""
        started = self._tracer.start_span(
            "observation",
            Context(),
            attributes={"blazereps.seq": seq},
            links=[Link(self._session)],
        )
        with _within(started) as span:
            self._recording = span.is_recording()
            yield

    def stage(self, name: str, lasted_s: float, /) -> None:
        """See `Spans`."""
        if self._recording:
            ended_ns = time.time_ns()
            began_ns = ended_ns - round(lasted_s * 1e9)
            self._tracer.start_span(name, start_time=began_ns).end(ended_ns)


def _within(span: Span) -> AbstractContextManager[Span]:
    """Exceptions are not recorded: their texts may say more than should be stored elsewhere."""
    return use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False)


def spans_by(provider: TracerProvider | None) -> Callable[[], Spans]:
    """Makes each session's spans with the provider, or else with the process's."""
    tracer = get_tracer("blazereps", version("blazereps"), provider)
    return lambda: LiveSpans(tracer)
