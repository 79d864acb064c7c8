"""What rules may say, and grades by depth."""

import pytest

from classifiers.events import Grade
from classifiers.rules import GradeRules, HoldRules


@pytest.mark.parametrize(
    ("depth", "grade"),
    [
        (0.6, Grade.PARTIAL),
        (0.95, Grade.FULL),
        (1.24, Grade.FULL),
        (1.25, Grade.DEEP),
        (1.5, Grade.DEEP),
    ],
)
def test_a_grade_begins_at_its_depth(depth: float, grade: Grade) -> None:
    assert GradeRules().grade(depth) is grade


@pytest.mark.parametrize(("full", "deep"), [(0, 1), (1, 1), (1.2, 1.1)])
def test_grades_must_ascend(full: float, deep: float) -> None:
    with pytest.raises(ValueError, match="0 < full_depth < deep_depth"):
        GradeRules(full, deep)


def test_grades_are_numbers() -> None:
    with pytest.raises(ValueError, match=r"grades\.full_depth must be a number, not nan"):
        GradeRules(float("nan"), 1)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf")])
def test_a_rule_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"rules\.least_s must be above 0"):
        HoldRules(least_s=value)
