"""The figures of the period counter, on small synthetic input."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.checkout import CLIPS
from benchmarks.guesses import guessed_of
from benchmarks.movements import (
    EVERYDAY,
    REPEATING,
    everyday,
    known,
    repeating,
    still,
    walking,
)
from benchmarks.periods import (
    ALONE,
    MARK,
    SESSION,
    SLOW,
    Result,
    alone,
    clip_rows,
    in_session,
    milliseconds,
    read_eye_counts,
    repeated_row,
    repeated_table,
)
from benchmarks.report import write_between_marks
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from people.motions import EXERCISES as KNOWN
from people.motions import MOTIONS
from people.script import Script
from service.core import Core
from tests.classifiers.figures import EXERCISES, samples
from tests.people.bones import default_skeleton

LIBRARY = Library(EXERCISES, PoseClassifier(EXERCISES, samples()))
WAYS = (ALONE, SLOW, SESSION)


def scene(times: int, *counts: int) -> dict[str, Result]:
    return {way: Result(f"{times} {counts}", times, n) for way, n in zip(WAYS, counts, strict=True)}


@pytest.mark.parametrize("name", [*REPEATING, *KNOWN])
def test_a_movement_repeats_as_often_as_it_says(name: str) -> None:
    make = repeating if name in REPEATING else known
    movement = make(name, 1)
    strokes = [stroke for part in movement.clip.parts for stroke in part.strokes]
    assert 3 <= movement.times <= 15
    cycles = sum(stroke.depth for stroke in strokes)
    assert (2 * cycles if name == "walk" else len(strokes)) == movement.times
    assert Script(movement.clip.parts).duration_s < 120
    assert make(name, 1) == movement


def test_what_is_known_is_not_among_what_is_not() -> None:
    assert not set(REPEATING) & set(KNOWN)
    assert set(REPEATING) | set(EVERYDAY) <= set(MOTIONS)
    with pytest.raises(KeyError):
        known("lunge", 0)


def test_everything_of_every_day_is_done_once_and_walking_leads_from_place_to_place() -> None:
    assert all(len(part.strokes) == 1 for part in everyday(2).clip.parts)
    assert len(everyday(2).clip.parts) == len(EVERYDAY)
    ways = walking(2).clip.parts[1:]
    assert all(way.travel > 0 for way in ways)
    assert len({way.at for way in ways}) == len(ways)


def test_the_counter_alone_counts_what_repeats_and_nothing_of_who_keeps_still() -> None:
    skeleton, movement = default_skeleton(), repeating("jumping_jack", 3)
    seen = [*guessed_of(movement.clip, skeleton)]
    assert alone(seen) == alone(seen[::3]) == movement.times
    assert alone((at_s, None) for at_s, _ in seen) == 0
    quiet = still(0).clip
    (part,) = quiet.parts
    short = replace(part, strokes=(replace(part.strokes[0], hold_s=8),))
    assert alone(guessed_of(replace(quiet, parts=[short]), skeleton)) == 0


def test_a_session_counts_the_unknown_only_if_told() -> None:
    seen = [*guessed_of(repeating("jumping_jack", 3).clip, default_skeleton())][::3]
    assert set(in_session(LIBRARY, seen, unknown=False)) == {"squat", "push_up"}
    assert set(in_session(LIBRARY, seen, unknown=True)) == {"squat", "push_up", "unknown"}
    assert milliseconds(LIBRARY, seen[:20], unknown=True) > 0


def test_errors_are_told_as_shares() -> None:
    found = [scene(10, 10, 9, 0), scene(4, 4, 6, 0)]
    assert repeated_row("lift", found, sure=False) == [
        "lift", "2", "100%", "100%", "0.00", "0%", "50%", "0.30", "0%", "0%", "1.00",
    ]  # fmt: skip
    last = repeated_table({"lift": found[:1], "sit_up": found[1:]}).splitlines()[-1]
    assert last.startswith("| all | 2 | 100.0% (100.0–100.0) |")
    assert "0.30 (0.10 to 0.50)" in last


def test_what_was_counted_by_eye_can_be_read() -> None:
    counts = read_eye_counts()
    assert all(eye["times"] and min(eye["times"]) >= 0 for eye in counts.values())
    assert all("__" in name or (CLIPS / name).exists() for name in counts)


def test_clips_that_are_not_there_are_left_out(tmp_path: Path, core: Core) -> None:
    assert [*clip_rows({"lunge__a__absent.mp4": {"times": [3]}}, tmp_path, core)] == []


@pytest.fixture
def core() -> Core:
    return Core(engine=None, library=LIBRARY)  # type: ignore[arg-type]


def test_a_document_may_have_more_than_one_measured_part(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        f"<!-- measured -->\nold\n<!-- /measured -->\n<!-- {MARK} -->\n<!-- /{MARK} -->"
    )
    write_between_marks(path, "new", MARK)
    assert path.read_text() == (
        f"<!-- measured -->\nold\n<!-- /measured -->\n<!-- {MARK} -->\nnew\n<!-- /{MARK} -->"
    )
    with pytest.raises(ValueError, match="no <!-- other -->"):
        write_between_marks(path, "new", "other")
