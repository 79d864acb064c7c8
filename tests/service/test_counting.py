"""Whether what is seen counts, and what is remembered of it while it does not."""

import json

from blazereps_client.messages import Arm
from classifiers.exercise import Exercise, Hold
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from service.counting import Counting
from tests.classifiers.figures import (
    EXERCISES,
    PLANK,
    as_pose,
    held_samples,
    push_up,
    samples,
)
from tests.service.fakes import FakeLibrary, grey_pose

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
