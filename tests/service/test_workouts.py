"""Workouts over REST: kept, shown to whom they belong, corrected, summed up, exported, erased."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.export import COLUMNS
from service.tenants import new_key
from tests.service.calling import calling
from tests.service.conftest import Serve
from tests.service.fakes import HOLD, REP
from tests.service.talk import Talk, resume, talking

ACME, OTHER = new_key(), new_key()
LEVELS = (*REP, *REP, *HOLD)


def play(talk: Talk, levels: tuple[int, ...] = LEVELS) -> None:
    for seq, level in enumerate(levels):
        talk.pose(seq, seq / 10, level)


def count(address: str, credential: str, levels: tuple[int, ...] = LEVELS) -> str:
    """One live session; its id."""
    bearer = {"Authorization": f"Bearer {credential}"}
    with talking(address, additional_headers=bearer) as talk:
        created = talk.start(input="landmarks")
        play(talk, levels)
        talk.end()
    return str(created["session_id"])


@dataclass
class Served:
    """A server with a workout of acme's own, one of Ann's and one of another tenant."""

    address: str
    key: httpx2.Client
    ann: httpx2.Client
    bob: httpx2.Client
    other: httpx2.Client
    own_id: str
    anns_id: str


def token(key: httpx2.Client, user: str) -> str:
    return str(key.post("/v1/tokens", json={"user": user}).json()["token"])


@pytest.fixture(scope="module")
def served(serve: Serve) -> Iterator[Served]:
    with serve(keys={"acme": ACME, "other": OTHER}) as address, calling(address, ACME) as key:
        anns, bobs = token(key, "ann"), token(key, "bob/x")
        with calling(address, anns) as ann, calling(address, bobs) as bob:
            own_id, anns_id = count(address, ACME), count(address, anns)
            count(address, OTHER)
            with calling(address, OTHER) as other:
                yield Served(address, key, ann, bob, other, own_id, anns_id)


def ids(client: httpx2.Client, **query: Any) -> list[str]:
    answer = client.get("/v1/workouts", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_a_session_that_ended_is_a_workout(served: Served) -> None:
    answer = served.ann.get(f"/v1/workouts/{served.anns_id}")
    workout = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (workout["user"], workout["source"], workout["label"]) == ("ann", "live", None)
    assert workout["counts"] == workout["measured"] == {"squat": 2}
    assert workout["duration_s"] == 2.3
    assert [one["count"] for one in workout["tally"]["reps"]] == [1, 2]
    assert workout["tally"]["holds"][0]["exercise"] == "plank"
    began = datetime.fromisoformat(workout["started_at"])
    assert timedelta(0) < datetime.now(UTC) - began < timedelta(minutes=5)


def test_each_sees_what_is_his(served: Served) -> None:
    assert ids(served.ann) == [served.anns_id]
    assert ids(served.bob) == []
    assert ids(served.key) == [served.anns_id, served.own_id]
    assert ids(served.key, user="ann") == [served.anns_id]
    assert served.anns_id not in ids(served.other)
    path = f"/v1/workouts/{served.anns_id}"
    for stranger in (served.bob, served.other):
        for answer in (
            stranger.get(path),
            stranger.delete(path),
            stranger.patch(path, json={"label": "mine"}, headers={"If-Match": "*"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_token_names_nobody_else(served: Served) -> None:
    query = {"user": "ann", "from": "2025-01-01", "to": "2025-01-02"}
    for path in ("/v1/workouts", "/v1/workouts/export", "/v1/statistics"):
        answer = served.bob.get(path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (403, "key_only")
        assert served.ann.get(path, params=query).status_code == 200


def test_filters(served: Served) -> None:
    both = [served.anns_id, served.own_id]
    today = datetime.now(UTC).date()
    assert ids(served.key, exercise="plank", source="live") == both
    assert ids(served.key, exercise="push_up") == ids(served.key, source="clip") == []
    assert ids(served.key, **{"from": f"{today - timedelta(days=1)}"}) == both
    assert ids(served.key, to=f"{today - timedelta(days=1)}") == []
    began = served.key.get(f"/v1/workouts/{served.anns_id}").json()["started_at"]
    assert ids(served.key, **{"from": began}) == [served.anns_id]
    assert ids(served.key, to=began) == [served.own_id]


def test_pages(served: Served) -> None:
    first = served.key.get("/v1/workouts", params={"limit": 1}).json()
    query = {"limit": 1, "cursor": first["next_cursor"]}
    second = served.key.get("/v1/workouts", params=query).json()
    assert [page["items"][0]["id"] for page in (first, second)] == [served.anns_id, served.own_id]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=1738281600",
        "from=2025-01-31T12:00:00",
        "from=0001-01-01T00:00:00%2B14:00",
        "to=9999-12-31",
        "exercise=Squat%00",
        "source=dream",
        "user=%00",
        f"user={'x' * 129}",
        "limit=0",
        "cursor=x",
    ],
)
def test_what_is_no_filter_is_refused(served: Served, query: str) -> None:
    for path in ("/v1/workouts", "/v1/workouts/export"):
        answer = served.key.get(f"{path}?{query}")
        assert answer.status_code == 422, answer.text


def test_a_change_needs_what_was_seen(served: Served) -> None:
    path = f"/v1/workouts/{count(served.address, ACME)}"
    change = {"label": "Legs", "corrections": {"squat": 3, "push_up": 1}}
    missing = served.key.patch(path, json=change)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    changed = served.key.patch(path, json=change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    stale = served.key.patch(path, json=change, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    workout = changed.json()
    assert workout["measured"] == {"squat": 2}
    assert workout["counts"] == {"squat": 3, "push_up": 1}
    assert workout["corrections"]["squat"]["by"].startswith("key:")
    back = {"label": None, "corrections": {"squat": None}}
    again = served.key.patch(path, json=back, headers={"If-Match": '"2"'}).json()
    assert (again["label"], again["counts"]) == (None, {"squat": 2, "push_up": 1})
    kept = served.key.patch(path, json={}, headers={"If-Match": '"3"'}).json()
    assert kept["counts"] == again["counts"]
    assert served.key.delete(path).status_code == 204
    assert served.key.get(path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"label": ""},
        {"label": "x" * 201},
        {"label": "a\0b"},
        {"corrections": {"squat": -1}},
        {"corrections": {"squat": 100_001}},
        {"corrections": {"not a name": 1}},
        {"corrections": {f"e{n}": 1 for n in range(101)}},
        {"counts": {"squat": 1}},
    ],
)
def test_a_change_out_of_bounds_is_refused(served: Served, change: dict[str, Any]) -> None:
    path = f"/v1/workouts/{served.own_id}"
    answer = served.key.patch(path, json=change, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def statistics(client: httpx2.Client, **query: Any) -> Any:
    today = datetime.now(UTC).date()
    days = {"from": today - timedelta(days=3), "to": today + timedelta(days=2)}
    return client.get("/v1/statistics", params=days | query)


def test_statistics_of_one_user(served: Served) -> None:
    told = statistics(served.ann, by="day,exercise").json()
    assert told == statistics(served.key, user="ann", by="day,exercise").json()
    assert [group["exercise"] for group in told["groups"]] == ["plank", "squat"]
    plank, squat = told["groups"]
    assert plank["day"] == squat["day"]
    assert (squat["week"], squat["sets"], squat["reps"]) == (None, 1, 2)
    assert squat["best_set"]["workout_id"] == served.anns_id
    assert (plank["holds"], plank["held_s"], plank["mean_rep_s"]) == (1, 0.5, None)
    assert (told["total"]["reps"], told["total"]["held_s"]) == (2, 0.5)
    assert told["trend"] == {"reps_a_week": None, "n": 1}
    assert statistics(served.bob).json()["groups"] == []


def test_statistics_of_the_keys_own_are_nobodys(served: Served) -> None:
    told = statistics(served.key, by="week").json()
    assert told["user"] is None
    (group,) = told["groups"]
    assert datetime.fromisoformat(group["week"]).weekday() == 0
    assert group["best_set"]["workout_id"] == served.own_id


@pytest.mark.parametrize(
    "query",
    [
        {"tz": "Mars/Olympus"},
        {"tz": "../../etc/passwd"},
        {"tz": "Europe"},
        {"tz": ""},
        {"by": "month"},
        {"from": "2024-01-01", "to": "2025-01-02"},
        {"from": "2025-01-01", "to": "2025-01-01"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
    ],
)
def test_statistics_out_of_bounds_are_refused(served: Served, query: dict[str, str]) -> None:
    answer = statistics(served.key, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"from": "1738281600", "to": "1738368000"}, "must be a day of ISO 8601"),
        ({"from": "2025-01-31T00:00:00", "to": "2025-02-01"}, "must be a day of ISO 8601"),
        ({"tz": "europe/berlin"}, "as IANA spells it, such as Europe/Berlin"),
        ({"tz": "localtime"}, "as IANA spells it, such as Europe/Berlin"),
    ],
)
def test_days_and_zones_are_written_in_one_way(
    served: Served, query: dict[str, str], told: str
) -> None:
    answer = statistics(served.key, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert told in answer.json()["detail"]


def test_a_leap_year_can_be_asked_for(served: Served) -> None:
    days = {"from": "2024-01-01", "to": "2025-01-01", "tz": "Pacific/Apia"}
    assert statistics(served.key, **days).status_code == 200


def exported(client: httpx2.Client, **query: Any) -> httpx2.Response:
    answer = client.get("/v1/workouts/export", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def test_csv_has_a_row_a_set_and_no_formulas(served: Served) -> None:
    evil = token(served.key, '=HYPERLINK("http://x")')
    workout_id = count(served.address, evil)
    label = {"label": "@SUM(A1)", "corrections": {"squat": 7}}
    path = f"/v1/workouts/{workout_id}"
    served.key.patch(path, json=label, headers={"If-Match": "*"})
    answer = exported(served.key, user='=HYPERLINK("http://x")')
    assert answer.headers["content-type"].startswith("text/csv")
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert tuple(rows[0]) == COLUMNS
    assert {row["user"] for row in rows} == {'\'=HYPERLINK("http://x")'}
    assert {row["label"] for row in rows} == {"'@SUM(A1)"}
    told = [(row["exercise"], row["set"], row["reps"], row["held_s"]) for row in rows]
    assert told == [("squat", "1", "2", ""), ("plank", "1", "0", "0.5")]
    assert (rows[0]["measured_count"], rows[0]["corrected_count"]) == ("2", "7")
    assert served.key.delete(path).status_code == 204


def test_json_has_workouts_with_their_sets(served: Served) -> None:
    workouts = json.loads(exported(served.key, format="json").text)
    assert [one["id"] for one in workouts] == ids(served.key)
    assert [one["exercise"] for one in workouts[0]["sets"]] == ["squat", "plank"]
    assert json.loads(exported(served.bob, format="json").text) == []
    assert len(exported(served.bob).text.splitlines()) == 1


def test_an_end_user_is_erased_and_his_open_session_cut_off(served: Served) -> None:
    user = "eve/of the world"
    credential = token(served.key, user)
    gone = count(served.address, credential)
    bearer = {"Authorization": f"Bearer {credential}"}
    with talking(served.address, additional_headers=bearer) as talk:
        live = talk.start(input="landmarks")["session_id"]
        play(talk, REP)
        talk.hear("rep.counted")
        assert served.ann.delete(f"/v1/users/{user}").json()["code"] == "key_only"
        others = served.other.delete(f"/v1/users/{user}").json()
        assert set(others["erased"].values()) == {0}
        answer = served.key.delete("/v1/users/eve%2Fof%20the%20world")
        receipt = answer.json()
        assert answer.status_code == 202
        assert receipt["completed_at"] is not None
        assert (receipt["erased"]["workouts"], receipt["erased"]["live_sessions"]) == (1, 2)
        talk.say({"type": "session.end"})
        assert talk.close_code() == 4409
        assert talk.heard[-1]["message"].endswith("or erased")
    assert served.key.get(answer.headers["location"]).json() == receipt
    assert served.other.get(answer.headers["location"]).status_code == 200  # it has `admin`
    for workout_id in (gone, live):
        assert served.key.get(f"/v1/workouts/{workout_id}").status_code == 404
    assert served.ann.get(answer.headers["location"]).status_code == 403
    assert served.key.get(f"/v1/erasures/{'0' * 32}").status_code == 404


def test_a_page_may_send_what_was_seen_and_read_what_is_to_be_sent(serve: Serve) -> None:
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
    }
    with serve(allowed_origins={"https://app.example"}) as address:
        url = f"http://{address}/v1/workouts"
        asked = httpx2.options(url, headers=headers, trust_env=False)
        answer = httpx2.get(url, headers=headers, trust_env=False)
    assert "if-match" in asked.headers["access-control-allow-headers"].lower()
    assert "etag" in answer.headers["access-control-expose-headers"].lower()


def test_without_keys_it_is_all_the_single_users(address: str) -> None:
    with talking(address) as talk:
        created = talk.start(input="landmarks")
        play(talk)
        talk.end()
    with httpx2.Client(base_url=f"http://{address}", trust_env=False) as client:
        assert created["session_id"] in ids(client)


def test_what_cannot_be_kept_is_not_told_until_it_is(serve: Serve, tmp_path: Path) -> None:
    def rename(table: str, to: str) -> None:
        with sqlite3.connect(tmp_path / "blazereps.db") as database:
            database.execute(f"ALTER TABLE {table} RENAME TO {to}")
        database.close()

    with serve(data=tmp_path) as address:
        with talking(address) as first:
            created = first.start(input="landmarks")
            play(first)
            rename("workout", "away")
            first.say({"type": "session.end"})
            assert first.close_code() == 1013
        assert not first.of("session.summary")
        rename("away", "workout")
        with talking(address) as second:
            resume(second, created)
            assert second.hear("session.summary")["counts"] == {"squat": 2}
        with httpx2.Client(base_url=f"http://{address}", trust_env=False) as client:
            assert ids(client) == [created["session_id"]]
