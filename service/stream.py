"""One live stream: observations and commands in, the messages they cause out. No socket."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import ValidationError

from blazereps_client import words
from blazereps_client.messages import (
    Ack,
    CountingPause,
    CountingReset,
    CountingResume,
    EventMessage,
    Flow,
    KeyframeRequest,
    ServerMessage,
    SessionStart,
    SessionSummary,
    SessionUpdate,
    SessionUpdated,
    State,
)
from blazereps_client.results import Tally
from pose_engine.frames import FrameError, ImageLimits
from pose_engine.landmarks import Pose
from service.chronicle import Chronicle
from service.core import NO_SNAPSHOT, Coming, Core
from service.counting import Counting
from service.errors import ServiceError, first_fault, invalid, media_error
from service.events import Happening
from service.journal import Journal
from service.ledger import Fate, Ledger
from service.media import Chunk, Observation, Picture
from service.pace import Pace
from service.sessions import Kept, SessionWriter
from service.sight import Sight
from service.telemetry import Telemetry

SNAPSHOT_VERSION: Final = 4
ACK_EVERY_S: Final = 0.1
"""While more is waiting; when nothing is, every observation is acknowledged at once."""


@dataclass(frozen=True, slots=True)
class VideoLost:
    """A piece of the encoded video was given up: it goes on at the next key frame."""


Command = SessionUpdate | CountingPause | CountingResume | CountingReset | VideoLost
"""What takes its turn among the observations."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The shell's side of a step: its clock and what became of the other observations."""

    now_s: float
    dropped: int
    refused: int
    waiting: int
    """Observations that come after."""
    credit: int


class StreamError(ValueError):
    """What was kept cannot be gone on with: the client is told so, and the log why."""

    @property
    def cause(self) -> str:
        """What it was raised from, for the log."""
        return repr(self.__cause__)


