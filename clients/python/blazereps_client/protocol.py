"""The client's side of a session without its sockets and its clock."""

from collections.abc import Sequence

from pydantic import ValidationError

from blazereps_client.errors import LiveError
from blazereps_client.media import Media, PoseAt, VideoAt, capture_us, encode
from blazereps_client.messages import (
    FROM_SERVER,
    Ack,
    CountingPause,
    CountingReset,
    CountingResume,
    ErrorMessage,
    EventMessage,
    Limits,
    Ping,
    Pong,
    ServerMessage,
    SessionCreated,
    SessionEnd,
    SessionResume,
    SessionResumed,
    SessionStart,
    SessionSummary,
    SessionUpdate,
    SessionUpdated,
    State,
)
from blazereps_client.outbox import Observations, Outbox, Outgoing
from blazereps_client.wire import MAX_BATCH, WireError, marked_late, pack_batch
from blazereps_client.words import OF_NEWER

Control = SessionUpdate | CountingPause | CountingResume | CountingReset | Ping | SessionEnd

MAX_KEPT_MESSAGES = 4096
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Tens of seconds of pictures; a server stores at least each second."""
MAX_UNDER_WAY = 64
"""Observations sent and not done with, where none is dropped: more would wait in the network, which
holds thousands of landmarks, and grow old there."""
MAX_LATE_UNDER_WAY = 16
"""Of those that are late: enough to keep a server busy that is far away, and few enough for a slow
one to answer a ping behind them in time."""
MAX_FAULTS = 3
"""In a row: a message that makes the server fail would do so for ever."""

_BEAT = Ping(nonce="heartbeat")
HEARTBEAT = _BEAT.model_dump_json()
"""A ping whose pong nobody is told of."""

_GOING_AWAY, _NO_STATUS, _LOST, _FAULT, _RESTART, _FULL = 1001, 1005, 1006, 1011, 1012, 1013
_PASSING = (_GOING_AWAY, _NO_STATUS, _LOST, _FAULT, _RESTART, _FULL)
"""The close codes after which another attempt is worth it."""
_LIMITS = (4408, 4429)
"""Those after which the session can be resumed to be ended, and its summary heard."""


_OF_WHOLE_MESSAGES = ("invalid_header", "invalid_landmarks")
"""Said of the first observation of a batch that is refused as a whole; others are said of one."""


class LiveProtocol:
    """What to send, what is heard, and what a lost connection means, for one session.

    Whoever owns the sockets sends `first()` on each new connection, gives what comes to `receive`,
    sends what `next_to_send` gives while the session is `open`, and asks `lost` why it ended.
    """

    def __init__(
        self,
        start: SessionStart,
        *,
        max_kept_messages: int = MAX_KEPT_MESSAGES,
        max_kept_bytes: int = MAX_KEPT_BYTES,
    ) -> None:
        self._outbox = Outbox(max_messages=max_kept_messages, max_bytes=max_kept_bytes)
        self._done_seq = -1
        self.furthest_seq = -1
        """Up to which media was ever acknowledged."""
        self._late_seq = -1
        self._last_event_id = 0
        self._credit = 1
        self._holding = False
        self._fatal: ErrorMessage | None = None
        self._faults = 0
        self.config = start
        """What holds; the server's word once there is one."""
        self.open = False
        """Whether the server is ready for media."""
        self.ending = False
        """Whether no more media will come."""
        self.created: SessionCreated | None = None
        self.limits: Limits | None = None
        """The server's, once it has answered."""
        self.counts: dict[str, int] = {}
        self.state: State | None = None
        self.summary: SessionSummary | None = None
        self.ended_by: LiveError | None = None
        """What ended the session before all that was to be counted was."""

    @property
    def behind(self) -> bool:
        """Whether a sender has to wait: for the network or, where none is dropped, for the server.

        With `pacing: live` none has to while the connection is lost or silent, or what was late is
        caught up with.
        """
        if not self._flows:
            return self._outbox.waiting and self.config.pacing == "lossless"
        if self._catches_up:
            return self._outbox.full
        too_many = not self.limited and self._under_way >= MAX_UNDER_WAY
        return self._outbox.waiting or too_many

    @property
    def unsent(self) -> bool:
        """Whether there is something that may be sent."""
        return self._outbox.waiting and self._flows and not self._holds_back

    @property
    def limited(self) -> bool:
        """Whether the server counts media a second; where none is dropped, its queue holds back."""
        return self.config.pacing == "live" and self.config.input != "landmarks"

    @property
    def ready(self) -> bool:
        """Whether an observation sent now would be worked on: soon, or after what was held up."""
        if self.ending:
            return False
        if not self._flows:
            return self.created is not None and self.config.pacing == "live"
        soon = not self._outbox.waiting and self._under_way <= self._credit
        return soon or (self._catches_up and not self._outbox.full)

    @property
    def _flows(self) -> bool:
        return self.open and not self._holding

    @property
    def _catches_up(self) -> bool:
        """Whether what comes next is late, too, behind what a lost or silent connection held up."""
        return self._outbox.next_seq <= self._late_seq

    @property
    def _holds_back(self) -> bool:
        """Whether some of those that are late have to be done with first."""
        sent_seq = self._outbox.sent_seq
        return sent_seq <= self._late_seq and sent_seq - self._done_seq >= MAX_LATE_UNDER_WAY

    @property
    def _under_way(self) -> int:
        return self._outbox.next_seq - 1 - self._done_seq

    @property
    def given_up(self) -> int:
        """Observations lost with a connection because too many were kept already."""
        return self._outbox.given_up

    def first(self) -> str:
        """The first message of a new connection."""
        if self.created is None:
            return _json(self.config)
        return _json(
            SessionResume(
                session_id=self.created.session_id,
                resume_token=self.created.resume_token,
                last_event_id=self._last_event_id,
            )
        )

    def send(self, media: Media) -> int:
        """Take one observation and give its seq; raises WireError for what cannot be sent."""
        self._check_not_ending()
        seq = self._outbox.next_seq
        delta = isinstance(media, VideoAt) and not media.key
        self._add_media(Outgoing(seq, encode(media, seq), first_seq=seq, delta=delta))
        return seq

    def send_batch(self, poses: Sequence[PoseAt]) -> range:
        """Take several at once and give their seqs, or none: raises WireError for what cannot be
        sent."""
        self._check_not_ending()
        seqs = range(self._outbox.next_seq, self._outbox.next_seq + len(poses))
        batch = [(seq, capture_us(one), one.pack()) for seq, one in zip(seqs, poses, strict=True)]
        parts = [batch[start : start + MAX_BATCH] for start in range(0, len(batch), MAX_BATCH)]
        self._add_media(*[_batch_of(tuple(part)) for part in parts])
        return seqs

    def say(self, message: Control) -> None:
        """Take anything else; it keeps its place among the media."""
        if isinstance(message, Ping):
            self._outbox.add(Outgoing(self._outbox.next_seq, _json(message), lasting=False))
            return
        self._check_not_ending()
        self._outbox.add(Outgoing(self._outbox.next_seq, _json(message)))
        self.ending = isinstance(message, SessionEnd)

    def next_to_send(self) -> str | bytes | None:
        """The next message; None while there is none that may be sent, or nobody to send it to."""
        if not self._flows or self._holds_back:
            return None
        message = self._outbox.next()
        if isinstance(message, bytes) and self._outbox.sent_seq <= self._late_seq:
            return marked_late(message)
        return message

    def receive(self, text: str | bytes) -> ServerMessage | None:
        """Take in a message; None for one that was told before or that the loss will explain, and
        for one of a type that only a newer server knows."""
        message = _read(text)
        if isinstance(message, EventMessage):
            return self._take_event(message)
        match message:
            case State():
                self.counts, self.state = message.counts, message
            case Ack():
                self._take_ack(message)
            case ErrorMessage():
                return self._take_error(message)
            case SessionCreated():
                self._take_created(message)
            case SessionResumed():
                self._take_resumed(message)
            case Pong(nonce=_BEAT.nonce):
                return None
            case SessionUpdated():
                self.config = message.config
            case SessionSummary():
                self.summary = message
        return message

    def stalled(self, yes: bool) -> None:
        """Take in that nothing is heard, or something is again.

        Live frames are kept meanwhile, unless some are late already: of these a server may be full,
        and answer no ping.
        """
        if yes:
            self._holding = self.open and self.limited and self._done_seq >= self._late_seq
        elif self._holding:
            self._go_on()

    def lost(self, close_code: int | None) -> LiveError:
        """Take in that the connection is closed; the session can be resumed if `recoverable`.

        After some limits that is to end it, so that its summary is heard.
        """
        self.open = self._holding = False
        self._outbox.go_back()
        code = _LOST if close_code is None else close_code
        self._faults += code == _FAULT
        error = self._closed_by(code)
        if code not in _LIMITS or self.created is None or self.ended_by is not None:
            return error
        if not self.ending:
            self.say(SessionEnd())
        self.ended_by = error
        return LiveError(error.code, error.message, recoverable=True, close_code=code)

    def conclude(self, close_code: int | None) -> LiveError | None:
        """Take in that nothing comes after the summary; gives what ended the session early."""
        if self.ended_by is None and self._fatal is not None:
            self.ended_by = self._closed_by(close_code)
        elif self.ended_by is None and not self.ending:
            self.ended_by = LiveError("session_ended", "the server has ended the session")
        return self.ended_by

    def _closed_by(self, code: int | None) -> LiveError:
        recoverable = code in _PASSING and self._faults <= MAX_FAULTS
        fatal, self._fatal = self._fatal, None
        if fatal is None:
            what = f"the connection was closed with code {code}"
            return LiveError("connection_lost", what, recoverable=recoverable, close_code=code)
        return LiveError(fatal.code, fatal.message, recoverable=recoverable, close_code=code)

    def _add_media(self, *media: Outgoing) -> None:
        for one in media:
            self._check_size(one.data)
        if self.open and not self._under_way:
            self._late_seq = -1  # the server has caught up
        for one in media:
            self._outbox.add(one)
        if not self._flows and self.config.pacing == "live":
            self._outbox.trim()

    def _check_size(self, data: str | bytes) -> None:
        """A larger one resets the connection, and would then be sent again and again."""
        if self.limits is not None and len(data) > (limit := self.limits.max_message_bytes):
            raise WireError("payload", f"a message may have {limit} bytes, not {len(data)}")

    def _check_not_ending(self) -> None:
        if self.ending:
            what = "the session has been ended: it takes nothing more"
            raise self.ended_by or LiveError("session_ended", what)

    def _take_created(self, created: SessionCreated) -> None:
        self.created, self.config, self.limits = created, created.config, created.limits
        self.counts = dict.fromkeys(created.exercises, 0)
        queued = created.config.pacing == "lossless" or created.config.input != "frames"
        self._credit = created.limits.queue_frames if queued else 1
        self.open = True

    def _take_resumed(self, resumed: SessionResumed) -> None:
        self.config, self.limits, self.counts = resumed.config, resumed.limits, resumed.counts
        done_seq = resumed.resumed_at_seq
        self._outbox.go_on(-1 if done_seq is None else done_seq)
        self._done_seq = self._outbox.whole_from_seq - 1  # what is lost is done with, too
        self._go_on()

    def _go_on(self) -> None:
        """Send what was held up; as many again may come late while it is caught up with."""
        if self.limited:
            self._late_seq = self._outbox.next_seq - 1 + self._under_way
        self.open, self._holding = True, False

    def _take_event(self, event: EventMessage) -> EventMessage | None:
        if event.event_id <= self._last_event_id:
            return None
        self._last_event_id, self.counts = event.event_id, event.counts
        return event

    def _take_ack(self, ack: Ack) -> None:
        self._done_seq = max(self._done_seq, ack.seq)
        if ack.seq > self.furthest_seq:
            self.furthest_seq, self._faults = ack.seq, 0
        self._credit = ack.credit
        if ack.stored_seq is not None:
            self._outbox.forget(ack.stored_seq)

    def _take_error(self, error: ErrorMessage) -> ErrorMessage | None:
        if not error.recoverable:
            self._fatal = error
            return None
        if error.seq is not None:
            whole = error.code in _OF_WHOLE_MESSAGES
            seq = self._outbox.last_seq(error.seq) if whole else error.seq
            self._done_seq = max(self._done_seq, seq)
        return error


def _batch_of(batch: Observations) -> Outgoing:
    return Outgoing(batch[-1][0], pack_batch(batch), batch[0][0], batch)


def _read(text: str | bytes) -> ServerMessage | None:
    """As a newer server says it too: without the fields that are not known."""
    try:
        return FROM_SERVER.validate_json(text, extra="ignore", context=OF_NEWER)
    except ValidationError as error:
        if error.errors()[0]["type"] == "union_tag_invalid":
            return None
        raise LiveError("invalid_answer", f"the server said what is no message: {error}") from None


def _json(message: Control | SessionStart | SessionResume) -> str:
    if isinstance(message, SessionUpdate) and "subject" in message.model_fields_set:
        unsaid = {name for name, value in message if value is None and name != "subject"}
        return message.model_dump_json(exclude=unsaid)  # nobody in particular is somebody else, too
    return message.model_dump_json(exclude_none=True)
