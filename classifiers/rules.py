"""Rules: the numbers by which an exercise is counted, timed and graded, as its folder may say."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from classifiers.events import Grade


@dataclass(frozen=True, slots=True)
class CountingRules:
    """When a movement is a repetition. Depths run from 0 (top) to 1 (bottom); times in seconds."""

    counted_depth: float = 0.5
    """The deepest point must reach this."""
    counted_travel: float = 0.35
    """And lie this far below the top that it came from."""
    noticed_travel: float = 0.2
    """A movement of less is not worth a word."""
    turn: float = 0.15
    """A change of depth that is a movement and not a tremble: the hysteresis."""
    top_depth: float = 0.35
    """Whoever appears higher than this appears at the top."""
    entry_s: float = 0.7
    """Whoever was at the top so shortly before the posture was known came from there."""
    assumed_top: float = 0.2
    """Where the top is taken to be for somebody who appears below it."""
    return_share: float = 0.7
    """The share of the way down that must be climbed again."""
    arrived_share: float = 0.95
    """Who has climbed this share has arrived at the top, ..."""
    arrived_s: float = 0.2
    """... and so has who climbed `return_share` and has come no higher for so long."""
    last_return_share: float = 0.5
    """The same when the stream ends on the way up, and for a rise that is a rep's, if cut short."""
    least_s: float = 0.25
    least_down_s: float = 0.0
    """From the top to the bottom: what is faster is a slip of the net, not of the body."""
    most_s: float = 30.0
    held_s: float = 5.0
    """A bottom that is held longer is a hold."""
    least_confidence: float = 0.5
    """The confidence, over the movement and weighted by depth, that the posture was right."""
    weighed_bottom_s: float = 0.5
    """Of the bottom no more is weighed: a pause there tells nothing new."""
    most_set_back: float = math.inf
    """How far behind the feet the weight may be at a bottom of depth 1, see `Exercise.set_back`: in
    a seat it is farther than in any squat."""
    set_back_slope: float = 0.0
    """And how much less for each unit of depth that is short of 1: the higher the bottom, the less
    does anybody on his own feet lean back."""
    most_stoop: float = math.inf
    """How far the trunk may lean over hanging arms at the bottom, see `Exercise.stoop`: who bends
    for a bar leans farther than who squats."""
    least_top_confidence: float = 0.45
    """The confidence in the posture at the top that a movement came back to, ..."""
    least_top_share: float = 0.7
    """... or this share of that at the top which it came from, ..."""
    least_top: float = 0.25
    """... but never less than this."""
    longest_step_s: float = 0.2
    """The first sight after a longer gap does not speak for the whole of the gap."""
    posture_confidence: float = 0.3
    """Under this the posture is another one."""
    leave_s: float = 0.8
    """How long the posture must be another one before the exercise is left."""
    lost_s: float = 1.5
    """How long nobody may be seen before a movement under way is given up."""
    settle_s: float = 2.0
    """How long somebody stays a little lower before that is the new top."""

    def __post_init__(self) -> None:
        """Raises ValueError for what is no number, or below 0 where that says nothing."""
        check_numbers("rules", asdict(self))
        for name, value in asdict(self).items():
            if value < 0 and "set_back" not in name:
                raise ValueError(f"rules.{name} must not be below 0, as {value} is")


@dataclass(frozen=True, slots=True)
class HoldRules:
    """When a pose is held. Times in seconds of the sender's clock."""

    least_s: float = 3.0
    """Kept for so long, it is a hold: longer than people rest at either end of a repetition."""
    least_confidence: float = 0.5
    """Under this it is another pose."""
    most_sway_degrees: float = 6.0
    """How far the joint angles may be, in the root mean square, from where they are held."""
    settle_s: float = 3.0
    """The time constant with which the angles that are held follow the body's slow drift."""
    slip_s: float = 0.3
    """How long the pose may be broken before it is a hold."""
    broken_s: float = 1.0
    """How long a hold may be broken before it is over."""
    mend_share: float = 0.25
    """A second of holding makes up for so much of a second of being broken, so that a pose that is
    left again and again is over."""
    lost_s: float = 1.5
    """How long too little may be seen to tell before it is over."""

    def __post_init__(self) -> None:
        """Raises ValueError for what is no number above 0."""
        check_numbers("rules", asdict(self))
        for name, value in asdict(self).items():
            if not 0 < value < math.inf:
                raise ValueError(f"rules.{name} must be above 0, not {value}")


@dataclass(frozen=True, slots=True)
class GradeRules:
    """From which depth on a counted repetition is full, and deep; before that it is partial.

    Raises ValueError unless 0 < full_depth < deep_depth.
    """

    full_depth: float = 0.95
    deep_depth: float = 1.25

    def __post_init__(self) -> None:
        check_numbers("grades", asdict(self))
        if not 0 < self.full_depth < self.deep_depth:
            raise ValueError("grades needs 0 < full_depth < deep_depth")

    def grade(self, depth: float) -> Grade:
        """The grade of a repetition with this depth at the bottom."""
        if depth < self.full_depth:
            return Grade.PARTIAL
        return Grade.FULL if depth < self.deep_depth else Grade.DEEP


def check_numbers(table: str, values: Mapping[str, object]) -> None:
    """Raises ValueError for the first of a table's values, by name, that is no number."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
            raise ValueError(f"{table}.{name} must be a number, not {value!r}")
