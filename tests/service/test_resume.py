"""A session outlives its connection: the same counts, nothing lost, nothing told twice."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from blazereps_client.messages import PhaseMessage
from service.opening import EVENTS_A_REQUEST
from service.tenants import new_key
from tests.service.conftest import Serve
from tests.service.fakes import REP, SHALLOW_REP, TOP, OtherLibrary
from tests.service.talk import Talk, ask_to_resume, resume, talking
from tests.service.waiting import until

LEVELS = (*REP, *SHALLOW_REP, *REP, *REP, TOP)
STEP_S = 0.1


def play(talk: Talk, seqs: range) -> None:
    for seq in seqs:
        talk.pose(seq, seq * STEP_S, LEVELS[seq])


def events(*talks: Talk) -> list[dict[str, Any]]:
    return [message for talk in talks for message in talk.heard if "event_id" in message]


@pytest.fixture(scope="module")
def uncut(address: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        play(talk, range(len(LEVELS)))
        summary = talk.end()
    return events(talk), summary


@pytest.mark.parametrize("cut", [1, 4, 7, 8, 15, len(LEVELS) - 1])
def test_a_session_goes_on_where_it_was_cut(
    address: str, cut: int, uncut: tuple[list[dict[str, Any]], dict[str, Any]]
) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(cut))
        while first.hear("ack")["seq"] < cut - 1:
            pass
        first.vanish()
    told = events(first)
    last = told[-1]["event_id"] if told else 0
    with talking(address) as second:
        resumed = resume(second, created, last)
        assert resumed["epoch"] == 2
        assert resumed["config"] == created["config"]
        again = -1 if resumed["resumed_at_seq"] is None else resumed["resumed_at_seq"]
        play(second, range(again + 1, len(LEVELS)))
        summary = second.end()
    expected, expected_summary = uncut
    assert events(first, second) == expected
    assert summary | {"queue_ms": 0} == expected_summary | {"queue_ms": 0}


def test_a_client_whose_json_knows_doubles_only_is_understood(address: str) -> None:
    nobody = {"type": "landmarks", "at_s": 0, "points": None}
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        first.say(nobody | {"seq": 7.5})
        assert first.hear("error")["field"] == "seq"
        first.say(nobody | {"seq": 7.0})
        assert first.hear("ack")["seq"] == 7
    with talking(address) as second:
        ask_to_resume(second, created, last_event_id=0.0)
        assert second.hear("session.resumed")["resumed_at_seq"] == 7


def test_missed_events_are_told_again_as_they_were(address: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(16))
        while first.hear("ack")["seq"] < 15:
            pass
    told = events(first)
    with talking(address) as second:
        resumed = resume(second, created, last_event_id=3)
        assert resumed["last_event_id"] == told[-1]["event_id"]
        assert resumed["counts"] == {"squat": 1}
        again = [second.hear() for _ in range(len(told) - 3)]
    assert again == told[3:]


def test_what_was_sent_already_is_refused_and_counts_once(address: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(8))
        while first.hear("ack")["seq"] < 7:
            pass
    with talking(address) as second:
        assert resume(second, created, 99)["resumed_at_seq"] == 7
        play(second, range(9))
        summary = second.end()
    assert {error["code"] for error in second.of("error")} == {"seq_went_backwards"}
    assert (summary["counts"], summary["processed"], summary["refused"]) == ({"squat": 1}, 9, 8)


def test_who_resumes_supersedes_the_connection_before(address: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(8))
        first.hear("rep.counted")
        with talking(address) as second:
            resume(second, created)
            assert first.close_code() == 4409
            assert first.of("error")[-1]["code"] == "superseded"
            play(second, range(8, 9))
            assert second.end()["counts"] == {"squat": 1}


def test_a_session_that_had_ended_says_its_summary_again(address: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(8))
        summary = first.end()
    with talking(address) as second:
        resume(second, created)
        assert second.hear("session.summary") == summary
        assert second.close_code() == 1000
    assert events(second) == events(first)


@pytest.mark.parametrize("wrong", ["session_id", "resume_token"])
def test_only_who_has_id_and_token_resumes(address: str, wrong: str) -> None:
    with talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        with talking(address) as thief:
            thief.say({
                "type": "session.resume",
                "session_id": created["session_id"],
                "resume_token": created["resume_token"],
                wrong: "guessed",
            })  # fmt: skip
            assert thief.hear("error")["code"] == "unknown_session"
            assert thief.close_code() == 4404
        play(first, range(8))
        assert first.end()["counts"] == {"squat": 1}


def test_acks_say_what_is_stored(address: str) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input="landmarks")
        talk.pose(0, 0.0, TOP)
        assert talk.hear("ack")["stored_seq"] == 0  # an event: somebody is in view
        talk.pose(1, 0.1, TOP)
        assert talk.hear("ack")["stored_seq"] == 0
        ack = talk.hear("ack")
        assert (ack["seq"], ack["stored_seq"]) == (1, 1)


def test_a_paused_session_stays_alive_and_can_be_resumed(serve: Serve) -> None:
    with serve() as address, talking(address) as first:
        created = first.start(exercise="squat", input="landmarks")
        play(first, range(8))
        first.say({"type": "counting.pause"})
        first.hear("counting.changed")
        first.vanish()
        with talking(address) as second:
            resumed = resume(second, created, 99)
            assert resumed["counting"] == "paused"
            play(second, range(12, 20))
            second.say({"type": "counting.resume"})
            play(second, range(20, 29))
            assert second.end()["counts"] == {"squat": 2}


def test_a_new_server_resumes_what_an_old_one_kept(serve: Serve, tmp_path: Path) -> None:
    with stopping(serve, data=tmp_path) as (first, created):
        assert first.close_code() == 1012
    assert first.of("error")[-1]["code"] == "shutting_down"
    with serve(data=tmp_path) as address, talking(address) as second:
        again = resume(second, created)["resumed_at_seq"]
        play(second, range(again + 1, len(LEVELS)))
        assert second.end()["counts"] == {"squat": 3}


def test_who_resumes_is_told_that_the_exercises_have_changed(serve: Serve, tmp_path: Path) -> None:
    with stopping(serve, data=tmp_path) as (_, created):
        pass
    with serve(library=OtherLibrary(), data=tmp_path) as address, talking(address) as second:
        ask_to_resume(second, created)
        error = second.hear("error")
        assert (error["code"], second.close_code()) == ("unknown_session", 4404)
        assert error["message"] == (
            "the server's exercises, or the server, have changed since: start a new session"
        )


def test_before_it_closes_the_server_lets_sessions_end(serve: Serve) -> None:
    with stopping(serve, drain_s=20) as (talk, _):
        assert talk.hear("going_away")["left_s"] == 20
        assert talk.end()["counts"] == {"squat": 1}


@contextmanager
def stopping(serve: Serve, **settings: Any) -> Iterator[tuple[Talk, dict[str, Any]]]:
    """A session with one repetition, whose server begins to shut down."""
    server = serve(**settings)
    with talking(server.__enter__()) as talk:
        created = talk.start(exercise="squat", input="landmarks")
        play(talk, range(8))
        talk.hear("rep.counted")
        stop = threading.Thread(target=server.__exit__, args=(None, None, None))
        stop.start()
        yield talk, created
    stop.join()


def test_who_connected_before_can_begin_nothing_once_it_stops(serve: Serve) -> None:
    server = serve(drain_s=20)
    address = server.__enter__()
    with talking(address) as open_one, talking(address) as late:
        open_one.start(exercise="squat", input="landmarks")
        stop = threading.Thread(target=server.__exit__, args=(None, None, None))
        stop.start()
        open_one.hear("going_away")
        late.start(exercise="squat", input="landmarks")
        assert late.close_code() == 1012
        assert late.of("error")[-1]["code"] == "shutting_down"
        open_one.end()
    stop.join()


@contextmanager
def away(table: str, data: Path) -> Iterator[None]:
    """Nothing of that kind can be kept meanwhile."""
    with closing(sqlite3.connect(data / "sessions.db")) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO away")
        yield
        database.execute(f"ALTER TABLE away RENAME TO {table}")


def test_a_store_that_is_away_ends_the_connection_and_no_session(
    serve: Serve, tmp_path: Path
) -> None:
    with serve(data=tmp_path) as address:
        with talking(address) as first:
            created = first.start(exercise="squat", input="landmarks")
            with away("event", tmp_path):
                play(first, range(3))
                assert first.close_code() == 1013
        assert first.of("error")[-1]["code"] == "unavailable"
        assert not events(first)  # what cannot be kept is not told
        with talking(address) as second:
            assert resume(second, created)["resumed_at_seq"] is None
            play(second, range(len(LEVELS)))
            assert second.end()["counts"] == {"squat": 3}


def test_while_it_is_away_none_begins(serve: Serve, tmp_path: Path) -> None:
    with serve(data=tmp_path) as address, talking(address) as talk, away("session", tmp_path):
        talk.say({"type": "session.start"})
        assert talk.close_code() == 1013
    assert talk.of("error")[-1]["code"] == "unavailable"


def test_a_session_that_cannot_be_kept_for_what_it_is_ends(serve: Serve, tmp_path: Path) -> None:
    """A fault of the server's own, which no waiting mends."""
    with serve(data=tmp_path) as address, talking(address) as talk:
        created = talk.start(exercise="squat", input="landmarks")
        with closing(sqlite3.connect(tmp_path / "sessions.db")) as database, database:
            event = (created["session_id"], 1, "{}")
            database.execute("INSERT INTO event VALUES (?, ?, ?)", event)
        play(talk, range(3))
        assert talk.close_code() == 1011
    assert talk.of("error")[-1]["code"] == "internal"


