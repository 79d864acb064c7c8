"""What live sessions cost a server in memory, and whether it gets all of it back.

    python -m benchmarks.memory [--sessions 1 11 101] [--cycles 2000] [--warm-up 200]

`blazereps serve` (full model, default settings but for `max_sessions` and, lest a busy machine show
somebody out, `idle_s`) in a process of its own, and clients that speak the protocol over real
sockets. First sessions that stay: each sends a part of a bundled clip as fast as it is worked on,
and then one observation every few seconds while the others come; before the first some have come
and gone, for what as many frames take as are worked on at a time is no session's. Then cycles of
connecting, streaming and going: JPEGs and landmarks in turn, half of each properly ended and half
cut off.

Resident is what Linux counts as the process's, private what would be free if it ended: less the
files that other processes map too. Ends with the rows of `benchmarks.startup`.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from benchmarks import startup
from benchmarks.command_line import command_line
from benchmarks.live_load import over_and_over, shots
from benchmarks.report import table
from benchmarks.section import Section
from benchmarks.server_process import Server, blazereps
from benchmarks.startup import HEADER, Row
from blazereps_client.media import Media, encode

SESSION_KB: Final = 150
"""Wanted at most of a session beyond the first."""
GROWTH: Final = 0.02
"""Wanted at most of all the cycles together."""
SESSIONS: Final = (1, 11, 101)
CYCLES, WARM_UP = 2000, 200
_MOST_AT_ONCE = 8
_EVERY_S = 8.0
_REST_S = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """Sessions of one kind: what they ask for, and what they send over and over."""

    name: str
    start: dict[str, str]
    media: Sequence[Media]
    sent: int
    """How much of it before a session stays, or goes."""

    def messages(self) -> Iterator[bytes]:
        """What it sends, without an end."""
        return (encode(one, seq) for seq, one in enumerate(over_and_over(self.media)))


@dataclass(frozen=True, slots=True)
class Memory:
    """A process's, in KB."""

    resident: int
    private: int

    @classmethod
    def of(cls, pid: int) -> "Memory":
        """As Linux tells it."""
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
        kb = {line.split()[0]: int(line.split()[1]) for line in lines}
        return cls(kb["Rss:"], kb["Private_Clean:"] + kb["Private_Dirty:"])


def kinds() -> tuple[Kind, Kind]:
    """JPEGs and landmarks of squats, three or four seconds of each."""
    images, poses = shots(fps=10, rate=30)
    asked = {"type": "session.start", "exercise": "squat"}
    return (
        Kind("JPEGs", asked | {"pacing": "lossless"}, images, 30),
        Kind("landmarks", asked | {"input": "landmarks"}, poses, 120),
    )


def session(server: Server) -> connect:
    """A socket that a session can begin on."""
    url = f"ws://127.0.0.1:{server.port}/v1/live"
    return connect(url, compression=None, ping_interval=None)


async def stream(socket: ClientConnection, kind: Kind) -> Iterator[tuple[int, bytes]]:
    """Begins, and sends one after the other is worked on; gives what would come next."""
    messages = enumerate(kind.messages())
    await socket.send(json.dumps(kind.start))
    await heard(socket, "session.created")
    for seq, message in islice(messages, kind.sent):
        await socket.send(message)
        await heard(socket, "ack", seq=seq)
    return messages


async def heard(socket: ClientConnection, kind: str, **said: object) -> None:
    """Waits for a message of that type which says that; raises RuntimeError on an error."""
    async for text in socket:
        message = json.loads(text)
        if message["type"] == "error":
            raise RuntimeError(message["message"])
        if {"type": kind, **said}.items() <= message.items():
            return
    raise RuntimeError(f"no {kind}: closed with {socket.close_code}")


async def stay(server: Server, kind: Kind, sessions: Sequence[int]) -> list[Memory]:
    """What the server takes while so many sessions are there, for each number of them."""
    await asyncio.gather(*(come_and_go(server, kind, cut=False) for _ in range(_MOST_AT_ONCE)))
    taken = []
    places, there = asyncio.Semaphore(_MOST_AT_ONCE), asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as tasks:
        staying: list[asyncio.Task[None]] = []
        for number in sessions:
            new = number - len(staying)
            staying += [tasks.create_task(_stay(server, kind, places, there)) for _ in range(new)]
            for _ in range(new):
                await there.acquire()
            await asyncio.sleep(_REST_S)
            taken.append(Memory.of(server.pid))
        for one in staying:
            one.cancel()
    return taken


