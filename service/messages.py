"""The JSON messages of a live session: one union each way, told apart by `type`."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationInfo, field_validator

from classifiers.events import (
    Event,
    Guidance,
    HoldEnded,
    HoldStarted,
    Phase,
    PhaseChanged,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
    UnknownCounted,
)
from pose_engine.landmarks import Box, Focus
from service.results import (
    Document,
    Hint,
    Hold,
    Milli,
    Rejection,
    Rep,
    RepSet,
    Tally,
    UnknownRep,
)
from service.wire import MAX_CAPTURE_US, MAX_SEQ

Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
AtSeconds = Annotated[FiniteFloat, Field(ge=0, le=MAX_CAPTURE_US / 1e6)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Extent = Annotated[FiniteFloat, Field(gt=0, le=1)]
Numbers = Annotated[list[FiniteFloat], Field(min_length=3, max_length=5)]
WorldPoint = Annotated[list[FiniteFloat], Field(min_length=3, max_length=3)]
Points = Annotated[list[Numbers], Field(min_length=33, max_length=33)]
WorldPoints = Annotated[list[WorldPoint], Field(min_length=33, max_length=33)]


class Outputs(Document):
    """What the client wants to be told beside what is counted and timed, and who is in view."""

    landmarks: bool = False
    """The landmarks of every frame."""
    phases: bool = True
    """Every change of phase."""
    guidance: bool = True
    """What would help; the summary lists it all the same."""
    state_hz: Annotated[FiniteFloat, Field(ge=0, le=10)] = 2
    """At most so many `state` messages a second; 0 for none."""


class Subject(Document):
    """A point on the person to follow, or a box around him from its top left corner.

    In 0..1 of the upright frame from its top left.
    """

    x: Share
    y: Share
    width: Extent | None = None
    height: Extent | None = Field(default=None, validate_default=True)

    @field_validator("height")
    @classmethod
    def _with_width(cls, height: float | None, info: ValidationInfo) -> float | None:
        if (height is None) != (info.data.get("width") is None):
            raise ValueError("a box has both width and height, a point has neither")
        return height

    @property
    def focus(self) -> Focus:
        """The same for the pose engine."""
        if self.width is None or self.height is None:
            return self.x, self.y
        return Box(self.x, self.y, self.width, self.height)


class SessionStart(Document):
    """The first message: what is sent and what is wanted."""

    type: Literal["session.start"] = "session.start"
    exercise: str = Field(default="auto", max_length=64)
    input: Literal["frames", "landmarks"] = "frames"
    pacing: Literal["live", "lossless"] = "live"
    unknown: bool = False
    """Whether to count repeated movement that is no known exercise."""
    outputs: Outputs = Outputs()
    subject: Subject | None = None
    """Whom to follow; without it the largest person nearest to the centre. Frames only."""

    @field_validator("subject")
    @classmethod
    def _frames_only(cls, subject: Subject | None, info: ValidationInfo) -> Subject | None:
        if subject is not None and info.data.get("input") == "landmarks":
            raise ValueError("only with input frames: landmarks are of one person already")
        return subject

    @property
    def focus(self) -> Focus | None:
        """The point or box of the person to follow, if one is given."""
        return None if self.subject is None else self.subject.focus


class Landmarks(Document):
    """33 landmarks in MediaPipe's order, in pixels; `points: null` says that nobody is seen."""

    type: Literal["landmarks"] = "landmarks"
    seq: Seq
    at_s: AtSeconds
    points: Points | None
    """Rows of x, y, z and, where there are any, visibility and presence."""
    world: WorldPoints | None = None
    """Rows of x, y, z in metres, origin at the hips' middle."""


class Ping(Document):
    """Answered at once by a `pong` with the same `nonce`, whatever else is going on."""

    type: Literal["ping"] = "ping"
    nonce: str = Field(default="", max_length=64)


class SessionEnd(Document):
    """No more media: what waits is worked off, then the summary comes."""

    type: Literal["session.end"] = "session.end"


ClientMessage = Annotated[SessionStart | Landmarks | Ping | SessionEnd, Field(discriminator="type")]


class Limits(Document):
    """What the server holds this session to."""

    max_message_bytes: int
    max_text_bytes: int
    max_frame_bytes: int
    max_frame_pixels: int
    queue_frames: int
    idle_s: float
    max_session_s: float


class SessionCreated(Document):
    """The session is ready for media."""

    type: Literal["session.created"] = "session.created"
    session_id: str
    exercises: tuple[str, ...]
    config: SessionStart
    limits: Limits


class _Told(Document):
    """What every event carries."""

    event_id: int
    """1, 2, 3 ... within the session."""
    at_s: float
    """The capture time of the observation that caused it."""
    counts: dict[str, int]
    """The absolute count of every exercise of the session, and of `unknown` if asked for."""


class RepCountedMessage(Rep, _Told):
    """A repetition was counted."""

    type: Literal["rep.counted"] = "rep.counted"


