"""What the server has said, until somebody iterates over it."""

from collections import deque

from blazereps_client.messages import Ack, LandmarksMessage, PhaseMessage, ServerMessage, State

MAX_UNREAD = 4096
"""Messages that wait for whoever iterates."""
FLEETING = (Ack, LandmarksMessage, PhaseMessage, State)
"""What a newer one makes worthless."""


class Inbox:
    """Who iterates slowly holds the server back and misses nothing. While nobody iterates so many
    are kept: the oldest go, those first that are fleeting."""

    def __init__(self) -> None:
        self._unread: deque[ServerMessage] = deque()
        self.iterating = False
        """Whether somebody takes what comes."""
        self.missed = 0
        """How many had to go."""

    def __len__(self) -> int:
        return len(self._unread)

    @property
    def has_room(self) -> bool:
        """Whether more is to be heard."""
        return not self.iterating or len(self) < MAX_UNREAD

    def put(self, message: ServerMessage) -> None:
        """Keep what was said; whoever iterates gets it in any case."""
        self._unread.append(message)
        while not self.iterating and len(self) > MAX_UNREAD:
            self._drop()

    def take(self) -> ServerMessage:
        """The oldest; IndexError where there is none."""
        return self._unread.popleft()

    def _drop(self) -> None:
        fleeting = (at for at, one in enumerate(self._unread) if isinstance(one, FLEETING))
        del self._unread[next(fleeting, 0)]
        self.missed += 1