async def _stay(
    server: Server, kind: Kind, places: asyncio.Semaphore, there: asyncio.Semaphore
) -> None:
    await places.acquire()
    async with session(server) as socket:
        messages = await stream(socket, kind)
        places.release()
        there.release()
        for seq, message in messages:
            await asyncio.sleep(_EVERY_S)
            await socket.send(message)
            await heard(socket, "ack", seq=seq)


async def come_and_go(server: Server, kind: Kind, *, cut: bool) -> None:
    """One cycle."""
    async with session(server) as socket:
        await stream(socket, kind)
        if cut:
            socket.transport.abort()
        else:
            await socket.send(json.dumps({"type": "session.end"}))
            await heard(socket, "session.summary")


async def cycles(
    server: Server, both: Sequence[Kind], number: int, warm_up: int
) -> tuple[Memory, Memory]:
    """What the server takes after the warm-up, and at the end."""
    few = [replace(kind, sent=kind.sent // 10) for kind in both]
    before = Memory.of(server.pid)
    for n in range(number):
        if n == warm_up:
            await asyncio.sleep(_REST_S)
            before = Memory.of(server.pid)
        await come_and_go(server, few[n % 2], cut=n % 4 >= 2)
    await asyncio.sleep(_REST_S)
    return before, Memory.of(server.pid)


def rows(
    sessions: Sequence[int] = SESSIONS, number: int = CYCLES, warm_up: int = WARM_UP
) -> list[Row]:
    """A server of its own for each kind of session, and one for the cycles."""
    both = kinds()
    return [
        *(row for kind in both for row in _stay_rows(kind, sessions)),
        *_cycle_rows(both, number, warm_up),
    ]


def sections(_: Path) -> Iterator[Section]:
    """The table; no data is needed."""
    yield Section("Memory and start", HEADER, [*rows(), *startup.rows()])


def _stay_rows(kind: Kind, sessions: Sequence[int]) -> Iterator[Row]:
    numbers = sorted(set(sessions))
    seats = numbers[-1] + _MOST_AT_ONCE
    with blazereps(max_sessions=seats, idle_s=600) as server:
        idle = Memory.of(server.pid)
        taken = asyncio.run(stay(server, kind, numbers))
    yield f"no session ({kind.name})", _mb(idle), "–"
    yield from session_rows(kind.name, dict(zip(numbers, taken, strict=True)))


def session_rows(name: str, taken: Mapping[int, Memory]) -> Iterator[Row]:
    """What so many sessions take, and each beyond the fewest if there were several numbers."""
    for number, memory in taken.items():
        yield f"{number} of {name}", _mb(memory), "–"
    fewest, most = min(taken), max(taken)
    if more := most - fewest:
        resident = (taken[most].resident - taken[fewest].resident) / more
        private = (taken[most].private - taken[fewest].private) / more
        each = f"{resident:.0f} KB resident, {private:.0f} KB private"
        yield f"a session of {name} beyond the first", each, f"{SESSION_KB} KB"


def _cycle_rows(both: Sequence[Kind], number: int, warm_up: int) -> Iterator[Row]:
    with blazereps() as server:
        before, after = asyncio.run(cycles(server, both, number, warm_up))
    yield f"after {warm_up} cycles", _mb(before), "–"
    yield f"after {number} cycles", _mb(after), "–"
    growth = after.resident / before.resident - 1
    yield "growth of the resident size", f"{growth:+.1%}", f"{GROWTH:.0%}"


def _mb(memory: Memory) -> str:
    return f"{memory.resident / 1024:.1f} MB resident, {memory.private / 1024:.1f} MB private"


def main() -> None:
    """Prints the table."""
    parser = command_line(__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=SESSIONS)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    arguments = parser.parse_args()
    measured = rows(arguments.sessions, arguments.cycles, arguments.warm_up)
    print(table(HEADER, [*measured, *startup.rows()]))


if __name__ == "__main__":
    main()
