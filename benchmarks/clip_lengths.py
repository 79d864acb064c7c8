"""Whether long clips cost more a second than short ones: uploaded to a server, 13 s to 30 min.

    python -m benchmarks.clip_lengths [--laps 1,5,23,138]

A bundled clip of 13 seconds and five squats, so many times in a row: its packets are repeated, not
encoded anew. The CPU time is the server's and its decoder's, from the upload to the result; the
memory is the most that was seen of both together.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import httpx2

from benchmarks.checkout import CLIP, REPS
from benchmarks.command_line import command_line
from benchmarks.section import Section
from benchmarks.server_process import Server, blazereps

LAPS = (1, 5, 23, 138)
_EVERY_S = 0.5
_HEADER = (
    "clip", "counted squats", "CPU", "video a second of CPU", "CPU a counted frame", "memory",
)  # fmt: skip


def looped(clip: Path, laps: int, target: Path) -> None:
    """The same video so many times in a row."""
    with av.open(target, "w") as into:
        copied, lap_ticks = None, 0
        for lap in range(laps):
            with av.open(clip) as source:
                stream = source.streams.video[0]
                if copied is None:
                    copied, lap_ticks = into.add_stream_from_template(stream), stream.duration or 0
                for packet in source.demux(stream):
                    if packet.pts is None or packet.dts is None:
                        continue  # the end
                    packet.pts += lap * lap_ticks
                    packet.dts += lap * lap_ticks
                    packet.stream = copied
                    into.mux(packet)


def counted(server: Server, clip: Path) -> tuple[dict[str, Any], float, float]:
    """The result of an upload, the CPU seconds that it took, and the most memory in MB."""
    address, before_s, most_mb = f"http://127.0.0.1:{server.port}", server.cpu_s, 0.0
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
        answer = client.post("/v1/clips", content=clip.read_bytes())
        answer.raise_for_status()
        while (told := client.get(answer.headers["location"]).json())["status"] != "succeeded":
            if told["status"] not in ("queued", "running"):
                raise RuntimeError(f"the clip is {told['status']}: {told}")
            most_mb = max(most_mb, server.with_children_mb)
            time.sleep(_EVERY_S)
    return told["result"], server.cpu_s - before_s, most_mb


def row(laps: int, result: dict[str, Any], cpu_s: float, most_mb: float) -> tuple[str, ...]:
    """Of the table."""
    seconds = result["duration_s"]
    return (
        f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min",
        f"{result['counts']['squat']} of {REPS * laps}",
        f"{cpu_s:.1f} s",
        f"{seconds / cpu_s:.1f} s",
        f"{1000 * cpu_s / result['frames']:.1f} ms",
        f"{most_mb:.0f} MB",
    )


def sections(_data: Path, laps: Sequence[int] = LAPS) -> Iterator[Section]:
    """A row a length, all on one server."""
    rows = []
    with TemporaryDirectory() as folder, blazereps(max_clip_s=7200) as server:
        for number in (1, *laps):  # the first warms up
            clip = Path(folder) / f"{number}.mp4"
            looped(CLIP, number, clip)
            rows.append(row(number, *counted(server, clip)))
    yield Section("Length of clips", _HEADER, rows[1:])


def main() -> None:
    """Measure, and print the table."""
    parser = command_line(__doc__)
    parser.add_argument("--laps", default=",".join(map(str, LAPS)))
    laps = [*map(int, parser.parse_args().laps.split(","))]
    for section in sections(Path(), laps):
        print(section.markdown())


if __name__ == "__main__":
    main()
