"""Whether what is seen counts, and what is remembered of it while it does not."""

import json

import pytest

from blazereps_client.messages import Arm
from classifiers.events import Guidance
from classifiers.exercise import Exercise, Hold
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from pose_engine.landmarks import Landmark
from service.counting import Counting
from service.events import CountingChanged
from tests.classifiers.figures import (
    EXERCISES,
    PLANK,
    as_pose,
    held_samples,
    push_up,
    samples,
    squat,
)
from tests.service.fakes import REP, FakeLibrary, grey_pose

READY_S = 2
READY = Arm(ready_s=READY_S)


def test_somebody_who_is_ready_stays_so_beyond_a_break() -> None:
    exercises: tuple[Exercise | Hold, ...] = (*EXERCISES, PLANK)
    library = Library(exercises, PoseClassifier(exercises, samples() + held_samples()))

    def opened(broken_at: int | None) -> int:
        counting = Counting(library, "plank", arm=READY)
        for number in range(200):
            if number == broken_at:
                kept = json.dumps(counting.snapshot())
                counting = Counting(library, "plank", arm=READY)
                counting.restore(json.loads(kept))
            [*counting.observe(as_pose(push_up(0.02)), number / 15)]
            if counting.counting == "counting":
                return number
        raise AssertionError("it never opened")

    whole = opened(None)
    assert whole == READY_S * 15, "a plank is told after 5 s, but he is ready from the first on"
    assert opened(whole - 10) == whole


def test_somebody_is_in_view_also_while_nothing_counts() -> None:
    counting = Counting(FakeLibrary(), "squat", arm=Arm(countdown_s=5))
    [*counting.observe(grey_pose(200), 0.0)]
    assert counting.subject
    [*counting.observe(None, 0.1)]
    assert not counting.subject
    [*counting.resume(None), *counting.observe(grey_pose(200), 0.2), *counting.pause()]
    restored = Counting(FakeLibrary(), "squat")
    restored.restore(counting.snapshot())
    assert restored.subject
    [*restored.observe(None, 0.3)]
    assert not restored.subject


def test_a_reset_does_not_make_advice_more_frequent() -> None:
    """After it he is told what was out of view before, and no sooner than without it."""
    legs = tuple(Landmark(i) for i in range(25, 33))
    counting = Counting(Library(EXERCISES, PoseClassifier(EXERCISES, samples())), "squat")
    told: list[float] = []
    for number in range(45 * 10):
        if number == 60:
            happened = [*counting.give_up(), *counting.reset(None)]
            assert happened == [CountingChanged("counting")]
        events = counting.observe(as_pose(squat(0), hidden=legs), number / 10)
        told += [event.at_s for event in events if isinstance(event, Guidance)]
    assert told == pytest.approx([2.8, 32.8], abs=0.2)


def test_a_reset_begins_at_zero_with_what_is_counted_now() -> None:
    counting = Counting(FakeLibrary(), "squat", unknown=True)
    for number, level in enumerate(REP):
        [*counting.observe(grey_pose(level), number / 10)]
    assert counting.session.counts == {"squat": 1, "unknown": 0}
    [*counting.choose("push_up"), *counting.reset(None)]
    assert counting.session.counts == {"push_up": 0, "unknown": 0}
