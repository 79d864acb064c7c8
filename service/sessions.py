"""Where live sessions are kept, so that one goes on after a lost connection or a restart.

Kept are a snapshot and every event that was told, under an epoch: whoever resumes a session begins
the next epoch, and the connection before can write no more. Keeping is a record of minutes, not a
history: what nobody resumes within the window is forgotten.
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
from typing import Final, Protocol

StoredEvent = tuple[int, str]
"""An event's id and its message as JSON."""


class Superseded(RuntimeError):
    """Another connection has resumed the session."""


class NoSession(LookupError):
    """There is no such session, its token is another one, or its time is over."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was kept: its new epoch, its state as JSON and its events in order."""

    epoch: int
    state: str
    events: tuple[StoredEvent, ...]


class SessionStore(Protocol):
    """Keeps sessions; thread-safe and blocking. Raises OSError when it cannot."""

    def begin(self, session_id: str, token: str, owner: str, state: str) -> None:
        """Keep a new session, in epoch 1."""

    def save(
        self, session_id: str, epoch: int, state: str, events: Sequence[StoredEvent] = ()
    ) -> None:
        """Keep how it stands and what is about to be told; all or nothing. Raises Superseded."""

    def touch(self, session_id: str, epoch: int) -> None:
        """It lives, though nothing has changed. Raises Superseded."""

    def resume(self, session_id: str, token: str, owner: str) -> Kept:
        """Begin its next epoch. Raises NoSession."""

    def use_once(self, name: str, until_s: float) -> bool:
        """Whether nobody has used it before; remembered until that time of the clock."""

    def close(self) -> None:
        """Nothing more will be kept."""


_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session (
    session_id TEXT PRIMARY KEY, token BLOB NOT NULL, owner TEXT NOT NULL,
    epoch INTEGER NOT NULL, saved_s REAL NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_age ON session (saved_s);
CREATE TABLE IF NOT EXISTS event (
    session_id TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
    event_id INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (session_id, event_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (name TEXT PRIMARY KEY, until_s REAL NOT NULL) WITHOUT ROWID;
"""
_SWEEP_EVERY_S: Final = 10.0
_BUSY_S: Final = 5.0


class SqliteSessions:
    """Sessions in one SQLite file (write-ahead log), which several processes may share.

    A write outlives the process but, as it is not flushed to the disk each time, not always the
    machine. `keep_s`: how long after its last sign of life a session can be resumed; `most`: how
    many are kept, those that are the longest silent are forgotten first. Raises OSError when the
    file cannot be used.
    """

    def __init__(
        self, path: Path, *, keep_s: float, most: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._keep_s, self._most, self._clock = keep_s, most, clock
        self._swept_s = 0.0
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _storing(path):
            self._database = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self._database.execute(f"PRAGMA {pragma}")
            self._database.executescript(_SCHEMA)
        path.chmod(0o600)
        self._path = path

    def begin(self, session_id: str, token: str, owner: str, state: str) -> None:
        """See `SessionStore`."""
        with self._writing() as database:
            self._sweep(database)
            database.execute(
                "INSERT INTO session VALUES (?, ?, ?, 1, ?, ?)",
                (session_id, _digest(token), owner, self._clock(), state),
            )

    def save(
        self, session_id: str, epoch: int, state: str, events: Sequence[StoredEvent] = ()
    ) -> None:
        """See `SessionStore`."""
        with self._writing() as database:
            change = "UPDATE session SET saved_s = ?, state = ? WHERE session_id = ? AND epoch = ?"
            saved = database.execute(change, (self._clock(), state, session_id, epoch))
            _demand(saved, session_id)
            rows = ((session_id, event_id, body) for event_id, body in events)
            database.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)

    def touch(self, session_id: str, epoch: int) -> None:
        """See `SessionStore`."""
        with self._writing() as database:
            change = "UPDATE session SET saved_s = ? WHERE session_id = ? AND epoch = ?"
            _demand(database.execute(change, (self._clock(), session_id, epoch)), session_id)

    def resume(self, session_id: str, token: str, owner: str) -> Kept:
        """See `SessionStore`."""
        with self._writing() as database:
            row = database.execute(
                "SELECT token, epoch, state FROM session "
                "WHERE session_id = ? AND owner = ? AND saved_s >= ?",
                (session_id, owner, self._clock() - self._keep_s),
            ).fetchone()
            if row is None or not hmac.compare_digest(row[0], _digest(token)):
                raise NoSession(f"there is no session {session_id!r} to resume with this token")
            change = "UPDATE session SET epoch = epoch + 1, saved_s = ? WHERE session_id = ?"
            database.execute(change, (self._clock(), session_id))
            told = "SELECT event_id, body FROM event WHERE session_id = ? ORDER BY event_id"
            events = tuple(database.execute(told, (session_id,)))
            return Kept(epoch=row[1] + 1, state=row[2], events=events)

    def use_once(self, name: str, until_s: float) -> bool:
        """See `SessionStore`."""
        with self._writing() as database:
            database.execute("DELETE FROM used WHERE until_s < ?", (self._clock(),))
            used = database.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", (name, until_s))
            return used.rowcount == 1

    def close(self) -> None:
        """See `SessionStore`."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in this process and among those that share the file."""
        with self._lock, _storing(self._path), self._database as database:
            database.execute("BEGIN IMMEDIATE")
            yield database

    def _sweep(self, database: sqlite3.Connection) -> None:
        """Forget what nobody resumed; a session that lives is touched more often than that."""
        now_s = self._clock()
        if now_s - self._swept_s < _SWEEP_EVERY_S:
            return
        self._swept_s = now_s
        database.execute("DELETE FROM session WHERE saved_s < ?", (now_s - self._keep_s,))
        oldest = "SELECT session_id FROM session ORDER BY saved_s DESC LIMIT -1 OFFSET ?"
        database.execute(f"DELETE FROM session WHERE session_id IN ({oldest})", (self._most,))


def _demand(change: sqlite3.Cursor, session_id: str) -> None:
    if not change.rowcount:
        raise Superseded(f"session {session_id} has been resumed elsewhere")


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error


def _digest(token: str) -> bytes:
    """Tokens are kept as their hash only: they are random, so that it needs no salt."""
    return hashlib.sha256(token.encode()).digest()
