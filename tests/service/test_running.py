"""What is there while the app runs, and how it ends."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread

from service.auth import Caller
from service.clip_intake import begin, finish, new_clip, receive
from service.clip_options import ClipOptions
from service.core import Core
from service.metrics import Metrics
from service.running import running
from service.settings import Settings
from service.telemetry import NoSpans
from service.tenants import LOCAL
from tests.service.fakes import REP, FakeEngine, FakeLibrary, write_clip

pytestmark = pytest.mark.anyio


async def test_a_fault_does_not_wait_for_a_clip_to_be_counted(tmp_path: Path) -> None:
    """Counted to its end it would take 20 seconds."""
    engine = FakeEngine(delay_s=0.1)
    file = write_clip(tmp_path / "file.mp4", REP * 25)

    async def chunks() -> AsyncIterator[bytes]:
        yield file.read_bytes()

    async def fails() -> None:
        core, settings = Core(engine, FakeLibrary()), Settings(data=tmp_path)
        async with running(settings, core, Metrics(), NoSpans) as state:
            caller = Caller(LOCAL)
            clip = new_clip(state, caller, ClipOptions(exercise="squat", fps=60))
            await begin(state, caller, clip)
            await receive(state, clip, 0, chunks(), 10**9)
            await finish(state, clip.id)
            assert await to_thread.run_sync(engine.entered.wait, 10)
            raise InterruptedError

    began_s = time.monotonic()
    with pytest.raises(BaseExceptionGroup) as caught:
        await fails()
    assert caught.group_contains(InterruptedError)
    assert time.monotonic() - began_s < 10
