"""Where live sessions are kept, so that one goes on after a lost connection or a restart.

Kept are a snapshot and every event that was told, under an epoch: whoever resumes a session begins
the next epoch, and the connection before can write no more. Keeping is a record of minutes, not a
history: what nobody resumes within the window is handed over, see `service.harvest`, and forgotten.
"""

import hashlib
import hmac
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

StoredEvent = tuple[int, str]
"""An event's id and its message as JSON."""


class Superseded(RuntimeError):
    """Another connection has resumed the session."""


class SessionsAway(OSError):
    """The file cannot be used: its disk is full, or another process has locked it for too long."""


class NoSession(LookupError):
    """There is no such session, its token is another one, or its time is over."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was kept: its new epoch, its state as JSON and its events in order."""

    session_id: str
    owner: str
    epoch: int
    state: str
    events: tuple[StoredEvent, ...]
    began_s: float
    """In seconds since 1970."""
    settled: bool
    """Whether what it came to is kept elsewhere."""


class SessionWriter(Protocol):
    """Keeps how a session stands; thread-safe and blocking. Raises SessionsAway when it cannot."""

    def save(
        self, session_id: str, epoch: int, state: str, events: Sequence[StoredEvent] = ()
    ) -> None:
        """Keep how it stands and what is about to be told; all or nothing. Raises Superseded."""

    def touch(self, session_id: str, epoch: int) -> None:
        """It lives, though nothing has changed. Raises Superseded."""


