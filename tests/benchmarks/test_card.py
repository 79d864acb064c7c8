"""The tables of the accuracy card."""

from dataclasses import replace

from benchmarks import card
from benchmarks.labels import Label, Score
from blazereps_client.results import Hold
from tests.benchmarks.clips import counted, rep

RIGHT = Label("squat__a__1.mp4", "squat", (1,), view="side", short_side=240)
WRONG = Label("squat__b__2.mp4", "squat", (4,), view="side", short_side=1080)
PUSH_UP = Label("push_up__b__3.mp4", "push_up", (1,), view="top", short_side=479)
LUNGE = Label("lunge__a__4.mp4", "other:lunge", (0,), duration_s=30)
BURPEE = Label("burpee__a__5.mp4", "other:burpee", (0,), duration_s=30)
COUNTED = [
    counted(RIGHT, rep(0, 1, 2)),
    counted(WRONG, rep(0, 1, 2)),
    counted(PUSH_UP, rep(0, 1, 2, exercise="push_up")),
    counted(LUNGE, rep(0, 1, 2)),
    counted(BURPEE, rep(0, 1, 2)),
]
REFERENCE = {c.label.file: Score(c.label, {}) for c in COUNTED}


def rows(table: str) -> dict[str, list[str]]:
    """Cells by the first."""
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return {first: cells for first, *cells in lines}


def test_small_groups_are_given_as_n_of_m() -> None:
    found = rows(card.by_view(COUNTED, REFERENCE))
    assert found["side"] == ["1 of 2", "–", "1 of 2", "0 of 2", "–"]
    assert found["top"] == ["–", "1 of 1", "1 of 1", "–", "0 of 1"]


def test_sizes_are_in_their_order() -> None:
    found = list(rows(card.by_resolution(COUNTED, REFERENCE)))
    assert found[2:] == ["0–359 px", "360–479 px", "1080 px and more"]


def test_totals_hold_both_counters_and_the_difference() -> None:
    lines = card.totals(COUNTED, REFERENCE).splitlines()
    both = [line for line in lines if line.startswith("| both")]
    assert [line.split(" | ")[2] for line in both] == [
        "blazereps", "MediaPipe + ML Kit", "difference",
    ]  # fmt: skip
    assert "66.7%" in both[0]
    assert " 0.0%" in both[1]
    assert "+66.7" in both[2]


def test_what_is_invented_is_told_by_the_minute_and_burpees_apart() -> None:
    found = rows(card.negatives(COUNTED, REFERENCE))
    assert found["blazereps"] == ["0 of 1", "1", "2.00 (2.00 to 2.00)"]
    assert found["MediaPipe + ML Kit"] == ["1 of 1", "0", "0.00 (0.00 to 0.00)"]
    assert BURPEE.file not in found
    assert BURPEE.file in card.apart(COUNTED, REFERENCE)


def test_holds_are_listed_with_the_variants_that_time_them_too() -> None:
    held = Hold(exercise="plank", start_s=1, end_s=7, held_s=6, confidence=0.9)
    plain = counted(LUNGE)
    timed = plain.original.model_copy(update={"holds": (held,)})
    clip = replace(plain, tallies={"original": timed, "8 fps": plain.original})
    assert rows(card.holds([clip, plain]))[LUNGE.file] == [
        "lunge",
        "plank 1.0–7.0 s of 30.0",
        "1 of 2",
    ]
    assert card.holds([plain]) == "None."
