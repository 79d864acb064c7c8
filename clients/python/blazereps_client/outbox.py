"""Messages on their way: in order, and kept until the server has stored what they caused."""

from collections import deque
from dataclasses import dataclass, replace
from itertools import islice

from blazereps_client.wire import pack_batch

Observations = tuple[tuple[int, int, bytes], ...]
"""Each seq, capture time in microseconds and payload, as a batch has them."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message; `seq`: once the server has stored that media, it has stored this message too.

    That is media's own seq, the last one of a batch, and for any other message the seq of the media
    that comes after it.
    """

    seq: int
    data: str | bytes
    first_seq: int | None = None
    """Of media; None for any other message."""
    batch: Observations = ()
    delta: bool = False
    """Whether it is encoded video that needs what came before."""
    lasting: bool = True
    """Whether it is worth sending again."""

    def after(self, seq: int) -> "Outgoing":
        """Without the observations that are done with."""
        rest = tuple(one for one in self.batch if one[0] > seq)
        if len(rest) == len(self.batch):
            return self
        return replace(self, data=pack_batch(rest), first_seq=rest[0][0], batch=rest)


class Outbox:
    """A queue to the server that goes back after a loss; beyond its bounds the oldest media is
    given up: of what was sent, and with `trim` of what waits."""

    def __init__(self, *, max_messages: int, max_bytes: int) -> None:
        self._sent = _Messages(max_messages, max_bytes)
        self._waiting = _Messages(max_messages, max_bytes)
        self.next_seq = 0
        """Of the media to come."""
        self.whole_from_seq = 0
        """From here on nothing is missing."""
        self.sent_seq = -1
        """Of the last media that was sent on this connection."""
        self.given_up = 0
        """Observations that were to be sent again and were not there any more."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._waiting.queue)

    @property
    def full(self) -> bool:
        """Whether what waits is beyond the bounds."""
        return self._waiting.too_many

    def add(self, message: Outgoing) -> None:
        """Put it at the end."""
        self._waiting.append(message)
        if message.first_seq is not None:
            self.next_seq = message.seq + 1

    def trim(self) -> None:
        """Keep what waits within the bounds."""
        self._waiting.trim()

    def next(self) -> str | bytes | None:
        """The next message to send, which counts as sent from here on."""
        if not self._waiting.queue:
            return None
        message = self._waiting.pop(0)
        if message.first_seq is not None:
            self.sent_seq = message.seq
        if message.lasting:
            self._sent.append(message)
            self._sent.trim()
        return message.data

    def last_seq(self, first_seq: int) -> int:
        """The last one of the message that was sent with this one first."""
        sent = (one.seq for one in self._sent.queue if one.first_seq == first_seq)
        return next(sent, first_seq)

    def forget(self, stored_seq: int) -> None:
        """What was sent and is stored need not be kept."""
        self._sent.forget(stored_seq)

    def go_back(self) -> None:
        """Nobody knows what arrived: all that was sent waits again."""
        self.sent_seq = -1
        while self._sent.queue:
            self._waiting.prepend(self._sent.pop(-1))

    def go_on(self, done_seq: int) -> None:
        """What comes after `done_seq` is to be sent; video from a key frame on."""
        self._waiting.forget(done_seq)
        if self._waiting.queue:
            self._waiting.prepend(self._waiting.pop(0).after(done_seq))
        self._waiting.skip_to_key()
        expected = max(done_seq + 1, self.whole_from_seq)
        firsts = (one.first_seq for one in self._waiting.queue if one.first_seq is not None)
        self.whole_from_seq = max(expected, next(firsts, self.next_seq))
        self.given_up += self.whole_from_seq - expected  # seqs have no gaps


class _Messages:
    """Some, in order, and how large they are."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self.queue: deque[Outgoing] = deque()

    def append(self, message: Outgoing) -> None:
        self.queue.append(message)
        self._bytes += len(message.data)

    def prepend(self, message: Outgoing) -> None:
        self.queue.appendleft(message)
        self._bytes += len(message.data)

    def pop(self, index: int) -> Outgoing:
        message = self.queue[index]
        del self.queue[index]
        self._bytes -= len(message.data)
        return message

    def forget(self, seq: int) -> None:
        while self.queue and self.queue[0].seq <= seq:
            self.pop(0)

    def skip_to_key(self) -> None:
        """Drop the video that cannot be decoded; what else is said in between stays."""
        said = []
        while self.queue and (self.queue[0].delta or self.queue[0].first_seq is None):
            message = self.pop(0)
            said += [] if message.delta else [message]
        for message in reversed(said):
            self.prepend(message)

    def trim(self) -> None:
        """The newest stays, and media goes first: what was wanted matters longer than what was
        seen."""
        while len(self.queue) > 1 and self.too_many:
            older = enumerate(islice(self.queue, len(self.queue) - 1))
            media = (index for index, one in older if one.first_seq is not None)
            self.pop(next(media, 0))

    @property
    def too_many(self) -> bool:
        return len(self.queue) > self._max_messages or self._bytes > self._max_bytes
