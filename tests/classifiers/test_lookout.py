"""Poses that are looked at ahead are looked at as if they came alone."""

import pytest

from classifiers.events import Event
from classifiers.library import Library
from pose_engine.landmarks import Pose
from tests.classifiers.figures import events_of, repetitions, squat


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_looking_ahead_changes_nothing(timing: Library, size: int) -> None:
    observations: list[tuple[float, Pose | None]] = [*repetitions(squat, [0.9, 0.4, 0.9])]
    observations[20] = (observations[20][0], None)
    session, events = timing.session(), []
    for start in range(0, len(observations), size):
        some = observations[start : start + size]
        timing.look_ahead([(session, pose, at) for at, pose in some if pose is not None])
        events += [event for at, pose in some for event in session.observe(pose, at)]
    assert events + session.finish() == events_of(timing.session(), observations)


def test_looking_ahead_for_several_sessions_changes_nothing(timing: Library) -> None:
    """Of each another exercise, and a hold that the others do not time."""
    observations = [*repetitions(squat, [0.9, 0.4, 0.9])]
    names = ("auto", "squat", "push_up", "chair", "plank")
    sessions = [timing.session(name) for name in names]
    events: list[list[Event]] = [[] for _ in names]
    for at, pose in observations:
        timing.look_ahead([(session, pose, at) for session in sessions])
        for told, session in zip(events, sessions, strict=True):
            told.extend(session.observe(pose, at))
    alone = [timing.session(name) for name in names]
    assert events == [[e for at, p in observations for e in one.observe(p, at)] for one in alone]
    assert [one.snapshot() for one in sessions] == [one.snapshot() for one in alone]


def test_what_does_not_come_as_expected_is_looked_at_alone(timing: Library) -> None:
    """Some is left out, and what is counted changes on the way."""
    observations = [*repetitions(squat, [0.9, 0.4, 0.9])]
    session, alone = timing.session(), timing.session()
    for start in range(0, len(observations), 8):
        some = observations[start : start + 8]
        timing.look_ahead([(session, pose, at) for at, pose in some])
        for number, (at, pose) in enumerate(some):
            if number == 5:
                exercises = timing.pick("squat" if start % 16 else "auto")
                assert session.choose(exercises) == alone.choose(exercises)
            if number not in (2, 7):
                assert session.observe(pose, at) == alone.observe(pose, at)
    assert session.snapshot() == alone.snapshot()
