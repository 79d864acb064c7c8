"""What a session says: frozen event types, each with the sender's own times in seconds."""

from dataclasses import dataclass
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


class Reason(StrEnum):
    """Why a movement was not counted."""

    TOO_SHALLOW = "too_shallow"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    INCOMPLETE = "incomplete"
    LOW_VISIBILITY = "low_visibility"
    SUBJECT_LOST = "subject_lost"
    WRONG_POSTURE = "wrong_posture"


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
    """How deep the bottom was: 0 at the top, 1 at full depth, at most 1.25."""
    confidence: float
    """How sure the classifier was of the posture, 0 to 1; the deeper the more it weighs."""

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


Event = RepCounted | RepRejected | PhaseChanged | SubjectLost | SubjectFound | SubjectSwitched
