"""The JSON messages of a live session: one union each way, told apart by `type`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    FiniteFloat,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

from blazereps_client.results import (
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
from blazereps_client.wire import LANDMARK_COUNT, MAX_BATCH, MAX_CAPTURE_US, MAX_SEQ, MAX_SIDE_PX
from blazereps_client.words import Codec, Counting, Phase, RateReason


def _as_integer(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# 7.0 is 7 in JSON: whoever reads numbers as doubles writes them so. It follows an integer's bounds,
# which the schema lacks else.
WHOLE = BeforeValidator(_as_integer)
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ), WHOLE]
AtSeconds = Annotated[FiniteFloat, Field(ge=0, le=MAX_CAPTURE_US / 1e6)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Extent = Annotated[FiniteFloat, Field(gt=0, le=1)]
# One fault refuses a message: to gather those of 30,000 wrong numbers would hold the server up.
Numbers = Annotated[list[FiniteFloat], Field(fail_fast=True, min_length=3, max_length=5)]
WorldPoint = Annotated[list[FiniteFloat], Field(fail_fast=True, min_length=3, max_length=3)]
_OfEach = Field(fail_fast=True, min_length=LANDMARK_COUNT, max_length=LANDMARK_COUNT)
Points = Annotated[list[Numbers], _OfEach]
WorldPoints = Annotated[list[WorldPoint], _OfEach]


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


class Arm(Document):
    """What happens before anything counts: a countdown, or somebody has been ready for a while.

    Ready is who stays at the top of an exercise of the session, or in the pose of a hold.
    """

    countdown_s: Annotated[FiniteFloat, Field(gt=0, le=60)] | None = None
    ready_s: Annotated[FiniteFloat, Field(ge=0.3, le=10)] | None = Field(
        default=None, validate_default=True
    )

    @field_validator("ready_s")
    @classmethod
    def _one_of_both(cls, ready_s: float | None, info: ValidationInfo) -> float | None:
        if (ready_s is None) == (info.data.get("countdown_s") is None):
            raise ValueError("arm has either countdown_s or ready_s")
        return ready_s


class SessionStart(Document):
    """The first message: what is sent and what is wanted."""

    type: Literal["session.start"] = "session.start"
    exercise: str = Field(default="auto", max_length=64)
    input: Literal["frames", "video", "landmarks"] = "frames"
    codec: Codec | None = Field(default=None, validate_default=True)
    """Of the encoded video; with `input: video`, and only then."""
    pacing: Literal["live", "lossless"] = "live"
    adaptive: bool = True
    """Whether pictures may be passed over while the person hardly moves."""
    unknown: bool = False
    """Whether to count repeated movement that is no known exercise."""
    outputs: Outputs = Outputs()
    subject: Subject | None = None
    """Whom to follow; without it the largest person nearest to the centre. Pictures only."""
    arm: Arm | None = None
    """What happens before anything counts."""

    @field_validator("codec")
    @classmethod
    def _with_video(cls, codec: str | None, info: ValidationInfo) -> str | None:
        if (codec is None) == (info.data.get("input") == "video"):
            raise ValueError("codec goes with input video, and with that only")
        return codec

    @field_validator("subject")
    @classmethod
    def _pictures_only(cls, subject: Subject | None, info: ValidationInfo) -> Subject | None:
        if subject is not None and info.data.get("input") == "landmarks":
            raise ValueError("not with input landmarks: they are of one person already")
        return subject


class SessionResume(Document):
    """The first message of a connection that goes on with a session."""

    type: Literal["session.resume"] = "session.resume"
    session_id: str = Field(max_length=64)
    resume_token: str = Field(max_length=128)
    last_event_id: Annotated[int, Field(ge=0), WHOLE] = 0
    """The last event that was received; what came after it is told again."""


class SessionUpdate(Document):
    """From here on something else is wanted; what is left out stays as it is."""

    type: Literal["session.update"] = "session.update"
    exercise: str | None = Field(default=None, max_length=64)
    outputs: Outputs | None = None
    subject: Subject | None = None
    """Somebody else to follow."""


class CountingPause(Document):
    """Nothing counts from here on; media may come all the same."""

    type: Literal["counting.pause"] = "counting.pause"


class CountingResume(Document):
    """Everything counts from here on."""

    type: Literal["counting.resume"] = "counting.resume"
    arm: Arm | None = None


class CountingReset(Document):
    """All counts go back to zero, and everything counts from here on."""

    type: Literal["counting.reset"] = "counting.reset"
    arm: Arm | None = None


Side = Annotated[FiniteFloat, Field(gt=0, le=MAX_SIDE_PX)]


class Sighting(Document):
    """33 landmarks in MediaPipe's order; `points: null` says that nobody is seen."""

    at_s: AtSeconds
    points: Points | None
    """Rows of x, y, z and, where there are any, visibility and presence; in pixels."""
    world: WorldPoints | None = None
    """Rows of x, y, z in metres, origin at the hips' middle."""
    size: tuple[Side, Side] | None = None
    """Width and height of the upright picture in pixels, where x, y and z are shares of them (z of
    the width), as MediaPipe gives them."""


