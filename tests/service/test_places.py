"""What goes on at once: so much and no more, and of that a share for each."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from service.auth import Caller
from service.errors import ServiceError
from service.places import Places, share_of
from service.tables import Clip
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.fakes import encoded
from tests.service.talk import talking
from tests.service.waiting import until
from tests.service.worker import KEY, OTHER, Place, place_for_clips

ANN, BOB, OTHERS = Caller("acme", "ann"), Caller("acme", "bob"), Caller("other", "ann")
SHARES = {"user_share": 0.5, "tenant_share": 0.75}


def places(most: int) -> Places:
    return Places("clips", most, tenant_share=0.75, user_share=0.5)


def test_nobody_keeps_the_others_out() -> None:
    few = places(4)
    with few.taken(ANN), few.taken(ANN):
        with pytest.raises(ServiceError, match="2 clips of a user's at once"), few.taken(ANN):
            pass
        with few.taken(BOB):
            with pytest.raises(ServiceError, match="3 clips of a tenant's"), few.taken(BOB):
                pass
            with few.taken(OTHERS):
                with pytest.raises(ServiceError, match="4 clips at once are the limit"):
                    few.check()
                assert few.free == 0
    assert few.free == 4
    with few.taken(ANN), few.taken(ANN):
        pass


def test_a_key_has_all_of_its_tenants_share() -> None:
    few, key = places(4), Caller("acme")
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(few.taken(key))
        with pytest.raises(ServiceError, match="of a tenant's"), few.taken(ANN):
            pass


def test_a_share_has_room_for_who_resumes() -> None:
    assert share_of(1, 0.001) == share_of(15, 0.125) == 2
    assert share_of(32, 0.125) == 4


def token(address: str, user: str, key: str = KEY) -> str:
    with calling(address, key) as client:
        return str(client.post("/v1/tokens", json={"user": user}).json()["token"])


def test_of_live_sessions(serve: Serve) -> None:
    def shown(address: str, user: str, key: str = KEY) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(address, user, key)}"}

    with serve(keys={"acme": KEY, "other": OTHER}, max_sessions=4, **SHARES) as address:
        ann = shown(address, "ann")
        with ExitStack() as stack:
            for headers in (ann, ann, shown(address, "bob")):
                stack.enter_context(talking(address, additional_headers=headers)).start()
            for headers in (ann, shown(address, "bob")):
                with (
                    pytest.raises(InvalidStatus) as caught,
                    talking(address, additional_headers=headers),
                ):
                    pass
                assert caught.value.response.status_code == 503
            with talking(address, additional_headers=shown(address, "ann", OTHER)) as talk:
                talk.start()
        until(lambda: httpx2.get(f"http://{address}/readyz").json()["free_sessions"] == 4)
        with talking(address, additional_headers=ann) as talk:
            talk.start()
            talk.end()


@contextmanager
def begun(place: Place, path: str, shown: str) -> Iterator[None]:
    """Somebody sends a body, and does not end."""
    host, port = place.address.split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n"
        f"Authorization: Bearer {shown}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(head.encode() + b"a" * 20_000)
        yield


@pytest.mark.parametrize("path", ["/v1/poses", "/v1/landmarks", "/v1/clips"])
def test_of_bodies_that_are_received(tmp_path: Path, path: str) -> None:
    with place_for_clips(tmp_path, max_posts=4, max_uploads=4, user_share=0.5) as place:
        anns, bobs = (token(place.address, user) for user in ("ann", "bob"))
        with begun(place, path, anns), begun(place, path, anns):
            with calling(place.address, anns) as ann:
                until(lambda: ann.post(path, content=b"a").status_code == 503)
                refused = ann.post(path, content=b"a").json()
            assert refused["code"] == "over_capacity"
            assert "2 " in refused["detail"]
            with calling(place.address, bobs) as bob:
                assert bob.post("/v1/poses", content=encoded(9)).status_code == 200


def test_of_clips_that_are_followed(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, max_event_streams=4, user_share=0.5) as place:
        shown = token(place.address, "ann")
        with calling(place.address, shown) as ann, ExitStack() as stack:
            path = f"{ann.post('/v1/clips', content=b'a clip').headers['location']}/events"
            for _ in range(2):
                stack.enter_context(ann.stream("GET", path))
            assert ann.get(path).json()["code"] == "over_capacity"
            stack.enter_context(place.client.stream("GET", path))


def test_of_clips_that_wait(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, max_queued_clips_per_tenant=8, user_share=0.25) as place:
        with calling(place.address, token(place.address, "ann")) as ann:
            for _ in range(2):
                assert ann.post("/v1/clips", content=b"a clip").status_code == 202
            refused = ann.post("/v1/clips", content=b"a clip").json()
        assert refused["code"] == "queue_full"
        assert "2 clips of the user's" in refused["detail"]
        place.upload(user="ann")  # by the key, which knows what it does
        assert len(place.worker.ids_in(Clip)) == 3


def open_files() -> list[str]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(one.readlink()))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system tells nobody")
def test_batches_lie_where_there_is_room(tmp_path: Path) -> None:
    """What is temporary by itself is often a small part of memory."""
    folder = tmp_path / "kept"
    with (
        place_for_clips(folder) as place,
        begun(place, "/v1/landmarks", KEY),
    ):
        nameless = re.compile(rf"{re.escape(str(folder))}/[^/]* \(deleted\)")
        until(lambda: any(map(nameless.fullmatch, open_files())))
