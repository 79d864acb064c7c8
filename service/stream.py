"""One live stream: each observation in, the messages that it causes out; no socket, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from classifiers.events import Event, Guidance, PhaseChanged
from pose_engine.frames import Frame, FrameError, ImageLimits, read_image
from pose_engine.landmarks import Pose
from service.core import Session, Tracker
from service.messages import (
    Ack,
    ErrorMessage,
    EventMessage,
    Flow,
    LandmarksMessage,
    Outputs,
    ServerMessage,
    SessionSummary,
    State,
    event_message,
)
from service.results import TALLIED, Tally


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded frame that has not been looked at yet."""

    data: bytes
    rotation: int
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at one moment: a picture, landmarks, or nobody."""

    seq: int
    at_s: float
    received_s: float
    """When it arrived, by the server's clock."""
    seen: Picture | Pose | None


@dataclass(frozen=True, slots=True)
class Moment:
    """The shell's side of a step: its clock and what became of the other observations."""

    now_s: float
    dropped: int
    refused: int
    waiting: int
    credit: int


ACK_EVERY_S = 0.1
"""While more is waiting; when nothing is, every observation is acknowledged at once."""


class Stream:
    """Decodes, tracks, counts and tells. Blocking, and one step at a time."""

    def __init__(
        self, tracker: Tracker, session: Session, outputs: Outputs, limits: ImageLimits
    ) -> None:
        self._tracker = tracker
        self._session = session
        self._outputs = outputs
        self._limits = limits
        self._told: list[Event] = []
        self._event_id = 0
        self._processed = self._damaged = 0
        self._at_s = self._acked_s = self._stated_s = 0.0

    def observe(self, seen: Observation, moment: Moment) -> list[ServerMessage]:
        """Take one step."""
        try:
            messages = [*self._step(seen)]
            self._processed += 1
        except FrameError as error:
            messages = [_refusal(error, seen.seq)]
            self._damaged += 1
        flow = self._flow(moment, waited_s=moment.now_s - seen.received_s)
        return [*messages, *self._state(moment, flow), *self._ack(seen.seq, moment, flow)]

    def finish(self, moment: Moment) -> list[ServerMessage]:
        """The stream ended: the last events and the summary."""
        events = [*self._tell(self._session.finish())]
        tally = Tally.of(self._told, self._session.counts)
        return [*events, SessionSummary(**dict(self._flow(moment)), **dict(tally))]

    def _step(self, seen: Observation) -> Iterator[ServerMessage]:
        frame, pose = self._pose(seen)
        events = self._session.observe(pose, seen.at_s)
        self._at_s = seen.at_s
        if self._outputs.landmarks:
            yield _landmarks(seen, frame, pose)
        yield from self._tell(events)

    def _pose(self, observation: Observation) -> tuple[Frame | None, Pose | None]:
        seen = observation.seen
        if not isinstance(seen, Picture):
            return None, seen
        frame = read_image(
            seen.data, limits=self._limits, rotation=seen.rotation, mirrored=seen.mirrored
        )
        return frame, self._tracker.track(frame, observation.at_s)

    def _tell(self, events: list[Event]) -> Iterator[EventMessage]:
        counts = dict(self._session.counts)
        for event in events:
            if isinstance(event, TALLIED):
                self._told.append(event)
            if self._wanted(event):
                self._event_id += 1
                yield event_message(event, event_id=self._event_id, at_s=self._at_s, counts=counts)

    def _wanted(self, event: Event) -> bool:
        match event:
            case PhaseChanged():
                return self._outputs.phases
            case Guidance():
                return self._outputs.guidance
        return True

    def _flow(self, moment: Moment, waited_s: float = 0) -> Flow:
        return Flow(
            processed=self._processed,
            dropped=moment.dropped,
            refused=moment.refused + self._damaged,
            queue_ms=round(waited_s * 1000, 1),
        )

    def _state(self, moment: Moment, flow: Flow) -> Iterator[State]:
        hz = self._outputs.state_hz
        if not hz or moment.now_s - self._stated_s < 1 / hz:
            return
        self._stated_s = moment.now_s
        yield State(
            at_s=self._at_s,
            counts=dict(self._session.counts),
            phases=dict(self._session.phases),
            holds=dict(self._session.holds),
            confidences={k: round(float(v), 3) for k, v in self._session.confidences.items()},
            subject=self._session.subject,
            **dict(flow),
        )

    def _ack(self, seq: int, moment: Moment, flow: Flow) -> Iterator[Ack]:
        if moment.waiting and moment.now_s - self._acked_s < ACK_EVERY_S:
            return
        self._acked_s = moment.now_s
        yield Ack(seq=seq, credit=moment.credit, **dict(flow))


def _refusal(error: FrameError, seq: int) -> ErrorMessage:
    return ErrorMessage(
        code=error.code, message=str(error), recoverable=True, field="payload", seq=seq
    )


def _landmarks(seen: Observation, frame: Frame | None, pose: Pose | None) -> LandmarksMessage:
    points = None
    if pose is not None:
        points = np.column_stack((pose.image, pose.visibility)).astype(float).round(3).tolist()
    return LandmarksMessage(
        seq=seen.seq,
        at_s=seen.at_s,
        width_px=frame.width if frame else None,
        height_px=frame.height if frame else None,
        points=points,
    )
