"""Poses in, holds out: the whole chain on stick figures that keep still."""

import json
from collections.abc import Iterable
from itertools import chain

import pytest

from classifiers.events import Advice, Event, Guidance, HoldEnded, HoldStarted
from classifiers.library import Library
from pose_engine.landmarks import Landmark, Pose
from tests.classifiers.figures import (
    Posture,
    as_pose,
    by,
    events_of,
    later,
    push_up,
    repetitions,
    squat,
)


def _held(
    posture: Posture, depth: float, seconds: float, *, hidden: tuple[Landmark, ...] = ()
) -> list[tuple[float, Pose | None]]:
    """Two seconds down to a depth, kept there, and two seconds back."""
    observations: list[tuple[float, Pose | None]] = []
    for frame in range(round((seconds + 4) * 15)):
        share = min(frame / 30, 1, (seconds + 4 - frame / 15) / 2)
        observations.append((frame / 15, as_pose(posture(depth * share), hidden=hidden)))
    return observations


def _holds(events: Iterable[Event]) -> list[HoldEnded]:
    return [event for event in events if isinstance(event, HoldEnded)]


def test_a_squat_that_stays_down_is_a_chair_pose(timing: Library) -> None:
    session = timing.session("auto")
    events = events_of(session, _held(squat, 1.0, 6))
    (started,) = (event for event in events if isinstance(event, HoldStarted))
    (ended,) = _holds(events)
    assert ended.exercise == started.exercise == "chair"
    assert ended.start_s == pytest.approx(2, abs=0.4)
    assert ended.end_s == pytest.approx(8, abs=0.4)
    assert ended.confidence > 0.9


@pytest.mark.parametrize(("posture", "name"), [(squat, "squat"), (push_up, "push_up")])
@pytest.mark.parametrize("seconds", [1.0, 2.0, 4.0])
def test_repetitions_are_counted_and_not_timed(
    timing: Library, posture: Posture, name: str, seconds: float
) -> None:
    session = timing.session("auto")
    assert _holds(events_of(session, repetitions(posture, [0.95] * 4, seconds=seconds))) == []
    assert session.counts[name] == 4


def test_a_pause_at_the_top_of_a_push_up_is_no_plank(timing: Library) -> None:
    paused = repetitions(push_up, [0.95] * 4, seconds=2.5, rest=1.5)
    assert _holds(events_of(timing.session("plank"), paused)) == []


def test_only_the_named_hold_is_timed(timing: Library) -> None:
    session = timing.session("chair")
    assert _holds(events_of(session, repetitions(push_up, [0.0] * 4))) == []
    assert (session.counts, session.phases) == ({}, {})
    assert _holds(events_of(timing.session("plank"), repetitions(push_up, [0.0] * 4)))
    assert _holds(events_of(timing.session("squat"), _held(squat, 1.0, 6))) == []


def test_what_is_counted_is_the_same_with_holds(library: Library, timing: Library) -> None:
    observations = list(chain(repetitions(squat, [0.9, 0.4, 0.9]), later(9, _held(squat, 1, 5))))
    both = events_of(timing.session(), observations)
    counted = [event for event in both if not isinstance(event, HoldStarted | HoldEnded)]
    assert len(counted) < len(both)
    assert counted == events_of(library.session(), observations)


def test_a_hold_under_way_can_be_asked_for(timing: Library) -> None:
    session = timing.session()
    asked = []
    for at, pose in _held(squat, 1.0, 6):
        session.observe(pose, at)
        asked.append(session.holds)
    assert asked[0] == asked[60] == asked[-1] == {}
    assert asked[105] == {"chair": pytest.approx(5, abs=0.4)}
    assert session.confidences["chair"] < 0.1


def test_another_person_ends_a_hold(timing: Library) -> None:
    observations = _held(squat, 1.0, 10)
    events = events_of(
        timing.session(), chain(by(1, observations[:105]), by(2, observations[105:]))
    )
    first, second = _holds(events)
    assert first.end_s == observations[104][0]
    assert second.start_s == observations[105][0]


def test_a_hold_needs_its_limbs_in_view(timing: Library) -> None:
    legs = tuple(Landmark(i) for i in range(25, 33))
    assert _holds(events_of(timing.session(), _held(squat, 1.0, 6, hidden=legs))) == []


@pytest.mark.parametrize("cut", [20, 60, 100, 125])
def test_a_hold_goes_on_from_a_snapshot(timing: Library, cut: int) -> None:
    observations = _held(squat, 1.0, 6)
    whole = events_of(timing.session(), observations)
    first = timing.session()
    begun = [e for at, pose in observations[:cut] for e in first.observe(pose, at)]
    second = timing.restore(json.loads(json.dumps(first.snapshot())))
    assert begun + events_of(second, observations[cut:]) == whole


def test_who_holds_with_his_legs_out_of_view_is_told_so(timing: Library) -> None:
    legs = tuple(Landmark(i) for i in range(25, 33))
    events = events_of(timing.session("chair"), _held(squat, 1.0, 6, hidden=legs))
    (told,) = [event for event in events if isinstance(event, Guidance)]
    assert (told.advice, told.exercise) == (Advice.STEP_BACK, "chair")
    assert told.parts == ("knees", "ankles")