class Observed(Sighting):
    """A sighting with a number of your own, repeated in acks and errors."""

    seq: Seq


class Landmarks(Observed):
    """One observation."""

    type: Literal["landmarks"] = "landmarks"


class LandmarksBatch(Document):
    """Several observations in the order of time, in one message."""

    type: Literal["landmarks.batch"] = "landmarks.batch"
    observations: Annotated[
        tuple[Observed, ...], Field(fail_fast=True, min_length=1, max_length=MAX_BATCH)
    ]


class Ping(Document):
    """Answered at once by a `pong` with the same `nonce`, whatever else is going on."""

    type: Literal["ping"] = "ping"
    nonce: str = Field(default="", max_length=64)


class SessionEnd(Document):
    """No more media: what waits is worked off, then the summary comes."""

    type: Literal["session.end"] = "session.end"


ClientMessage = Annotated[
    SessionStart
    | SessionResume
    | SessionUpdate
    | CountingPause
    | CountingResume
    | CountingReset
    | Landmarks
    | LandmarksBatch
    | Ping
    | SessionEnd,
    Field(discriminator="type"),
]


class Limits(Document):
    """What the server holds this session to."""

    max_message_bytes: int
    max_text_bytes: int
    max_frame_bytes: int
    max_frame_pixels: int
    queue_frames: int
    max_messages_hz: float
    idle_s: float
    max_session_s: float
    resume_s: float


class SessionCreated(Document):
    """The session is ready for media."""

    type: Literal["session.created"] = "session.created"
    session_id: str
    resume_token: str
    """With it the session can be resumed within `limits.resume_s`; tell nobody."""
    epoch: int = 1
    exercises: tuple[str, ...]
    config: SessionStart
    limits: Limits


class SessionResumed(Document):
    """The session goes on; the events that were missed follow at once."""

    type: Literal["session.resumed"] = "session.resumed"
    session_id: str
    epoch: int
    """2, 3, 4 ...: how often it has been resumed, and 1."""
    resumed_at_seq: int | None
    """Everything up to it is done with; what came after it is to be sent again, in order."""
    last_event_id: int
    counts: dict[str, int]
    counting: Counting
    exercises: tuple[str, ...]
    config: SessionStart
    limits: Limits


class SessionUpdated(Document):
    """The answer to `session.update`: what holds from here on."""

    type: Literal["session.updated"] = "session.updated"
    config: SessionStart
    exercises: tuple[str, ...]


class _Told(Document):
    """What every event carries."""

    event_id: int
    """Greater than that of the event before; a gap is what you asked not to be told."""
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

    at_s: float
    """As of every event, and not in whole milliseconds."""
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


class CountingChangedMessage(_Told):
    """Whether observations count has changed, or counts went back to zero."""

    type: Literal["counting.changed"] = "counting.changed"
    counting: Counting


class Flow(Document):
    """What became of the media so far: sent = processed + dropped + refused + still waiting."""

    processed: int = 0
    passed_over: int = 0
    """Of these, pictures that were not looked at: the person hardly moved."""
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
    counting: Counting
    countdown_s: Milli | None
    """What is left of the countdown while there is one."""


class Ack(Flow):
    """Everything up to `seq` is done with."""

    type: Literal["ack"] = "ack"
    seq: int
    credit: int
    """How many more would be queued at once."""
    stored_seq: int | None
    """Everything up to it survives a crash of the server; what came after it is to be kept for
    sending again. Null while nothing does."""


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
    server_time: datetime
    """UTC."""


class RateAdvice(Document):
    """Another rate or size would serve the counting better."""

    type: Literal["rate.advice"] = "rate.advice"
    reason: RateReason
    fps: Milli | None
    """Send so many frames a second."""
    long_side_px: int | None
    """Send pictures of so many pixels on the long side."""


class KeyframeRequest(Document):
    """Encoded video goes on, or begins, at the next key frame, so make one."""

    type: Literal["keyframe.request"] = "keyframe.request"


class GoingAway(Document):
    """The server shuts down: finish, or resume after it has closed the connection."""

    type: Literal["going_away"] = "going_away"
    left_s: float
    """Until then."""


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
    | CountingChangedMessage
)
ServerMessage = Annotated[
    SessionCreated
    | SessionResumed
    | SessionUpdated
    | EventMessage
    | State
    | Ack
    | LandmarksMessage
    | RateAdvice
    | KeyframeRequest
    | GoingAway
    | Pong
    | SessionSummary
    | ErrorMessage,
    Field(discriminator="type"),
]

FROM_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
EVENTS: TypeAdapter[EventMessage] = TypeAdapter(
    Annotated[EventMessage, Field(discriminator="type")]
)
FROM_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
