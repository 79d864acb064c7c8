"""Clips followed over server-sent events."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.clip_events import changes
from service.errors import ServiceError
from service.tables import Clip
from service.tenants import now_utc
from tests.service.worker import RESULT, Place, place_for_clips

Event = tuple[str, int, dict[str, Any]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_for_clips(tmp_path, max_event_streams=2) as place:
        yield place


def events(response: httpx2.Response) -> Iterator[Event]:
    """As they come: type, id and data."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif fields:
            yield fields["event"], int(fields["id"]), json.loads(fields["data"])
            fields = {}


def test_a_clip_is_followed_to_its_end(place: Place) -> None:
    path = place.upload()
    with place.client.stream("GET", f"{path}/events", timeout=10) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = events(stream)
        heard = [next(told)]
        clip = place.worker.claim()
        heard.append(next(told))
        for progress in (0.25, 0.75):
            place.worker.renew(clip, progress)
            heard.append(next(told))
        place.worker.succeed(clip)
        heard += told
    assert [name for name, _, _ in heard] == ["progress"] * 4 + ["succeeded"]
    assert [data["status"] for _, _, data in heard] == ["queued", *["running"] * 3, "succeeded"]
    assert [data["progress"] for _, _, data in heard] == [0, 0, 0.25, 0.75, 1]
    assert heard[-1][2] == place.client.get(path).json()
    assert heard[-1][2]["result"] == RESULT.model_dump(mode="json")
    ids = [event_id for _, event_id, _ in heard]
    assert ids == sorted({*ids})


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_it_may_end_otherwise(place: Place, end: str) -> None:
    path = place.upload()
    clip = place.worker.claim()
    with place.client.stream("GET", f"{path}/events", timeout=10) as stream:
        told = events(stream)
        next(told)
        if end == "failed":
            place.worker.fail(clip, "no_video")
        else:
            place.client.post(f"{path}/cancel")
        ((name, _, data),) = told
    assert (name, data["status"]) == (end, end)
    assert (data["error"] is not None) == (end == "failed")


def test_who_comes_again_is_told_nothing_twice(place: Place) -> None:
    path = place.upload()
    clip = place.worker.claim()
    with place.client.stream("GET", f"{path}/events") as stream:
        _, last, _ = next(events(stream))
    headers = {"Last-Event-ID": str(last)}
    with place.client.stream("GET", f"{path}/events", headers=headers, timeout=10) as stream:
        place.worker.succeed(clip)
        ((name, last, _),) = events(stream)
    assert name == "succeeded"
    again = place.client.get(f"{path}/events", headers={"Last-Event-ID": str(last)})
    assert again.status_code == 204  # at which EventSource comes no more
    assert place.client.get(f"{path}/events", headers={"Last-Event-ID": "x"}).status_code == 422


def test_an_erased_clip_ends_its_stream(place: Place) -> None:
    path = place.upload()
    with place.client.stream("GET", f"{path}/events", timeout=10) as stream:
        told = events(stream)
        next(told)
        place.client.delete(path)
        assert {name for name, _, _ in told} <= {"cancelled"}
    assert place.client.get(f"{path}/events").status_code == 404


def test_so_many_streams_and_no_more(place: Place) -> None:
    path = f"{place.upload()}/events"
    with place.client.stream("GET", path) as first, place.client.stream("GET", path) as second:
        told = events(first), events(second)
        assert [next(one)[0] for one in told] == ["progress"] * 2
        full = place.client.get(path)
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        assert full.json()["code"] == "over_capacity"
        assert "2 clips" in full.json()["detail"]
    place.worker.count()
    while (after := place.client.get(path)).status_code == 503:  # until they are seen to be gone
        pass
    assert [name for name, _, _ in events(after)] == ["succeeded"]


def test_nobody_follows_another_tenants_clip(place: Place) -> None:
    path = place.upload()
    place.worker.count()
    assert place.hidden(f"{path}/events")
    mine = place.upload(user="ann")
    place.worker.count()
    assert place.as_user("ann", f"{mine}/events").status_code == 200


def clip(version: int, status: str = "queued") -> Clip:
    return Clip(
        id="0" * 32, tenant_id="app", key_id="", name="a", wanted={"exercise": "squat", "fps": 15},
        created_at=now_utc(), version=version, received=1, status=status, progress=0.0, attempts=0,
    )  # fmt: skip


class Looks:
    """What is seen of a clip, one after the other; then it is erased."""

    def __init__(self, *clips: Clip) -> None:
        self._clips = [*clips]

    async def __call__(self) -> Clip:
        if not self._clips:
            raise ServiceError("not_found", "erased")
        return self._clips.pop(0)


async def collected(told: AsyncIterator[bytes]) -> list[str]:
    """The first line of each."""
    return [event.decode().splitlines()[0] async for event in told]


@pytest.mark.anyio
async def test_silence_is_filled_with_comments() -> None:
    looks = Looks(clip(1), clip(1), clip(2, "cancelled"))
    told = changes(clip(1), looks, 0, until=lambda: False, poll_s=0, heartbeat_s=0)
    assert await collected(told) == ["event: progress", ": ping", ": ping", "event: cancelled"]


@pytest.mark.anyio
async def test_a_server_that_drains_tells_no_more() -> None:
    told = changes(clip(1), Looks(), 0, until=lambda: True)
    assert await collected(told) == []


@pytest.mark.anyio
async def test_what_is_erased_ends() -> None:
    told = changes(clip(3), Looks(clip(4)), 3, until=lambda: False, poll_s=0)
    assert await collected(told) == ["event: progress"]
