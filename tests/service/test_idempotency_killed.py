"""A server is killed as an upload ends, before or after that is kept; the same is sent again."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
import pytest

from service.clip_store import ClipStore
from service.idempotency import NAME, REPLAYED
from service.tables import Clip
from tests.service.conftest import Serve
from tests.service.server_process import main, server_process


def upload(address: str) -> httpx2.Response:
    url = f"http://{address}/v1/clips"
    return httpx2.post(url, content=b"no clip at all", headers={NAME: "1"}, trust_env=False)


def let_the_lease_run_out(data: Path) -> None:
    with closing(sqlite3.connect(data / "blazereps.db")) as database, database:
        database.execute("UPDATE idempotency SET leased_until = '2025-01-31 12:00:00'")


def counted(address: str) -> list[dict[str, Any]]:
    clips = httpx2.get(f"http://{address}/v1/clips", trust_env=False).json()["items"]
    return [clip for clip in clips if clip["status"] != "uploading"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_is_counted_once(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setenv("KILLED", moment)
    with (
        server_process(tmp_path, module=__name__) as (server, address),
        pytest.raises(httpx2.TransportError),
    ):
        upload(address)
    assert server.process.wait() == -signal.SIGKILL
    let_the_lease_run_out(tmp_path)
    with serve(data=tmp_path) as address:
        again = upload(address)
        (clip,) = counted(address)
    assert (again.status_code, again.json()["status"]) == (202, "queued")
    assert again.headers.get(REPLAYED) == {"before": None, "after": "true"}[moment]
    assert again.json()["id"] == clip["id"]
    assert again.headers["Location"] == f"/v1/clips/{clip['id']}"


class Killed(ClipStore):
    """Ends the process as an upload ends."""

    async def complete(self, *arguments: Any) -> Clip:
        if os.environ["KILLED"] == "after":
            await super().complete(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


if __name__ == "__main__":
    with patch("service.running.ClipStore", Killed):
        main()
