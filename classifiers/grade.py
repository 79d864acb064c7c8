"""How deep is full, and how deep is deep."""

from dataclasses import asdict, dataclass

from classifiers.events import Grade
from classifiers.numbers import check_numbers


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