def test_what_is_told_again_counts_as_it_takes_time(serve: Serve, tmp_path: Path) -> None:
    key = new_key()
    headers = {"Authorization": f"Bearer {key}"}
    keys = {"acme": key}
    with serve(keys=keys, data=tmp_path, requests_per_minute=31) as address:
        with talking(address, additional_headers=headers) as talk:
            created = talk.start(exercise="squat", input="landmarks")
        until(lambda: httpx2.get(f"http://{address}/readyz").json()["free_sessions"] == 32)
        phase = PhaseMessage(event_id=1, at_s=0, counts={}, exercise="squat", phase="top")
        rows = [
            (created["session_id"], number, phase.model_dump_json())
            for number in range(1, 2 * EVENTS_A_REQUEST + 1)
        ]
        with closing(sqlite3.connect(tmp_path / "sessions.db")) as database, database:
            database.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)
        for last, taken in ((len(rows), True), (0, True), (len(rows), True), (0, False)):
            with talking(address, additional_headers=headers) as talk:
                ask_to_resume(talk, created, last)
                answer = talk.hear("session.resumed", "error")
            assert (answer["type"] == "session.resumed") is taken
        assert (answer["code"], answer["recoverable"]) == ("too_many_requests", False)
        assert "22 requests" in answer["message"]