class Stream:
    """Looks, counts, keeps and tells. Blocking, and one step at a time.

    Every step may raise Superseded, or SessionsAway when it cannot be kept.
    """

    def __init__(
        self,
        core: Core,
        config: SessionStart,
        limits: ImageLimits,
        journal: Journal,
        telemetry: Telemetry,
    ) -> None:
        """Raises ServiceError `unknown_exercise`."""
        self.config = config
        """What the client wants, with every default filled in."""
        self._counting = Counting(
            core.library, config.exercise, unknown=config.unknown, arm=config.arm
        )
        self._sight = Sight(core.engine, config, limits, telemetry)
        self._journal, self._telemetry = journal, telemetry
        self._chronicle = Chronicle(journal, config.outputs)
        self._pace = Pace()
        self._ledger = Ledger(config.input, telemetry.metrics)
        self._long_side_px = 0
        self._at_s = self._acked_s = self._stated_s = 0.0
        self._chosen_seq: int | None = None
        self._first_at_s: float | None = None
        self.seq: int | None = None
        """Everything up to it is done with."""
        self._acked = self._standing
        self.summary: SessionSummary | None = None
        """What was said at the end, once it has ended."""

    @property
    def counts(self) -> dict[str, int]:
        """The absolute count of every exercise."""
        return dict(self._counting.session.counts)

    @property
    def counting(self) -> words.Counting:
        """Whether observations count."""
        return self._counting.counting

    @property
    def at_s(self) -> float | None:
        """The capture time of the last observation, None before the first."""
        return None if self.seq is None else self._at_s

    @property
    def origin_s(self) -> float:
        """The first capture time, 0 before it."""
        return 0.0 if self._first_at_s is None else self._first_at_s

    @property
    def duration_s(self) -> float:
        """From the first to the last capture time."""
        return self._at_s - self.origin_s

    @property
    def outcome(self) -> dict[str, Any]:
        """What was counted, and what became of the media, for the log."""
        names = ("processed", "passed_over", "dropped", "refused")
        flow = self._ledger.flow
        return {name: getattr(flow, name) for name in names} | {"counts": self.counts}

    @property
    def last_event_id(self) -> int:
        """Of the last event."""
        return self._chronicle.last_event_id

    @property
    def full(self) -> bool:
        """Whether it has told so many events that it must end."""
        return self._chronicle.full

    def missed(self, last_event_id: int) -> list[EventMessage]:
        """What has been told since that event."""
        return self._chronicle.missed(last_event_id)

    def state(self) -> str:
        """Everything but the events, as JSON for `resume`."""
        return json.dumps({
            "version": SNAPSHOT_VERSION,
            "config": self.config.model_dump(mode="json"),
            "counting": self._counting.snapshot(),
            "sight": self._sight.snapshot(),
            "chronicle": self._chronicle.snapshot(),
            "flow": self._ledger.flow.model_dump(),
            "seq": self.seq,
            "at_s": self._at_s,
            "first_at_s": self._first_at_s,
            "chosen_seq": self._chosen_seq,
            "summary": self.summary and self.summary.model_dump(mode="json"),
        })  # fmt: skip

    def coming(self, items: Iterable[Observation | Command]) -> Coming:
        """Whose landmarks will be counted when these are done, for `Library.look_ahead`."""
        seen = ((item.seen, item.at_s) for item in items if isinstance(item, Observation))
        return self._counting.coming((pose, at_s) for pose, at_s in seen if isinstance(pose, Pose))

    def do(self, items: Sequence[Observation | Command], moment: Moment) -> list[ServerMessage]:
        """Each in turn; `moment`: as it is behind the last of them."""
        messages: list[ServerMessage] = []
        behind = moment.waiting + sum(isinstance(item, Observation) for item in items)
        for item in items:
            behind -= isinstance(item, Observation)
            now = replace(moment, waiting=behind)
            if isinstance(item, Observation):
                messages += self.observe(item, now)
            else:
                messages += self.obey(item, now)
        return messages

    def observe(self, observation: Observation, moment: Moment) -> list[ServerMessage]:
        """Take one step."""
        with self._telemetry.observation(observation.seq, observation.received_s):
            try:
                messages = [*self._look(observation, moment), *self._ask_for_key()]
            except FrameError as error:
                self._ledger.enter(Fate.DAMAGED)
                refusal = media_error(error, field="payload", seq=observation.seq)
                messages = [refusal.told(recoverable=True), *self._ask_for_key(again=True)]
            self._done_with(observation, moment)
            with self._telemetry.stage("keep"):
                self._journal.keep(self.state, self.seq, moment.now_s)
            return [*messages, *self._report(observation, moment)]

    def may_pass_over(self, observation: Observation) -> bool:
        """Whether it is a picture that need not be looked at."""
        return isinstance(observation.seen, Picture) and not self._due(observation)

    def pass_over(self, observation: Observation, moment: Moment) -> list[ServerMessage]:
        """Done with, without a look; does not block, and is kept with the next one."""
        self._at_s = observation.at_s
        self._journal.owe()
        self._ledger.enter(Fate.PASSED_OVER)
        self._done_with(observation, moment)
        return [*self._report(observation, moment)]

    def obey(self, command: Command, moment: Moment) -> list[ServerMessage]:
        """Do as the client wants from here on; what cannot be done is told and changes nothing."""
        self._count_flow(moment)
        try:
            messages = [*self._obey(command)]
        except ServiceError as error:
            messages = [error.told(recoverable=True)]
        else:
            if not isinstance(command, VideoLost):  # of which there are many where time is short
                self._journal.keep_now(self.state, self.seq, moment.now_s)
        return [*messages, *self._ack(moment)]

    def _obey(self, command: Command) -> Iterator[ServerMessage]:
        match command:
            case SessionUpdate():
                yield from self._update(command)
            case CountingPause():
                yield from self._tell(self._counting.pause())
            case CountingResume(arm=arm):
                yield from self._tell(self._counting.resume(arm))
            case CountingReset(arm=arm):
                yield from self._tell(self._counting.give_up())
                self._chronicle.start_over()
                yield from self._tell(self._counting.reset(arm))
            case VideoLost():
                self._sight.lose()
                yield from self._ask_for_key(again=True)

    def rest(self, moment: Moment) -> list[ServerMessage]:
        """Nothing has come for a while."""
        self._count_flow(moment)
        self._journal.rest(self.state, self.seq, moment.now_s)
        return [] if self._acked == self._standing else [*self._ack(moment)]

    def finish(self, moment: Moment) -> list[ServerMessage]:
        """The stream ended: the last events and the summary."""
        events = [*self._tell(self._counting.finish())]
        self._count_flow(moment)
        tally = self._chronicle.tally(self.counts)
        self.summary = SessionSummary(**dict(self._ledger.flow), **dict(tally))
        self._journal.keep_now(self.state, self.seq, moment.now_s)
        return [*events, self.summary]

    def tally(self) -> Tally:
        """What it comes to where nobody goes on with it: nothing is kept, told or measured."""
        if self.summary is not None:
            said = self.summary
            return Tally.model_validate({name: getattr(said, name) for name in Tally.model_fields})
        happened = [*self._counting.finish()]
        for _ in self._chronicle.tell(happened, self._at_s, self.counts):
            pass
        return self._chronicle.tally(self.counts)

    def leave(self, moment: Moment) -> None:
        """The client is gone: keep everything for when it comes back."""
        self._count_flow(moment)
        self._journal.keep_now(self.state, self.seq, moment.now_s)

    def _look(self, observation: Observation, moment: Moment) -> Iterator[ServerMessage]:
        fate = self._fate(observation, moment)
        wanted = fate is Fate.LOOKED_AT
        for seen in self._sight.look(observation.seen, observation.at_s, wanted=wanted):
            self._at_s, self._long_side_px = seen.at_s, seen.long_side_px
            if self._first_at_s is None:
                self._first_at_s = seen.at_s
            if self.config.outputs.landmarks:
                yield seen.landmarks(observation.seq)
            with self._telemetry.stage("count"):
                happenings = [*self._counting.observe(seen.pose, seen.at_s)]
            yield from self._tell(happenings)
        self._ledger.enter(fate)

    def _fate(self, observation: Observation, moment: Moment) -> Fate:
        """Encoded video is decoded whole, but looked at only where it is worth it."""
        if not isinstance(observation.seen, Chunk):
            return Fate.LOOKED_AT
        if self.config.pacing == "live" and moment.waiting and not observation.late:
            return Fate.SKIPPED
        return Fate.LOOKED_AT if self._due(observation) else Fate.PASSED_OVER

    def _done_with(self, observation: Observation, moment: Moment) -> None:
        self.seq = observation.seq
        self._count_flow(moment, queue_s=moment.now_s - observation.received_s)

    def _report(self, observation: Observation, moment: Moment) -> Iterator[ServerMessage]:
        """What is said beside the events."""
        yield from self._pace.observe(
            now_s=moment.now_s,
            at_s=observation.at_s,
            flow=self._ledger.flow,
            waiting=moment.waiting,
            long_side_px=self._long_side_px,
        )
        yield from self._state(moment)
        yield from self._ack(moment)

    def _due(self, observation: Observation) -> bool:
        """Whether it has to be looked at; who draws landmarks wants those of every picture."""
        due = self._sight.due(observation.at_s)
        return due or not self.config.adaptive or self.config.outputs.landmarks

    def _ask_for_key(self, *, again: bool = False) -> Iterator[KeyframeRequest]:
        if self._sight.asks_for_key(again=again):
            yield KeyframeRequest()

    def _update(self, update: SessionUpdate) -> Iterator[ServerMessage]:
        config = _updated(self.config, update)
        if config.exercise != self.config.exercise:
            yield from self._tell(self._counting.choose(config.exercise))
        again = config.subject == self.config.subject and self._chosen_seq == self.seq
        if "subject" in update.model_fields_set and not again:  # as it is sent again after a break
            self._sight.choose(config.subject)
            self._chosen_seq = self.seq
        self.config, self._chronicle.outputs = config, config.outputs
        yield SessionUpdated(config=config, exercises=tuple(self.counts))

    def _tell(self, happenings: Iterable[Happening]) -> Iterator[EventMessage]:
        # All of them have happened before the first is told: each tells the counts of the end.
        happened = [*happenings]
        self._telemetry.metrics.happened(happened)
        yield from self._chronicle.tell(happened, self._at_s, self.counts)

    def _count_flow(self, moment: Moment, queue_s: float | None = None) -> None:
        self._ledger.balance(dropped=moment.dropped, refused=moment.refused, queue_s=queue_s)

    def _state(self, moment: Moment) -> Iterator[State]:
        hz = self.config.outputs.state_hz
        if not hz or moment.now_s - self._stated_s < 1 / hz:
            return
        self._stated_s = moment.now_s
        stands, flow = self._counting.stands(self._at_s), dict(self._ledger.flow)
        yield State(at_s=self._at_s, **stands, **flow)

    def _ack(self, moment: Moment) -> Iterator[Ack]:
        if self.seq is None or (moment.waiting and moment.now_s - self._acked_s < ACK_EVERY_S):
            return
        self._acked_s, self._acked = moment.now_s, self._standing
        stored_seq, flow = self._journal.stored_seq, dict(self._ledger.flow)
        yield Ack(seq=self.seq, credit=moment.credit, stored_seq=stored_seq, **flow)

    @property
    def _standing(self) -> tuple[int | None, int | None, Flow]:
        """What an ack tells, but for the credit."""
        return self.seq, self._journal.stored_seq, self._ledger.flow


