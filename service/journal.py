"""What a live session writes down to be resumed by: nothing is told before it is kept."""

from collections.abc import Callable
from typing import Final

from service.sessions import TOUCH_EVERY_S, SessionWriter, StoredEvent

KEEP_EVERY_S: Final = 1.0
"""While observations come; events are kept at once."""

State = Callable[[], str]
"""Gives all that a session is, but for its events, as JSON."""


class Journal:
    """Writes for the connection that holds `epoch`; blocking.

    Every method but `enter` and `owe` raises Superseded once another connection has resumed the
    session, and SessionsAway when nothing can be written.
    """

    def __init__(
        self, store: SessionWriter, session_id: str, epoch: int, stored_seq: int | None = None
    ) -> None:
        self._store = store
        self._session_id = session_id
        self._epoch = epoch
        self.stored_seq = stored_seq
        """Everything up to it survives the end of this process."""
        self._entered: list[StoredEvent] = []
        self._kept_s = self._touched_s = float("-inf")
        self._stale = False

    def enter(self, event: StoredEvent) -> None:
        """An event that is about to be told."""
        self._entered.append(event)

    def owe(self) -> None:
        """How things stand has changed, which can wait for the next time that something is kept."""
        self._stale = True

    def keep(self, state: State, seq: int | None, now_s: float) -> None:
        """Keep events at once, and how things stand each second."""
        self.owe()
        if self._entered or now_s - self._kept_s >= KEEP_EVERY_S:
            self.keep_now(state, seq, now_s)

    def keep_now(self, state: State, seq: int | None, now_s: float) -> None:
        """Keep how things stand whatever the time."""
        self._store.save(self._session_id, self._epoch, state(), self._entered)
        self._entered.clear()
        self._kept_s = self._touched_s = now_s
        self._stale, self.stored_seq = False, seq

    def rest(self, state: State, seq: int | None, now_s: float) -> None:
        """Nothing comes: keep what is not kept yet, else show a sign of life."""
        if self._stale:
            self.keep_now(state, seq, now_s)
        elif now_s - self._touched_s >= TOUCH_EVERY_S:
            self._store.touch(self._session_id, self._epoch)
            self._touched_s = now_s
