"""Sessions that are kept: by one at a time, for whom they belong to, and not for ever."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.journal import Journal
from service.sessions import NoSession, SqliteSessions, Superseded
from tests.service.clocks import Seconds


@pytest.fixture
def clock() -> Seconds:
    return Seconds(1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sessions.db"


@pytest.fixture
def store(file: Path, clock: Seconds) -> Iterator[SqliteSessions]:
    kept = SqliteSessions(file, keep_s=60, most=3, clock=clock, timer=clock)
    yield kept
    kept.close()


def test_a_session_comes_back_with_its_last_state_and_every_event(store: SqliteSessions) -> None:
    store.begin("a", "token", "me", "{}")
    store.save("a", 1, '{"seq": 1}', [(1, "one"), (2, "two")])
    store.save("a", 1, '{"seq": 2}', [(3, "three")])
    kept = store.resume("a", "token", "me")
    assert (kept.epoch, kept.state) == (2, '{"seq": 2}')
    assert kept.events == ((1, "one"), (2, "two"), (3, "three"))


def test_nobody_else_reads_what_is_kept(store: SqliteSessions, file: Path) -> None:
    store.begin("a", "token", "me", "{}")
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()}
    assert len(modes) == 3, "the file, its write-ahead log and the index of that"
    assert {*modes.values()} == {0o600}


def test_another_process_finds_it(store: SqliteSessions, file: Path, clock: Seconds) -> None:
    store.begin("a", "token", "me", "{}")
    other = SqliteSessions(file, keep_s=60, most=3, clock=clock)
    assert other.resume("a", "token", "me").epoch == 2
    other.close()
    with pytest.raises(Superseded):
        store.save("a", 1, "{}")


def test_who_was_superseded_writes_nothing(store: SqliteSessions) -> None:
    store.begin("a", "token", "me", "before")
    store.resume("a", "token", "me")
    with pytest.raises(Superseded):
        store.save("a", 1, "after", [(1, "late")])
    with pytest.raises(Superseded):
        store.touch("a", 1)
    kept = store.resume("a", "token", "me")
    assert (kept.epoch, kept.state, kept.events) == (3, "before", ())


@pytest.mark.parametrize(
    ("session_id", "token", "owner"),
    [("b", "token", "me"), ("a", "guess", "me"), ("a", "token", "another")],
)
def test_only_its_owner_with_its_token_resumes_it(
    store: SqliteSessions, session_id: str, token: str, owner: str
) -> None:
    store.begin("a", "token", "me", "{}")
    with pytest.raises(NoSession):
        store.resume(session_id, token, owner)
    assert store.resume("a", "token", "me").epoch == 2


def test_an_event_that_was_kept_already_undoes_the_whole_save(store: SqliteSessions) -> None:
    store.begin("a", "token", "me", "0")
    store.save("a", 1, "1", [(1, "one")])
    with pytest.raises(OSError, match="UNIQUE"):
        store.save("a", 1, "2", [(1, "one again")])
    assert store.resume("a", "token", "me").state == "1"


def test_the_window_is_counted_from_the_last_sign_of_life(
    store: SqliteSessions, clock: Seconds
) -> None:
    store.begin("a", "token", "me", "{}")
    store.begin("b", "token", "me", "{}")
    clock.now_s += 30
    store.touch("a", 1)
    assert handed_over(store, clock) == ["b"]
    with pytest.raises(NoSession):
        store.resume("b", "token", "me")
    assert store.resume("a", "token", "me").epoch == 2


def handed_over(store: SqliteSessions, clock: Seconds) -> list[str]:
    """In the second of two rounds: it judges as of the first."""
    clock.now_s += 40
    store.expired("", 10)
    clock.now_s += 40
    return [one.session_id for one in store.expired("", 10)]


def test_what_nobody_resumed_is_handed_over_until_it_is_forgotten(
    store: SqliteSessions, clock: Seconds
) -> None:
    store.begin("a", "token", "me/ann", "{}")
    store.save("a", 1, '{"seq": 1}', [(1, "one")])
    clock.now_s += 20
    assert handed_over(store, clock) == []
    clock.now_s += 40
    first, again = store.expired("", 10), store.expired("", 10)
    for (one,) in (first, again):
        assert (one.session_id, one.owner) == ("a", "me/ann")
        assert (one.state, one.events) == ('{"seq": 1}', ((1, "one"),))
        assert one.began_s == 1000
    store.forget(first[0])  # somebody else has it by now
    (last,) = store.expired("", 10)
    store.forget(last)
    assert store.expired("", 10) == []


def test_they_come_by_id_from_behind_one_on(store: SqliteSessions, clock: Seconds) -> None:
    for name in "bca":
        store.begin(name, "token", "me", "{}")
    clock.now_s += 61
    assert handed_over(store, clock) == ["a", "b", "c"]
    assert [one.session_id for one in store.expired("", 2)] == ["a", "b"]
    assert [one.session_id for one in store.expired("b", 2)] == ["c"]


def test_nobody_goes_on_with_what_was_handed_over(store: SqliteSessions, clock: Seconds) -> None:
    store.begin("a", "token", "me", "{}")
    clock.now_s += 61
    assert handed_over(store, clock) == ["a"]
    with pytest.raises(Superseded):
        store.touch("a", 1)
    with pytest.raises(NoSession):
        store.resume("a", "token", "me")


def test_what_was_settled_is_forgotten_in_time(
    store: SqliteSessions, file: Path, clock: Seconds
) -> None:
    store.begin("a", "token", "me", "{}")
    store.settle("a")
    assert store.resume("a", "token", "me").settled
    clock.now_s += 61
    assert handed_over(store, clock) == []
    assert kept_in(file) == ([], [])


def test_of_too_many_the_longest_silent_are_handed_over(
    store: SqliteSessions, clock: Seconds
) -> None:
    for name in "abcde":
        store.begin(name, "token", "me", "{}")
        clock.now_s += 1
    store.touch("a", 1)
    assert handed_over(store, clock) == ["b", "c"]
    with pytest.raises(NoSession):
        store.resume("b", "token", "me")


def test_of_too_many_those_go_whose_tenant_has_the_most(
    store: SqliteSessions, clock: Seconds
) -> None:
    owners = {"a": "acme", "b": "evil/1", "c": "evil/2", "d": "evil", "e": "evil-twin/1"}
    for name, owner in owners.items():
        store.begin(name, "token", owner, "{}")
        clock.now_s += 1
    assert handed_over(store, clock) == ["b", "c"]


@pytest.mark.parametrize("jump_s", [3600, -3600])
@pytest.mark.parametrize("when", [100, 119, 130])
def test_what_another_process_serves_goes_on_however_the_clock_is_set(
    file: Path, clock: Seconds, jump_s: float, when: int
) -> None:
    clock.now_s, timer = 10_000, Seconds()
    here, there = (
        SqliteSessions(file, keep_s=60, most=1, clock=clock, timer=timer) for _ in range(2)
    )
    for name in ("dead", "lives", "lives too"):
        here.begin(name, "token", "me", "{}")
    alive = [Journal(here, name, epoch=1) for name in ("lives", "lives too")]
    taken = set[str]()
    for second in range(200):
        timer.now_s += 1
        clock.now_s += 1 + jump_s * (second == when)
        for journal in alive:
            journal.rest(str, None, timer.now_s)
        taken |= {one.session_id for one in there.expired("", 10)}
    assert taken == {"dead"}
    here.close()
    there.close()


def test_who_is_about_to_resume_may_though_the_computer_slept(
    store: SqliteSessions, file: Path, clock: Seconds
) -> None:
    store.begin("a", "token", "me", "{}")
    clock.now_s += 3600
    other = SqliteSessions(file, keep_s=60, most=3, clock=clock, timer=clock)
    assert store.expired("", 10) == other.expired("", 10) == []
    assert store.resume("a", "token", "me").epoch == 2
    other.close()


def test_a_users_sessions_are_forgotten_and_nobody_elses(
    store: SqliteSessions, file: Path, clock: Seconds
) -> None:
    owners = ("acme", "acme/ann", "acme/ann/x", "acme/annie", "acme_/ann", "other/ann")
    for name, owner in zip("abcdef", owners, strict=True):
        store.begin(name, "token", owner, "{}")
        store.save(name, 1, "{}", [(1, "event")])
    clock.now_s += 1
    store.begin("g", "token", "acme/ann", "{}")
    assert store.number_of("acme", "ann", clock.now_s - 1) == 1
    store.forget_all("acme", "ann", clock.now_s - 1)
    assert kept_in(file) == ([*"acdefg"], [*"acdef"])
    assert store.number_of("acme", None, clock.now_s) == 4
    store.forget_all("acme", None, clock.now_s)
    assert kept_in(file) == ([*"ef"], [*"ef"])
    with pytest.raises(Superseded):
        store.save("a", 1, "{}")


def test_what_began_before_the_clock_was_set_back_is_forgotten_too(
    store: SqliteSessions, file: Path, clock: Seconds
) -> None:
    store.begin("a", "token", "acme/ann", "{}")
    clock.now_s -= 3600
    asked_s = clock.now_s
    clock.now_s += 1
    store.begin("b", "token", "acme/ann", "{}")
    assert store.number_of("acme", "ann", asked_s) == 1
    store.forget_all("acme", "ann", asked_s)
    assert kept_in(file) == (["b"], [])


def test_a_file_of_another_version_is_begun_anew(file: Path) -> None:
    file.parent.mkdir()
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE session (session_id TEXT PRIMARY KEY)")
    database.close()
    store = SqliteSessions(file, keep_s=60, most=3)
    store.begin("a", "token", "me", "{}")
    again = SqliteSessions(file, keep_s=60, most=3)
    assert again.resume("a", "token", "me").epoch == 2
    store.close()
    again.close()


def kept_in(file: Path) -> tuple[list[str], list[str]]:
    """The sessions, and those that have an event."""
    with sqlite3.connect(file) as database:
        sessions = [row[0] for row in database.execute("SELECT session_id FROM session")]
        events = [row[0] for row in database.execute("SELECT session_id FROM event")]
    database.close()
    return sessions, events


def test_what_is_used_once_is_remembered_for_its_time(
    store: SqliteSessions, clock: Seconds
) -> None:
    assert store.use_once("ticket", clock.now_s + 60)
    assert not store.use_once("ticket", clock.now_s + 60)
    assert store.use_once("another", clock.now_s + 60)
    clock.now_s += 61
    assert store.use_once("ticket", clock.now_s + 60)


def test_many_threads_may_write(store: SqliteSessions) -> None:
    store.begin("a", "token", "me", "{}")

    def write(first: int) -> None:
        for event_id in range(first, first + 20):
            store.save("a", 1, "{}", [(event_id, "x")])

    threads = [threading.Thread(target=write, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.resume("a", "token", "me").events) == 80


def test_a_file_that_is_no_database_is_an_error_of_the_system(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    file.write_bytes(b"not a database, but long enough to be taken for one" * 50)
    with pytest.raises(OSError, match=r"sessions\.db"):
        SqliteSessions(file, keep_s=60, most=3)