_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session (
    session_id TEXT PRIMARY KEY, token BLOB NOT NULL, owner TEXT NOT NULL,
    epoch INTEGER NOT NULL, saved_s REAL NOT NULL, state TEXT NOT NULL,
    began_s REAL NOT NULL, settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_age ON session (saved_s);
CREATE TABLE IF NOT EXISTS event (
    session_id TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    event_id INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (session_id, event_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (name TEXT PRIMARY KEY, until_s REAL NOT NULL) WITHOUT ROWID;
"""
_OBSOLETE: Final = ("DROP TABLE IF EXISTS event", "DROP TABLE IF EXISTS session")
_COLUMNS: Final = "session_id, owner, epoch, state, began_s, settled"
_TOO_MANY: Final = """
SELECT session_id FROM (
    SELECT session_id, saved_s, row_number() OVER (
        PARTITION BY substr(owner || '/', 1, instr(owner || '/', '/')) ORDER BY saved_s DESC
    ) AS place FROM session
) ORDER BY place, saved_s DESC LIMIT -1 OFFSET ?
"""
"""Those of tenants that have the most, the longest silent: nobody drives out the others'."""
_VERSION: Final = 2
_BUSY_S: Final = 5.0
TOUCH_EVERY_S: Final = 20.0
"""A session that lives is touched so often, though nothing comes."""
_SILENT_S: Final = 2 * TOUCH_EVERY_S
"""Whoever is not touched for so long does not live."""


class SqliteSessions:
    """Sessions in one SQLite file (write-ahead log), which several processes may share.

    A write outlives the process but, as it is not flushed to the disk each time, not always the
    machine. `keep_s`: how long after its last sign of life a session can be resumed, at least;
    `most`: how many are kept, those that are the longest silent are handed over first. `clock` may
    be set at any time, `timer` is monotonic. Raises SessionsAway, and OSError where the file is
    none of ours.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep_s: float,
        most: int,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keep_s, self._most, self._clock, self._timer = keep_s, most, clock, timer
        self._before_s, self._looked = 0.0, (timer(), clock())
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _storing(path):
            path.touch()
            path.chmod(0o600)  # SQLite's write-ahead log may be read by whom the file may
            self._database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self._database.execute(f"PRAGMA {pragma}")
            self._make_tables()
        self._path = path

    def begin(self, session_id: str, token: str, owner: str, state: str) -> float:
        """Keep a new session, in epoch 1, and say when that was, in seconds since 1970."""
        now_s = self._clock()
        with self._writing() as database:
            database.execute(
                "INSERT INTO session VALUES (?, ?, ?, 1, ?, ?, ?, FALSE)",
                (session_id, _digest(token), owner, now_s, state, now_s),
            )
        return now_s

    def save(
        self, session_id: str, epoch: int, state: str, events: Sequence[StoredEvent] = ()
    ) -> None:
        """Keep how it stands and what is about to be told; all or nothing. Raises Superseded."""
        with self._writing() as database:
            change = "UPDATE session SET saved_s = ?, state = ? WHERE session_id = ? AND epoch = ?"
            saved = database.execute(change, (self._clock(), state, session_id, epoch))
            _demand(saved, session_id)
            rows = ((session_id, event_id, body) for event_id, body in events)
            database.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)

    def touch(self, session_id: str, epoch: int) -> None:
        """It lives, though nothing has changed. Raises Superseded."""
        with self._writing() as database:
            change = "UPDATE session SET saved_s = ? WHERE session_id = ? AND epoch = ?"
            _demand(database.execute(change, (self._clock(), session_id, epoch)), session_id)

    def resume(self, session_id: str, token: str, owner: str) -> Kept:
        """Begin its next epoch. Raises NoSession."""
        with self._writing() as database:
            query = f"SELECT token, {_COLUMNS} FROM session WHERE session_id = ? AND owner = ?"
            row = database.execute(f"{query} AND saved_s > 0", (session_id, owner)).fetchone()
            if row is None or not hmac.compare_digest(row[0], _digest(token)):
                raise NoSession(f"there is no session {session_id!r} to resume with this token")
            return _next_epoch(database, row[1:], saved_s=self._clock())

    def settle(self, session_id: str) -> None:
        """What it came to is kept elsewhere: it need not be handed over."""
        with self._writing() as database:
            change = "UPDATE session SET settled = TRUE WHERE session_id = ?"
            database.execute(change, (session_id,))

    def expired(self, after: str, most: int) -> list[Kept]:
        """So many that nobody resumed, by id, from behind that one on; nobody can from now on.

        Judged as things stood when it was asked before, 40 seconds ago or more: whoever lives, or
        was just about to resume, has shown it since.
        """
        with self._writing() as database:
            rows = self._due(database, after, most)
            # Whoever is silent for so long and yet lives is superseded; nobody resumes it.
            return [_next_epoch(database, row, saved_s=0) for row in rows]

    def forget(self, kept: Kept) -> None:
        """It has been taken over, unless somebody else does that again by now."""
        with self._writing() as database:
            change = "DELETE FROM session WHERE session_id = ? AND epoch = ?"
            database.execute(change, (kept.session_id, kept.epoch))

    def number_of(self, tenant: str, user: str | None, until_s: float) -> int:
        """How many a user, or with None anybody of a tenant, began until then.

        Those too that began later than now: before the clock was set back.
        """
        with self._writing() as database:
            where, values = _began_by(tenant, user, until_s, self._clock())
            query = f"SELECT count(*) FROM session WHERE {where}"
            (number,) = database.execute(query, values).fetchone()
            return int(number)

    def forget_all(self, tenant: str, user: str | None, until_s: float) -> None:
        """Forget those, open or not."""
        with self._writing() as database:
            where, values = _began_by(tenant, user, until_s, self._clock())
            database.execute(f"DELETE FROM session WHERE {where}", values)

    def use_once(self, name: str, until_s: float) -> bool:
        """Whether nobody has used it before; remembered until that time of the clock."""
        with self._writing() as database:
            database.execute("DELETE FROM used WHERE until_s < ?", (self._clock(),))
            used = database.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", (name, until_s))
            return used.rowcount == 1

    def close(self) -> None:
        """Nothing more will be kept."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in this process and among those that share the file."""
        with self._lock, _storing(self._path), self._database as database:
            database.execute("BEGIN IMMEDIATE")
            yield database

    def _due(self, database: sqlite3.Connection, after: str, most: int) -> list[Any]:
        """What nobody resumed in time."""
        silent_s = self._silent_since()
        too_old_s = silent_s - self._keep_s
        database.execute("DELETE FROM session WHERE settled AND saved_s < ?", (too_old_s,))
        (number,) = database.execute("SELECT count(*) FROM session").fetchone()
        query = (
            f"SELECT {_COLUMNS} FROM session "
            f"WHERE saved_s < ? AND (saved_s < ? OR (? AND session_id IN ({_TOO_MANY}))) "
            "AND session_id > ? ORDER BY session_id LIMIT ?"
        )
        values = (silent_s, too_old_s, number > self._most, self._most, after, most)
        return database.execute(query, values).fetchall()

    def _silent_since(self) -> float:
        """The clock's time two touches ago or more, wherever it has been set since."""
        timer_s, now_s = self._timer(), self._clock()
        if timer_s - self._looked[0] >= _SILENT_S:
            self._before_s, self._looked = self._looked[1], (timer_s, now_s)
        return min(self._before_s, now_s - _SILENT_S)

    def _make_tables(self) -> None:
        """A file of another version is begun anew: what is in it is of minutes only."""
        database = self._database
        with database:
            database.execute("BEGIN IMMEDIATE")
            if database.execute("PRAGMA user_version").fetchone() == (_VERSION,):
                return
            for statement in (*_OBSOLETE, *_SCHEMA.split(";"), f"PRAGMA user_version = {_VERSION}"):
                database.execute(statement)


def _began_by(
    tenant: str, user: str | None, until_s: float, now_s: float
) -> tuple[str, tuple[object, ...]]:
    began, users = "(began_s <= ? OR began_s > ?)", f"{tenant}/"
    if user is not None:
        return f"{began} AND owner = ?", (until_s, now_s, users + user)
    theirs = f"(owner = ? OR substr(owner, 1, {len(users)}) = ?)"
    return f"{began} AND {theirs}", (until_s, now_s, tenant, users)


def _next_epoch(database: sqlite3.Connection, row: Sequence[Any], *, saved_s: float) -> Kept:
    """Of a row of `_COLUMNS`."""
    session_id, owner, epoch, state, began_s, settled = row
    change = "UPDATE session SET epoch = epoch + 1, saved_s = ? WHERE session_id = ?"
    database.execute(change, (saved_s, session_id))
    events = _told(database, session_id)
    return Kept(session_id, owner, epoch + 1, state, events, began_s, bool(settled))


def _told(database: sqlite3.Connection, session_id: str) -> tuple[StoredEvent, ...]:
    query = "SELECT event_id, body FROM event WHERE session_id = ? ORDER BY event_id"
    return tuple(database.execute(query, (session_id,)))


def _demand(change: sqlite3.Cursor, session_id: str) -> None:
    if not change.rowcount:
        raise Superseded(f"session {session_id} has been resumed elsewhere, or erased")


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SessionsAway(f"{path}: {error}") from error
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error


def _digest(token: str) -> bytes:
    """Tokens are kept as their hash only: they are random, so that it needs no salt."""
    return hashlib.sha256(token.encode()).digest()
