"""What a session says: frozen event types, each with the sender's own times in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Where in a repetition the person is."""

    AWAY = "away"
    """Not in a posture of this exercise."""
    TOP = "top"
    DOWN = "down"
    """On the way down."""
    BOTTOM = "bottom"
    UP = "up"
    """On the way back up."""

    @property
    def under_way(self) -> bool:
        """Whether a movement is."""
        return self in (Phase.DOWN, Phase.BOTTOM, Phase.UP)


class Reason(StrEnum):
    """Why a movement was not counted."""

    TOO_SHALLOW = "too_shallow"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    INCOMPLETE = "incomplete"
    LOW_VISIBILITY = "low_visibility"
    SUBJECT_LOST = "subject_lost"
    WRONG_POSTURE = "wrong_posture"
    HELD = "held"
    """The bottom was held so long that it is a hold, which is timed and not counted."""


class Unit(StrEnum):
    """What a measure is in."""

    DEGREES = "degrees"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about how a repetition was done."""

    value: float
    unit: Unit
    certainty: float
    """0 to 1: how well the joints that it needs were seen, while they were needed."""


class Grade(StrEnum):
    """How deep a counted repetition went."""

    PARTIAL = "partial"
    FULL = "full"
    DEEP = "deep"


class Advice(StrEnum):
    """What would help the counting, or the exercise."""

    STEP_INTO_VIEW = "step_into_view"
    STEP_BACK = "step_back"
    TURN_SIDEWAYS = "turn_sideways"
    GO_DEEPER = "go_deeper"
    COME_UP = "come_up"
    SLOW_DOWN = "slow_down"
    CHECK_ROTATION = "check_rotation"


@dataclass(frozen=True, slots=True)
class RepCounted:
    """One repetition, down to the bottom and back up to the top."""

    exercise: str
    count: int
    """The absolute count of this exercise, this repetition included."""
    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    """How deep the bottom was: 0 at the top, 1 at full depth, at most 1.5."""
    confidence: float
    """How sure the classifier was of the posture, 0 to 1; the deeper the more it weighs."""
    grade: Grade = Grade.FULL
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """By name, such as `knee_bottom`."""

    @property
    def down_s(self) -> float:
        """Seconds from the start to the bottom."""
        return self.bottom_s - self.start_s

    @property
    def up_s(self) -> float:
        """Seconds from the bottom to the end."""
        return self.end_s - self.bottom_s


@dataclass(frozen=True, slots=True)
class RepRejected:
    """A movement that began like a repetition and was not counted, and why."""

    exercise: str
    count: int
    """The absolute count of this exercise, unchanged."""
    reason: Reason
    start_s: float
    end_s: float
    depth: float


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The person entered another phase of an exercise."""

    exercise: str
    phase: Phase
    at_s: float


@dataclass(frozen=True, slots=True)
class SubjectLost:
    """Nobody is seen any more; counts stand still until somebody is found."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SubjectFound:
    """Somebody is seen, for the first time or again."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SubjectSwitched:
    """From here on another person is followed, for all that can be told."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SetEnded:
    """Repetitions of one exercise without a rest between them, or the last of the stream's."""

    exercise: str
    number: int
    """1, 2, 3 ... within the exercise."""
    reps: int
    start_s: float
    end_s: float
    rest_s: float | None
    """Rest before it, since the last set of any exercise; None for the first."""
    mean_rep_s: float
    """The tempo: mean seconds from start to end of a repetition; likewise down and up."""
    mean_down_s: float
    mean_up_s: float
    mean_depth: float
    velocity_loss: float | None
    """Fatigue: the share by which the mean velocity of the way up fell from the fastest to the last
    repetitions; None where there are too few to tell."""


@dataclass(frozen=True, slots=True)
class HoldStarted:
    """A pose has been held long enough to be a hold; it is timed from `start_s`."""

    exercise: str
    start_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """A hold is over."""

    exercise: str
    start_s: float
    end_s: float
    confidence: float
    """How sure the classifier was of the pose, 0 to 1, the mean over time."""

    @property
    def held_s(self) -> float:
        """Seconds from start to end."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class UnknownCounted:
    """One period of a movement that repeats and is no known exercise."""

    count: int
    """The absolute count, this one included."""
    start_s: float
    end_s: float
    confidence: float
    """How alike the periods are, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """What would help, said at most now and then."""

    advice: Advice
    text: str
    """For people, in English: `Step back: ankles out of view.`"""
    parts: tuple[str, ...]
    """The parts of the body that it is about, such as `ankles`; may be empty."""
    exercise: str | None
    """The exercise that it is about, if it is about one."""
    at_s: float


Event = (
    RepCounted
    | RepRejected
    | PhaseChanged
    | SetEnded
    | HoldStarted
    | HoldEnded
    | UnknownCounted
    | Guidance
    | SubjectLost
    | SubjectFound
    | SubjectSwitched
)