def resume(
    core: Core, limits: ImageLimits, store: SessionWriter, telemetry: Telemetry, stored: Kept
) -> Stream:
    """The stream as it was kept; raises StreamError."""
    try:
        kept = json.loads(stored.state)
        if kept["version"] != SNAPSHOT_VERSION:
            raise ValueError(f"version {kept['version']} is not {SNAPSHOT_VERSION}")
        config = SessionStart.model_validate(kept["config"])
        journal = Journal(store, stored.session_id, stored.epoch, kept["seq"])
        stream = Stream(core, config, limits, journal, telemetry)
        stream._counting.restore(kept["counting"])
        stream._sight.restore(kept["sight"])
        stream._chronicle.restore(kept["chronicle"], stored.events)
        stream._ledger.go_on(Flow.model_validate(kept["flow"]))
        stream.seq, stream._at_s = kept["seq"], kept["at_s"]
        stream._first_at_s, stream._chosen_seq = kept["first_at_s"], kept["chosen_seq"]
        if kept["summary"] is not None:
            stream.summary = SessionSummary.model_validate(kept["summary"])
    except (*NO_SNAPSHOT, ServiceError) as error:
        changed = "the server's exercises, or the server, have changed since: start a new session"
        raise StreamError(changed) from error
    return stream


def _updated(config: SessionStart, update: SessionUpdate) -> SessionStart:
    """With what the update names; raises ServiceError `invalid_message`."""
    named = {name: getattr(update, name) for name in update.model_fields_set - {"type"}}
    given = {name: value for name, value in named.items() if value is not None or name == "subject"}
    try:
        return SessionStart.model_validate(dict(config) | given)
    except ValidationError as error:
        raise invalid(first_fault(error, "invalid_message"), "invalid_message") from error
