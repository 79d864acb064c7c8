"""OpenTelemetry spans, over a real socket, read from memory."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from service.app import create_app
from service.server import serving
from service.settings import Settings
from tests.service.fakes import BOTTOM, TOP, FakeEngine, FakeLibrary
from tests.service.talk import talking

STAGES = ["decode", "track", "count", "keep"]


@contextmanager
def traced(folder: Path, sampler: Sampler = ALWAYS_ON) -> Iterator[tuple[str, "Spans"]]:
    spans = Spans()
    provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    settings = Settings(port=0, data=folder, drain_s=0)
    app = create_app(settings, FakeEngine(), FakeLibrary(), provider)
    with serving(app, settings) as address:
        yield address, spans
    provider.shutdown()


class Spans(InMemorySpanExporter):
    def ours(self, *names: str) -> Sequence[ReadableSpan]:
        finished = sorted(self.get_finished_spans(), key=lambda span: span.start_time or 0)
        ours = [one for one in finished if _scope(one) == "blazereps"]
        return [one for one in ours if not names or one.name in names]


def _scope(span: ReadableSpan) -> str:
    assert span.instrumentation_scope is not None
    return span.instrumentation_scope.name


def play(address: str, *levels: int) -> str:
    with talking(address) as talk:
        session_id: str = talk.start(exercise="squat", pacing="lossless")["session_id"]
        for seq, level in enumerate(levels):
            talk.image(seq, seq / 10, level)
        talk.say({"type": "session.end"})
        talk.close_code()
    return session_id


def test_a_session_and_each_observation_with_its_stages(tmp_path: Path) -> None:
    with traced(tmp_path) as (address, spans):
        session_id = play(address, TOP, BOTTOM)
    (session,) = spans.ours("live session")
    assert session.attributes == {"blazereps.session_id": session_id, "blazereps.input": "frames"}
    observations = spans.ours("observation")
    assert [one.attributes for one in observations] == [{"blazereps.seq": 0}, {"blazereps.seq": 1}]
    for observation in observations:
        assert observation.parent is None
        assert [link.context.span_id for link in observation.links] == [session.context.span_id]
        within = [
            one
            for one in spans.ours(*STAGES)
            if one.parent and one.parent.span_id == observation.context.span_id
        ]
        assert [one.name for one in within] == STAGES
        for one in within:
            assert (one.start_time or 0) >= (observation.start_time or 0) - 1_000_000
            assert (one.end_time or 0) <= (observation.end_time or 0)


def test_what_is_not_sampled_leaves_no_span(tmp_path: Path) -> None:
    with traced(tmp_path, ALWAYS_OFF) as (address, spans):
        play(address, TOP, BOTTOM)
    assert not spans.ours()


def test_what_an_exception_says_is_in_no_span(tmp_path: Path) -> None:
    with traced(tmp_path) as (address, spans):
        play(address, 13)  # a fault of the engine
    assert spans.ours("observation")
    for span in spans.get_finished_spans():
        assert not span.events
        assert "fault" not in str(span.status.description)


def test_without_the_extra_nothing_is_traced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "service.spans", None)
    with traced(tmp_path) as (address, spans):
        play(address, TOP)
    assert not spans.ours()