class RepRejectedMessage(Rejection, _Told):
    """A movement was not counted, and why."""

    type: Literal["rep.rejected"] = "rep.rejected"


class SetEndedMessage(RepSet, _Told):
    """A rest, another exercise or the end of the stream ended a set."""

    type: Literal["set.ended"] = "set.ended"


class HoldStartedMessage(_Told):
    """A pose is being held, and timed from `start_s` on; `state` says how long."""

    type: Literal["hold.started"] = "hold.started"
    exercise: str
    start_s: Milli


class HoldEndedMessage(Hold, _Told):
    """A hold is over."""

    type: Literal["hold.ended"] = "hold.ended"


class UnknownCountedMessage(UnknownRep, _Told):
    """A period of a movement that repeats and is no known exercise was counted."""

    type: Literal["unknown.counted"] = "unknown.counted"


class GuidanceMessage(Hint, _Told):
    """What would help the counting, or the exercise."""

    type: Literal["guidance"] = "guidance"


class PhaseMessage(_Told):
    """The person entered another phase of an exercise."""

    type: Literal["phase"] = "phase"
    exercise: str
    phase: Phase


class SubjectLostMessage(_Told):
    """Nobody is seen any more; counts stand still."""

    type: Literal["subject.lost"] = "subject.lost"


class SubjectFoundMessage(_Told):
    """Somebody is seen, for the first time or again."""

    type: Literal["subject.found"] = "subject.found"


class SubjectSwitchedMessage(_Told):
    """From here on another person is followed; the movement under way is given up."""

    type: Literal["subject.switched"] = "subject.switched"


class Flow(Document):
    """What became of the media so far: sent = processed + dropped + refused + still waiting."""

    processed: int = 0
    dropped: int = 0
    """Replaced by a newer frame before their turn came; `pacing: live` only."""
    refused: int = 0
    """Answered with an error."""
    queue_ms: float = 0
    """How long the last one waited for its turn."""


class State(Flow):
    """The source of truth, at most `state_hz` times a second."""

    type: Literal["state"] = "state"
    at_s: float
    counts: dict[str, int]
    phases: dict[str, Phase]
    holds: dict[str, Milli]
    """Those that go on, by exercise: seconds so far."""
    confidences: dict[str, float]
    subject: bool


class Ack(Flow):
    """Everything up to `seq` is done with."""

    type: Literal["ack"] = "ack"
    seq: int
    credit: int
    """How many more would be queued at once."""


class LandmarksMessage(Document):
    """The landmarks of one observation, in pixels of the upright frame."""

    type: Literal["landmarks"] = "landmarks"
    seq: int
    at_s: float
    width_px: int | None
    """Of the upright frame; null where landmarks came in."""
    height_px: int | None
    points: list[list[float]] | None
    """33 rows of x, y, z, visibility; null when nobody is seen."""


class Pong(Document):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    nonce: str


class SessionSummary(Tally, Flow):
    """The last message before close 1000."""

    type: Literal["session.summary"] = "session.summary"


class ErrorMessage(Document):
    """Something was refused; a recoverable error leaves the session as it was."""

    type: Literal["error"] = "error"
    code: str
    message: str
    recoverable: bool
    field: str | None = None
    seq: int | None = None
    """Of the media message it answers."""


EventMessage = (
    RepCountedMessage
    | RepRejectedMessage
    | SetEndedMessage
    | HoldStartedMessage
    | HoldEndedMessage
    | UnknownCountedMessage
    | GuidanceMessage
    | PhaseMessage
    | SubjectLostMessage
    | SubjectFoundMessage
    | SubjectSwitchedMessage
)
ServerMessage = Annotated[
    SessionCreated
    | EventMessage
    | State
    | Ack
    | LandmarksMessage
    | Pong
    | SessionSummary
    | ErrorMessage,
    Field(discriminator="type"),
]

FROM_CLIENT: TypeAdapter[SessionStart | Landmarks | Ping | SessionEnd] = TypeAdapter(ClientMessage)
FROM_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)

_EVENTS: dict[type[Event], type[EventMessage]] = {
    RepCounted: RepCountedMessage,
    RepRejected: RepRejectedMessage,
    SetEnded: SetEndedMessage,
    HoldStarted: HoldStartedMessage,
    HoldEnded: HoldEndedMessage,
    UnknownCounted: UnknownCountedMessage,
    Guidance: GuidanceMessage,
    PhaseChanged: PhaseMessage,
    SubjectLost: SubjectLostMessage,
    SubjectFound: SubjectFoundMessage,
    SubjectSwitched: SubjectSwitchedMessage,
}


def event_message(
    event: Event, *, event_id: int, at_s: float, counts: dict[str, int]
) -> EventMessage:
    """An event of the core as it is told."""
    told = _EVENTS[type(event)]
    fields = {name: getattr(event, name) for name in told.model_fields if hasattr(event, name)}
    return told(**fields | {"event_id": event_id, "at_s": at_s, "counts": counts})
