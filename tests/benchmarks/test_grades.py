"""How deep repetitions truly are, and the table of their grades."""

import pytest

from benchmarks.checkout import CLIPS
from benchmarks.grades import BANDS, NOT_COUNTED, STYLES, band, grade_table, low, scene
from classifiers.events import Grade
from people.truth import Truth


@pytest.mark.parametrize(
    ("exercise", "depth", "about"),
    [
        ("squat", -40, "thighs more than 5° above level"),
        ("squat", -5, "thighs within 5° of level"),
        ("squat", 14.9, "thighs 5° to 15° below level"),
        ("squat", 90, "thighs more than 15° below level"),
        ("push_up", -0.9, "shoulders above the hands by more than 0.45 of an arm"),
        ("push_up", -0.3, "by less than 0.3"),
    ],
)
def test_a_depth_belongs_to_the_deepest_band_that_it_reaches(
    exercise: str, depth: float, about: str
) -> None:
    assert band(exercise, depth).about == about


@pytest.mark.parametrize(
    ("clip", "top", "bottom"), [("squat_front", -82, 2), ("push_up_side", -0.98, -0.35)]
)
def test_the_truth_says_how_low_somebody_is(clip: str, top: float, bottom: float) -> None:
    truth = Truth.load(CLIPS / f"{clip}.json")
    rep = truth.reps[0]
    start, deepest = (
        low(rep.exercise, truth, round(at_s * truth.fps)) for at_s in (rep.start_s, rep.bottom_s)
    )
    assert (start, deepest) == pytest.approx((top, bottom), rel=0.2)


@pytest.mark.parametrize("exercise", STYLES)
def test_everybody_does_five_repetitions(exercise: str) -> None:
    strokes = [stroke for part in scene(exercise, 3).parts for stroke in part.strokes]
    assert len({stroke.depth for stroke in strokes}) == 5


def test_the_table_counts_grades_by_band() -> None:
    text = grade_table([(BANDS[0], Grade.PARTIAL), (BANDS[0], NOT_COUNTED), (BANDS[3], Grade.DEEP)])
    lines = text.splitlines()
    assert (
        lines[0]
        == "| exercise | truly, at the bottom | reps | partial | full | deep | not counted |"
    )
    assert lines[2].endswith("| 2 | 1 | 0 | 0 | 1 |")
    assert lines[5].endswith("| 1 | 0 | 0 | 1 | 0 |")
