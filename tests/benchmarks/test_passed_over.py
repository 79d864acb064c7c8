"""What passing pictures over changes."""

from collections.abc import Iterator

import numpy as np

from benchmarks.labels import Label
from benchmarks.passed_over import Passed, Sparing, passed, row, together
from benchmarks.variants import Follower, Variant
from pose_engine.frames import Frame
from service.core import Core
from tests.service.fakes import REP, TOP, FakeEngine, FakeLibrary

SQUAT = Label("squat__a__1.mp4", "squat", (1,))
BURPEE = Label("burpee__a__5.mp4", "other:burpee", (0,))
LEVELS = [*[TOP] * 60, *REP]
"""Four seconds of standing still, then a repetition."""


def frames() -> Iterator[tuple[float, Frame]]:
    for number, level in enumerate(LEVELS):
        yield number / 15, Frame(np.full((8, 8, 3), level, np.uint8))


def test_who_is_still_is_looked_at_less_often_and_who_moves_fast_each_time() -> None:
    each, fewer = (kind(Variant("any"), FakeEngine().tracker()) for kind in (Follower, Sparing))
    for at_s, frame in frames():
        each.see(at_s, frame)
        fewer.see(at_s, frame)
    assert len(each.observations) == len(LEVELS)
    looked_at = [at_s for at_s, _ in fewer.observations]
    assert 20 <= sum(at_s < 4 for at_s in looked_at) <= 40
    assert looked_at[-3:] == [at_s for at_s, _ in each.observations[-3:]]


def test_both_are_counted() -> None:
    core = Core(FakeEngine(), FakeLibrary())
    each = [(at_s, core.engine.tracker().track(frame, at_s)) for at_s, frame in frames()]
    one = passed(SQUAT, each, each[30:], core)
    assert one.each == one.fewer == {"squat": 1}
    assert one.looked_at == 1 - 30 / len(each)
    assert passed(SQUAT, each, each[:60], core).fewer == {}


def test_what_is_right_is_said_of_those_with_a_right_count() -> None:
    clips = [
        Passed(SQUAT, 0.5, {"squat": 1}, {"squat": 1}),
        Passed(SQUAT, 0.7, {"squat": 1}, {}),
        Passed(BURPEE, 0.9, {"squat": 1}, {"squat": 1}),
    ]
    assert row(clips) == ("70%", "2 of 3", "2 of 2", "1 of 2")
    assert together(clips) == (
        "All variants together: 2 of 2 right with each picture looked at, 1 of 2 with fewer."
    )
