"""The words that messages and documents choose from."""

from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator
from typing_extensions import TypeAliasType

OF_NEWER: Final = "of newer"
"""The context of a validation that takes a newer server's words as they are."""


def _or_newer(word: object, known: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    return word if info.context is OF_NEWER and isinstance(word, str) else known(word)


_OrNewer = WrapValidator(_or_newer)

# Named types, so that schemas name them too.

Phase = TypeAliasType(
    "Phase",
    Annotated[
        Literal["away", "top", "down", "bottom", "up"],
        _OrNewer,
        Field(title="Phase", description="Where in a repetition the person is."),
    ],
)
Reason = TypeAliasType(
    "Reason",
    Annotated[
        Literal[
            "too_shallow",
            "too_fast",
            "too_slow",
            "incomplete",
            "low_visibility",
            "subject_lost",
            "wrong_posture",
            "held",
        ],
        _OrNewer,
        Field(title="Reason", description="Why a movement was not counted."),
    ],
)
Unit = TypeAliasType(
    "Unit",
    Annotated[
        Literal["degrees", "share"],
        _OrNewer,
        Field(title="Unit", description="What a measure is in."),
    ],
)
Grade = TypeAliasType(
    "Grade",
    Annotated[
        Literal["partial", "full", "deep"],
        _OrNewer,
        Field(title="Grade", description="How deep a counted repetition went."),
    ],
)
Advice = TypeAliasType(
    "Advice",
    Annotated[
        Literal[
            "step_into_view",
            "step_back",
            "turn_sideways",
            "go_deeper",
            "come_up",
            "slow_down",
            "check_rotation",
        ],
        _OrNewer,
        Field(title="Advice", description="What would help the counting, or the exercise."),
    ],
)
Counting = TypeAliasType(
    "Counting",
    Annotated[
        Literal["counting", "paused", "arming"],
        _OrNewer,
        Field(title="Counting", description="Whether observations count."),
    ],
)
Codec = TypeAliasType(
    "Codec",
    Annotated[
        Literal["h264", "vp8", "vp9"],
        Field(title="Codec", description="Of encoded video; H.264 in Annex B."),
    ],
)
RateReason = TypeAliasType(
    "RateReason",
    Annotated[
        Literal["overloaded", "too_slow", "too_fast", "too_large"],
        _OrNewer,
        Field(title="RateReason", description="Why another rate or size would be better."),
    ],
)
