"""Two trackers compared: scores, paired differences, and what the tables say."""

import numpy as np
import pytest

from benchmarks.comparison import (
    Compared,
    Score,
    below,
    breakdown,
    difference,
    grouped,
    nearer,
    people_found,
    totals,
    verdict,
)
from benchmarks.factorial import Condition

RUN = "full"


def clip(
    ours: int, theirs: int, *, exercise: str = "squat", view: str = "side", body: str = "slim woman"
) -> Compared:
    """Of a hundred joints in view in ten frames, so many are near; half of them are nearer."""
    return Compared(
        condition=Condition(exercise, view, body, "near"),
        frames=10,
        joints=100,
        ours={RUN: Score(ours, ours // 2, 9)},
        theirs={RUN: Score(theirs, theirs // 2, 8)},
    )


def by_exercise(condition: Condition) -> str:
    return condition.exercise


def test_a_score_counts_joints_in_view_and_frames_with_somebody() -> None:
    errors = np.full((3, 17), 0.15)
    errors[0, :4] = (0.05, 0.2, 0.19, 0.0)
    errors[2] = np.inf
    in_view = np.zeros((3, 17), np.bool_)
    in_view[:, :4] = True
    assert Score.of(errors, in_view) == Score(near=3 + 4, nearer=2, found=2)


def test_the_difference_is_paired() -> None:
    """Hard and easy clips differ by more than the trackers, which always differ by the same."""
    gap = difference([clip(20, 10, body="a"), clip(95, 85, body="b")], RUN)
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.1, 0.1, 0.1))
    assert difference([clip(20, 10)], RUN, nearer).value == pytest.approx(0.05)


def test_groups_keep_the_order_of_the_clips() -> None:
    clips = [clip(1, 1, exercise=name) for name in ("squat", "lunge", "squat")]
    assert [(k, len(v)) for k, v in grouped(clips, by_exercise).items()] == [
        ("squat", 2),
        ("lunge", 1),
    ]


def test_totals_say_both_and_the_difference() -> None:
    clips = [clip(90, 80, body="a"), clip(90, 80, body="b")]
    assert totals(clips, [RUN]).splitlines()[2:] == [
        "| full | blazereps | 90.0% (90.0–90.0) | 45.0% (45.0–45.0) | 18 of 20 |",
        "| full | MediaPipe | 80.0% (80.0–80.0) | 40.0% (40.0–40.0) | 16 of 20 |",
        "| full | difference | +10.0 (+10.0 to +10.0) | +5.0 (+5.0 to +5.0) |  |",
    ]


def test_what_is_surely_lower_is_bold() -> None:
    clips = [clip(90, 80), clip(70, 80, exercise="lunge")]
    assert breakdown(clips, [RUN], "exercise", by_exercise).splitlines()[2:] == [
        "| squat | 1 | 90.0 / 80.0, +10.0 (+10.0 to +10.0) |",
        "| lunge | 1 | 70.0 / 80.0, **-10.0 (-10.0 to -10.0)** |",
    ]


def test_what_is_lower_is_listed_with_the_clip_that_makes_it_so() -> None:
    clips = [clip(90, 80), clip(81, 80, exercise="lunge"), clip(50, 80, exercise="lunge", body="x")]
    (row,) = below(clips, [RUN], by_exercise).splitlines()[2:]
    assert row.startswith("| lunge | full | -14.5 (")
    assert row.endswith("| x, near | +1.0 |")


def test_the_verdict_counts_cells() -> None:
    clips = [clip(90, 80), clip(80, 80, exercise="lunge"), clip(70, 80, exercise="plank")]
    assert verdict(clips, [RUN], by_exercise) == (
        "Of 3 cells ours is at least equal in 2. The whole interval is above 0 in 1, below 0 in 1."
    )


def test_people_on_the_floor_are_counted_in_frames() -> None:
    clips = [clip(1, 1), clip(1, 1, exercise="sit_up"), clip(1, 1, exercise="lie_on_back")]
    rows = people_found(clips, [RUN]).splitlines()[2:]
    assert "| sit_up | 10 | 9 / 8 |" in rows
    assert rows[-1] == "| lying: the last three | 20 | 18 / 16 |"
