"""What passing pictures over changes."""

from benchmarks.labels import Label
from benchmarks.passed_over import Passed, due, passed, row
from service.core import Core
from tests.service.fakes import REP, TOP, FakeEngine, FakeLibrary, grey_pose

SQUAT = Label("squat__a__1.mp4", "squat", (1,))
BURPEE = Label("burpee__a__5.mp4", "other:burpee", (0,))
STILL = [(number / 15, grey_pose(TOP)) for number in range(60)]
MOVING = [(4 + number / 10, grey_pose(level)) for number, level in enumerate(REP)]


def test_who_is_still_is_looked_at_less_often_and_who_moves_each_time() -> None:
    assert 20 <= len([*due(STILL)]) <= 40
    looked_at = [at_s for at_s, _ in due(STILL + MOVING)]
    assert looked_at[-5:] == [at_s for at_s, _ in MOVING[-5:]]


def test_both_are_counted() -> None:
    core = Core(FakeEngine(), FakeLibrary())
    one = passed(SQUAT, STILL + MOVING, core)
    assert one.each == one.fewer == {"squat": 1}
    assert 0.3 < one.looked_at < 0.8


def test_what_is_right_is_said_of_those_with_a_right_count() -> None:
    clips = [
        Passed(SQUAT, 0.5, {"squat": 1}, {"squat": 1}),
        Passed(SQUAT, 0.7, {"squat": 1}, {}),
        Passed(BURPEE, 0.9, {"squat": 1}, {"squat": 1}),
    ]
    assert row(clips) == ("70%", "2 of 3", "2 of 2", "1 of 2")
