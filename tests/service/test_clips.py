"""Clips over REST: listed, followed by polling, cancelled, erased; by nobody but whose they are."""

from collections.abc import Iterator

import pytest

from service.tables import Clip, Workout
from service.tenants import now_utc
from tests.service.databases import BACKENDS
from tests.service.worker import RESULT, Place, place_for_clips

NOBODYS = f"/v1/clips/{'0' * 32}"


@pytest.fixture(scope="module", params=BACKENDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with place_for_clips(tmp_path_factory.mktemp("data"), request.param) as place:
        yield place


@pytest.fixture(autouse=True)
def nothing_left(place: Place) -> Iterator[None]:
    yield
    place.erase_all()


def test_a_clip_is_followed_to_its_result(place: Place) -> None:
    path = place.upload(exercise="squat", fps=30)
    waiting = place.client.get(path)
    assert waiting.json()["status"] == "queued"
    assert waiting.headers["retry-after"] == "1"
    clip = place.worker.claim()
    place.worker.renew(clip, 0.5)
    running = place.client.get(path).json()
    assert (running["status"], running["progress"], running["attempts"]) == ("running", 0.5, 1)
    place.worker.succeed(clip)
    done = place.client.get(path)
    assert "retry-after" not in done.headers
    told = done.json()
    assert (told["status"], told["progress"], told["error"]) == ("succeeded", 1.0, None)
    assert told["result"] == RESULT.model_dump(mode="json")
    assert told["finished_at"] >= told["created_at"]


def test_a_user_whom_no_database_can_name_is_refused(place: Place) -> None:
    refused = place.client.get("/v1/clips", params={"user": "a\0"})
    assert (refused.status_code, refused.json()["field"]) == (422, "user")


def test_a_clip_that_fails_says_why(place: Place) -> None:
    path = place.upload()
    place.worker.fail(place.worker.claim(), "no_frames")
    told = place.client.get(path).json()
    assert (told["status"], told["result"]) == ("failed", None)
    assert told["error"]["code"] == "no_frames"


def test_what_has_not_changed_is_not_sent_again(place: Place) -> None:
    path = place.upload()
    etag = place.client.get(path).headers["etag"]
    assert not etag.startswith("W/")
    same = place.client.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (same.status_code, same.content) == (304, b"")
    assert (same.headers["etag"], same.headers["retry-after"]) == (etag, "1")
    place.worker.count()
    changed = place.client.get(path, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["status"]) == (200, "succeeded")
    assert changed.headers["etag"] != etag


def test_clips_come_in_pages_the_newest_first(place: Place) -> None:
    paths = [place.upload() for _ in range(5)]
    ids, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = place.client.get("/v1/clips", params=query).json()
        assert "result" not in page["items"][0]
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [f"/v1/clips/{one}" for one in ids] == paths[::-1]


def test_clips_are_chosen_by_status_and_user(place: Place) -> None:
    first = place.upload(user="ann")
    place.worker.count()
    second = place.upload(user="bob")

    def found(**query: str) -> list[str]:
        items = place.client.get("/v1/clips", params=query).json()["items"]
        return [f"/v1/clips/{item['id']}" for item in items]

    assert found(user="ann") == found(status="succeeded") == [first]
    assert found(user="bob") == found(status="queued", user="bob") == [second]
    assert found(status="failed") == found(user="cid") == []
    assert place.client.get("/v1/clips", params={"status": "gone"}).status_code == 422


def test_an_end_user_sees_his_own(place: Place) -> None:
    anns, bobs, tenants = place.upload(user="ann"), place.upload(user="bob"), place.upload()
    assert place.as_user("ann", anns).status_code == 200
    for path in (bobs, tenants):
        assert place.as_user("ann", path).status_code == 404
    items = place.as_user("ann", "/v1/clips").json()["items"]
    assert [item["id"] for item in items] == [anns.removeprefix("/v1/clips/")]
    assert place.as_user("ann", "/v1/clips?user=ann").json()["items"] == items
    refused = place.as_user("ann", "/v1/clips?user=bob")
    assert (refused.status_code, refused.json()["code"]) == (403, "key_only")


@pytest.mark.parametrize(("method", "more"), [("GET", ""), ("DELETE", ""), ("POST", "/cancel")])
def test_nobody_comes_to_another_tenants_clip(place: Place, method: str, more: str) -> None:
    path = place.upload()
    assert place.hidden(path + more, method)
    assert place.client.get(path).json()["status"] == "queued"
    assert place.as_other("/v1/clips").json()["items"] == []
    assert place.client.request(method, NOBODYS + more).status_code == 404


@pytest.mark.parametrize("counted", [False, True])
def test_an_erased_clip_leaves_nothing(place: Place, counted: bool) -> None:
    path, kept = place.upload(landmarks=True), place.upload()
    clip = place.worker.claim()
    if counted:
        place.worker.succeed(clip, b"landmarks")
        now, counts = now_utc(), {"squat": 2}
        workout = Workout(
            id=clip.id, tenant_id="app", source="clip", started_at=now, duration_s=2.0,
            tally={}, counts=counts, corrections={}, created_at=now,
        )  # fmt: skip
        place.worker.add(workout)
    assert place.client.delete(path).status_code == 204
    assert place.client.get(path).status_code == place.client.delete(path).status_code == 404
    place.worker.expire()
    assert place.worker.ids_in(Workout) == set()
    assert [f"/v1/clips/{one}" for one in place.worker.ids_in(Clip)] == [kept]
    assert all(kept.removeprefix("/v1/clips/") in one.parts for one in place.worker.stored)


def test_a_cancelled_clip_stays_without_its_video(place: Place) -> None:
    path = place.upload()
    clip = place.worker.claim()
    told = place.client.post(f"{path}/cancel")
    assert (told.status_code, told.json()["status"]) == (200, "cancelled")
    assert place.worker.stored == []
    with pytest.raises(Exception, match="cancelled or erased"):
        place.worker.renew(clip, 0.5)
    assert place.client.get(path).json()["finished_at"] is not None
    assert place.client.post(f"{path}/cancel").json() == told.json()


def test_what_is_done_with_is_not_cancelled(place: Place) -> None:
    path = place.upload()
    place.worker.count()
    done = place.client.get(path).json()
    assert place.client.post(f"{path}/cancel").json() == done
    assert len(place.worker.stored) == 1
