"""Many clips that wait: how long they take, and what memory the server holds meanwhile.

    python -m benchmarks.clip_queue [--clips 1000] [--workers 1]

A server process with the tests' grey person, so that storing, claiming, decoding in a process of
its own and keeping are measured and no net is; each clip is 2.4 s of 64x48 pixels.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from benchmarks.command_line import command_line
from tests.service.fakes import REP, write_clip
from tests.service.killable import KillableServer

EVERY_S = 5.0


def main() -> None:
    """Upload, wait until all are counted, and say what that took."""
    parser = command_line(__doc__)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        clip = write_clip(Path(folder) / "clip.mp4", REP * 3).read_bytes()
        data = Path(folder) / "data"
        with KillableServer(data, clip_workers=arguments.workers) as server:
            measure(server, clip, arguments.clips)


def measure(server: KillableServer, clip: bytes, clips: int) -> None:
    """Prints a line a stage."""
    url = f"http://127.0.0.1:{server.port}"
    with httpx2.Client(base_url=url, trust_env=False, timeout=60) as client:
        print(f"before: {resident_mb(client):.0f} MB resident")
        start_s = time.monotonic()
        for _ in range(clips):
            client.post("/v1/clips", params={"exercise": "squat"}, content=clip).raise_for_status()
        print(f"{clips} clips taken in {time.monotonic() - start_s:.0f} s")
        most_mb = max(watch(client))
        lasted_s = time.monotonic() - start_s
        print(f"all counted after {lasted_s:.0f} s, {clips / lasted_s:.1f} a second")
        print(f"at most {most_mb:.0f} MB resident, {resident_mb(client):.0f} MB afterwards")


def watch(client: httpx2.Client) -> Iterator[float]:
    """The resident memory in MB, now and then until no clip waits."""
    while True:
        yield resident_mb(client)
        if not client.get("/readyz").json()["unfinished_clips"]:
            return
        time.sleep(EVERY_S)


def resident_mb(client: httpx2.Client) -> float:
    """As the server's own metric says."""
    return metric(client, "process_resident_memory_bytes") / 1e6


def metric(client: httpx2.Client, name: str) -> float:
    """The value of a metric without labels."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[-1])


if __name__ == "__main__":
    main()
