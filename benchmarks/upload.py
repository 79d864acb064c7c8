"""How fast a server takes an upload, and in how much memory: in one request, as a form, and by tus.

    python -m benchmarks.upload [--mib 1024] [--out FILE]

Each is sent to a fresh server in a process of its own, whose memory before the first byte is told
beside the peak. It serves without the nets, so that what is measured is the upload's; the sender is
on the same machine and takes part of its time.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from tusclient.client import TusClient

from benchmarks.command_line import OUT, command_line
from benchmarks.report import publish, table
from service.settings import MIB
from tests.service.server_process import server_process

_CHUNK = bytes(range(256)) * 4096
_TUS_CHUNK = 64 * MIB
"""Bytes a PATCH, of which the sender holds one."""


def send_raw(address: str, file: Path) -> None:
    """In one request."""
    with file.open("rb") as content:
        answer = httpx2.post(f"{address}/v1/clips", content=content, timeout=600, trust_env=False)
    answer.raise_for_status()


def send_form(address: str, file: Path) -> None:
    """In one request, as a form."""
    with file.open("rb") as content:
        form = {"file": (file.name, content)}
        answer = httpx2.post(f"{address}/v1/clips", files=form, timeout=600, trust_env=False)
    answer.raise_for_status()


def send_tus(address: str, file: Path) -> None:
    """In pieces."""
    client = TusClient(f"{address}/v1/uploads")
    client.uploader(str(file), chunk_size=_TUS_CHUNK).upload()


WAYS: dict[str, Callable[[str, Path], None]] = {
    "one request": send_raw,
    "a form": send_form,
    "tus": send_tus,
}


def measured(send: Callable[[str, Path], None], file: Path, mib: int) -> tuple[object, ...]:
    """Seconds, MB/s, MiB resident before and at the peak."""
    limit = str((mib + 1) * MIB)
    with (
        TemporaryDirectory() as data,
        server_process(Path(data), max_clip_bytes=limit, clip_workers="0") as (server, host),
    ):
        pid, address = server.process.pid, f"http://{host}"
        before, began_s = _peak_mib(pid), time.perf_counter()
        send(address, file)
        took_s = time.perf_counter() - began_s
        (clip,) = httpx2.get(f"{address}/v1/clips", trust_env=False).json()["items"]
        if (clip["status"], clip["received"]) != ("queued", mib * MIB):
            raise ValueError(f"not a clip that waits: {clip}")
        rate = mib * MIB / 1e6 / took_s
        return round(took_s, 1), round(rate), round(before), round(_peak_mib(pid))


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def main() -> None:
    """Measure each way and print the table."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--mib", type=int, default=1024)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mp4"
        with file.open("wb") as made:
            for _ in range(options.mib):
                made.write(_CHUNK)
        rows = [(way, *measured(send, file, options.mib)) for way, send in WAYS.items()]
    text = table((f"{options.mib} MiB as", "s", "MB/s", "MiB before", "MiB at most"), rows)
    publish(text, options.out, "upload")


if __name__ == "__main__":
    main()
