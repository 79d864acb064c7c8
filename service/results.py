"""What was counted, as documents: the same in a summary, a clip's result and `count --json`."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from classifiers.events import Event, Reason, RepCounted, RepRejected

Milli = Annotated[float, AfterValidator(lambda number: round(number, 3))]
"""Milliseconds, and thousandths of a depth, are as fine as anybody can use."""


class Document(BaseModel):
    """A frozen document that refuses fields it does not know; attributes may fill it."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Rep(Document):
    """One counted repetition; times are the sender's capture times."""

    exercise: str = Field(examples=["squat"])
    count: int = Field(description="The absolute count, this one included", examples=[1])
    start_s: Milli = Field(examples=[1.2])
    bottom_s: Milli = Field(examples=[2.0])
    end_s: Milli = Field(examples=[2.9])
    down_s: Milli = Field(description="From the start to the bottom", examples=[0.8])
    up_s: Milli = Field(description="From the bottom to the end", examples=[0.9])
    depth: Milli = Field(description="0 at the top, 1 at full depth, at most 1.25", examples=[0.94])
    confidence: Milli = Field(description="0 to 1", examples=[0.98])


class Rejection(Document):
    """A movement that began like a repetition and was not counted."""

    exercise: str = Field(examples=["squat"])
    count: int = Field(description="The absolute count, unchanged", examples=[1])
    reason: Reason = Field(examples=["too_shallow"])
    start_s: Milli = Field(examples=[4.1])
    end_s: Milli = Field(examples=[5.0])
    depth: Milli = Field(examples=[0.4])


class Tally(Document):
    """Counts, and the repetitions and rejections that explain them."""

    counts: dict[str, int] = Field(
        description="By exercise, only those above zero", examples=[{"squat": 1}]
    )
    reps: tuple[Rep, ...]
    rejected: tuple[Rejection, ...]

    @classmethod
    def of(cls, events: Iterable[Event], counts: Mapping[str, int]) -> Self:
        """The tally of everything a session said."""
        events = tuple(events)
        return cls(
            counts={name: count for name, count in counts.items() if count},
            reps=tuple(Rep.model_validate(e) for e in events if isinstance(e, RepCounted)),
            rejected=tuple(
                Rejection.model_validate(e) for e in events if isinstance(e, RepRejected)
            ),
        )


class _ClipFacts(Document):
    """The clip and how much of it was looked at."""

    clip: str = Field(description="The file's name", examples=["squats.mp4"])
    duration_s: Milli = Field(examples=[12.4])
    frames: int = Field(description="Frames observed, after thinning", examples=[186])
    unreadable_frames: int = Field(description="Frames that could not be decoded", examples=[0])


class ClipResult(Tally, _ClipFacts):
    """What was counted in one clip."""
