"""What was counted, as documents: the same in a summary, a clip's result and `count --json`."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from blazereps_client.words import Advice, Grade, Reason, Unit

Milli = Annotated[float, AfterValidator(lambda number: round(number, 3))]
"""Milliseconds, and thousandths of a depth, are as fine as anybody can use."""


class Document(BaseModel):
    """A frozen document that refuses fields it does not know; attributes may fill it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        hide_input_in_errors=True,  # an error may be logged, where nobody's landmarks belong
    )


class Measured(Document):
    """One number about how a repetition was done."""

    value: Milli = Field(examples=[84.2])
    unit: Unit = Field(examples=["degrees"])
    certainty: Milli = Field(
        description="0 to 1: how well the joints that it needs were seen", examples=[0.97]
    )


class Rep(Document):
    """One counted repetition; times are the sender's capture times."""

    exercise: str = Field(examples=["squat"])
    count: int = Field(description="The absolute count, this one included", examples=[1])
    start_s: Milli = Field(examples=[1.2])
    bottom_s: Milli = Field(examples=[2.0])
    end_s: Milli = Field(examples=[2.9])
    down_s: Milli = Field(description="From the start to the bottom", examples=[0.8])
    up_s: Milli = Field(description="From the bottom to the end", examples=[0.9])
    depth: Milli = Field(description="0 at the top, 1 at full depth, at most 1.5", examples=[0.94])
    confidence: Milli = Field(description="0 to 1", examples=[0.98])
    grade: Grade = Field(description="How deep it went", examples=["full"])
    measures: dict[str, Measured] = Field(
        description="By name, such as the knee's angle at the bottom",
        examples=[{"knee_bottom": {"value": 84.2, "unit": "degrees", "certainty": 0.97}}],
    )


class Rejection(Document):
    """A movement that began like a repetition and was not counted."""

    exercise: str = Field(examples=["squat"])
    count: int = Field(description="The absolute count, unchanged", examples=[1])
    reason: Reason = Field(examples=["too_shallow"])
    start_s: Milli = Field(examples=[4.1])
    end_s: Milli = Field(examples=[5.0])
    depth: Milli = Field(examples=[0.4])


class RepSet(Document):
    """Repetitions of one exercise without a rest between them."""

    exercise: str = Field(examples=["squat"])
    number: int = Field(description="1, 2, 3 ... within the exercise", examples=[1])
    reps: int = Field(examples=[5])
    start_s: Milli = Field(examples=[1.2])
    end_s: Milli = Field(examples=[12.9])
    rest_s: Milli | None = Field(
        description="Rest before it, since the last set of any exercise; null for the first",
        examples=[45.5],
    )
    mean_rep_s: Milli = Field(description="The tempo: start to end", examples=[1.7])
    mean_down_s: Milli = Field(examples=[0.8])
    mean_up_s: Milli = Field(examples=[0.9])
    mean_depth: Milli = Field(examples=[0.94])
    velocity_loss: Milli | None = Field(
        description="Fatigue: the share by which the way up slowed from the fastest to the last "
        "repetitions; null where there are too few to tell",
        examples=[0.12],
    )


class Hold(Document):
    """A pose that was held: timed, not counted."""

    exercise: str = Field(examples=["plank"])
    start_s: Milli = Field(examples=[20.0])
    end_s: Milli = Field(examples=[51.2])
    held_s: Milli = Field(description="From start to end", examples=[31.2])
    confidence: Milli = Field(description="0 to 1, the mean over time", examples=[0.95])


class UnknownRep(Document):
    """One period of a movement that repeats and is no known exercise."""

    count: int = Field(description="The absolute count, this one included", examples=[1])
    start_s: Milli = Field(examples=[60.1])
    end_s: Milli = Field(examples=[61.4])
    confidence: Milli = Field(description="0 to 1: how alike the periods are", examples=[0.8])


class Hint(Document):
    """What would help the counting, or the exercise."""

    advice: Advice = Field(examples=["step_back"])
    text: str = Field(
        description="For people, in English", examples=["Step back: ankles out of view."]
    )
    parts: tuple[str, ...] = Field(
        description="The parts of the body that it is about", examples=[["ankles"]]
    )
    exercise: str | None = Field(
        description="The exercise that it is about, if it is about one", examples=["squat"]
    )
    at_s: Milli = Field(examples=[3.4])


class Tally(Document):
    """Counts, and everything that explains them, each list in the order of time."""

    counts: dict[str, int] = Field(
        description="By exercise, only those above zero", examples=[{"squat": 1}]
    )
    reps: tuple[Rep, ...]
    rejected: tuple[Rejection, ...]
    sets: tuple[RepSet, ...]
    holds: tuple[Hold, ...]
    unknown: tuple[UnknownRep, ...] = Field(description="Empty unless asked for")
    guidance: tuple[Hint, ...]


class _ClipFacts(Document):
    """The clip and how much of it was looked at."""

    clip: str = Field(description="The file's name", examples=["squats.mp4"])
    duration_s: Milli = Field(examples=[12.4])
    frames: int = Field(description="Frames observed, after thinning", examples=[186])
    unreadable_frames: int = Field(description="Frames that could not be decoded", examples=[0])


class ClipResult(Tally, _ClipFacts):
    """What was counted in one clip."""
