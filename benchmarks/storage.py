"""How fast media is stored and fetched, and in how much memory: a folder, and S3.

    python -m benchmarks.storage [--mib 1024] [--out FILE]

The S3 server is moto's, on this machine in a process of its own: what it gives is a lower bound
of what the service can do. Each store is measured in a fresh process, whose memory before the
first byte is told beside the peak.
"""

import asyncio
import logging
import resource
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from benchmarks.command_line import OUT, command_line
from benchmarks.report import publish, table
from service.settings import MIB, Settings
from service.storage import Storage

_SPAWN = get_context("spawn")
_CHUNK = bytes(range(256)) * 256
"""64 KiB, as uvicorn gives them."""


async def _body(mib: int) -> AsyncIterator[bytes]:
    for _ in range(mib * MIB // len(_CHUNK)):
        yield _CHUNK


def _resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(settings: Settings, mib: int) -> tuple[object, ...]:
    """MB/s stored and fetched, MiB resident before and at the peak."""
    storage, before = Storage.of(settings), _resident_mib()
    with TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        await storage.append("measured", 0, _body(mib), mib * MIB)
        stored_s = time.perf_counter()
        await storage.fetch("measured", file := Path(folder) / "medium")
        fetched_s = time.perf_counter()
        if file.stat().st_size != mib * MIB:
            raise ValueError("the medium is not what was stored")
    await storage.erase("measured")
    rates = (mib * MIB / 1e6 / s for s in (stored_s - began_s, fetched_s - stored_s))
    return (*(round(rate) for rate in rates), round(before), round(_resident_mib()))


def measured(settings: Settings, mib: int) -> tuple[object, ...]:
    """The same, for a process of its own."""
    return asyncio.run(measure(settings, mib))


def _serve(told: Connection) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    told.send(server.get_host_and_port())
    told.recv()


@contextmanager
def s3() -> Iterator[Settings]:
    """Of a bucket on a server in a process of its own."""
    ours, its = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(its,))
    process.start()
    try:
        host, port = ours.recv()
        endpoint = f"http://{host}:{port}"
        httpx2.put(f"{endpoint}/media").raise_for_status()
        yield Settings(
            storage="s3://media",
            s3_endpoint=endpoint,
            s3_access_key_id="id",
            s3_secret_access_key=SecretStr("secret"),
        )
    finally:
        ours.send(None)
        process.join()


def main() -> None:
    """Measure both and print the table."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--mib", type=int, default=1024)
    options = parser.parse_args()
    with (
        TemporaryDirectory() as folder,
        s3() as bucket,
        ProcessPoolExecutor(1, _SPAWN, max_tasks_per_child=1) as pool,
    ):
        rows = [
            (name, *pool.submit(measured, settings, options.mib).result())
            for name, settings in (("folder", Settings(data=Path(folder))), ("S3", bucket))
        ]
    text = table(("store", "stored MB/s", "fetched MB/s", "MiB before", "MiB at most"), rows)
    publish(text, options.out)


if __name__ == "__main__":
    main()
