"""The clients of a load: what became of each frame, and when frames are due."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.frame_blocks import FPS
from benchmarks.live_clients import (
    BARE,
    Ledger,
    Played,
    Window,
    clients_of,
    from_place,
    play_all,
    rates_of,
)


def test_an_ack_answers_for_the_newest_frames_up_to_it() -> None:
    ledger = Ledger()
    for seq in range(5):
        ledger.sent(seq, now_s=seq)
    ledger.answered(0, processed=1, now_s=10)
    ledger.answered(3, processed=3, now_s=20)
    assert ledger.waits_s == {0: 10, 2: 18, 3: 17}
    ledger.answered(4, processed=3, now_s=30)
    assert 4 not in ledger.waits_s


def test_who_was_not_looked_at_was_answered_even_so() -> None:
    ledger = Ledger()
    for seq in range(4):
        ledger.sent(seq, now_s=seq)
    ledger.answered(3, processed=4, now_s=10, passed_over=1)
    assert (len(ledger.waits_s), ledger.looked_at) == (4, 0.75)


@given(dropped=st.lists(st.booleans(), max_size=40), every=st.integers(1, 5))
def test_as_many_frames_are_answered_as_were_processed(dropped: list[bool], every: int) -> None:
    ledger, processed = Ledger(), 0
    for seq, drop in enumerate(dropped):
        ledger.sent(seq, now_s=seq)
        processed += not drop
        if seq % every == 0:
            ledger.answered(seq, processed, now_s=seq)
    ledger.answered(len(dropped), processed, now_s=len(dropped))
    assert len(ledger.waits_s) == processed
    assert all(wait_s >= 0 for wait_s in ledger.waits_s.values())


@given(phase_s=st.floats(0, 0.2), fps=st.floats(1, 30))
def test_the_window_holds_the_frames_due_in_it(phase_s: float, fps: float) -> None:
    window = Window(warm_s=1, seconds=2)
    numbers = window.numbers(phase_s, fps)
    assert abs(len(numbers) - 2 * fps) <= 1
    assert numbers == sorted(numbers)


def test_a_part_of_a_session_has_a_part_of_the_rate() -> None:
    assert rates_of(2) == [FPS, FPS]
    assert rates_of(1.25) == [FPS, FPS / 4]
    assert rates_of(0.5) == [FPS / 2]


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_clip_begins_anywhere_and_is_whole(share: float) -> None:
    jpegs = [b"a", b"b", b"c"]
    played = from_place(jpegs, share)
    assert sorted(played) == jpegs
    assert played[0] == jpegs[int(3 * share)]


async def answer_every_other(socket: ServerConnection) -> None:
    """A server that drops each second frame."""
    await socket.send("{}")
    for seq in range(10**6):
        await socket.recv()
        if seq % 2:
            await socket.send(json.dumps({"type": "ack", "seq": seq, "processed": seq // 2 + 1}))


async def played_half() -> tuple[list[Played], bool]:
    """Two sessions on such a server for a second, and whether it was told that they began."""
    async with serve(answer_every_other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        clients = clients_of(2, BARE, [[b"one", b"two"]], Window(0.2, 1))
        begun = asyncio.Event()
        return await play_all(f"ws://127.0.0.1:{port}", clients, begun.set), begun.is_set()


def test_what_a_server_drops_is_missing() -> None:
    played, begun = asyncio.run(played_half())
    assert begun
    for one in played:
        assert one.due == pytest.approx(FPS, abs=1)
        assert len(one.waits_s) == pytest.approx(one.due / 2, abs=1)
