"""Resumable uploads with tus-js-client, which pages and apps use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.tables import Clip
from tests.clients.javascript.node import CLIENT, NEEDED, run
from tests.service.proxy import proxied
from tests.service.worker import KEY, Place, place_for_clips

pytestmark = [
    *NEEDED,
    pytest.mark.skipif(
        not (CLIENT / "node_modules" / "tus-js-client").exists(), reason="not there: make client"
    ),
]
MUCH = bytes(range(256)) * 2000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_for_clips(tmp_path_factory.mktemp("data")) as place:
        yield place


def uploaded(place: Place, address: str, folder: Path, **more: Any) -> Any:
    """What the client says of an upload that has become a clip."""
    file = folder / "clip"
    file.write_bytes(MUCH)
    job = {
        "file": str(file),
        "endpoint": f"http://{address}/v1/uploads",
        "headers": {"Authorization": f"Bearer {KEY}"},
        "metadata": {"filename": "squats.mp4", "exercise": "squat"},
        **more,
    }
    told = run("tus_in_node.js", job)
    clip_id = told["url"].rsplit("/", 1)[1]
    assert place.worker.video(clip_id) == MUCH
    clip = place.client.get(f"/v1/clips/{clip_id}").json()
    assert (clip["status"], clip["name"]) == ("queued", "squats.mp4")
    return told


@pytest.mark.parametrize(
    ("options", "tries"), [({}, 1), ({"at_once": True}, 0), ({"chunk_size": 200_000}, 3)]
)
def test_it_uploads(place: Place, tmp_path: Path, options: dict[str, Any], tries: int) -> None:
    assert uploaded(place, place.address, tmp_path, **options)["tries"] == tries


def test_it_goes_on_after_its_connection_broke(place: Place, tmp_path: Path) -> None:
    before = place.worker.ids_in(Clip)
    with proxied(place.address, 300_000, 150_000) as proxy:
        assert uploaded(place, proxy.address, tmp_path)["tries"] > 1
    assert len(place.worker.ids_in(Clip)) == len(before) + 1
