"""Repetitions grouped into sets: what parts them, and what is said of each."""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.events import (
    Event,
    Phase,
    PhaseChanged,
    Reason,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectLost,
    SubjectSwitched,
)
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from classifiers.sets import LEAST_REST_S, SetKeeper
from tests.classifiers.figures import EXERCISES, repetitions, samples, squat

Timed = tuple[float, Sequence[Event]]


def _rep(
    start_s: float, *, down_s: float = 1, up_s: float = 1, depth: float = 1, exercise: str = "squat"
) -> RepCounted:
    bottom_s = start_s + down_s
    return RepCounted(exercise, 0, start_s, bottom_s, bottom_s + up_s, depth, 1)


def _told(rep: RepCounted) -> list[Timed]:
    """What a counter says of a repetition, and when."""
    down, top = (
        PhaseChanged(rep.exercise, phase, at_s)
        for phase, at_s in ((Phase.DOWN, rep.start_s), (Phase.TOP, rep.end_s))
    )
    return [(rep.start_s, [down]), (rep.end_s, [rep, top])]


def _every(
    seconds: float, reps: int, *, start_s: float = 0, exercise: str = "squat"
) -> list[Timed]:
    starts = (start_s + i * seconds for i in range(reps))
    return [told for at in starts for told in _told(_rep(at, exercise=exercise))]


def _ended(
    keeper: SetKeeper, told: Iterable[Timed], until_s: float
) -> list[tuple[float, SetEnded]]:
    """The sets announced up to a time, each with when; time goes on in tenths of a second."""
    moments = sorted({round(i / 10, 1) for i in range(round(until_s * 10) + 1)})
    waiting, ended = sorted(told, key=lambda one: one[0]), []
    for at_s in moments:
        due = [event for when, events in waiting if when <= at_s for event in events]
        waiting = [one for one in waiting if one[0] > at_s]
        ended += [(at_s, done) for done in keeper.observe(due, at_s)]
    return ended


def test_repetitions_without_a_rest_are_one_set() -> None:
    keeper = SetKeeper()
    assert _ended(keeper, _every(3, 5), until_s=15) == []
    assert keeper.finish() == [SetEnded("squat", 1, 5, 0, 14, None, 2, 1, 1, 1, velocity_loss=0)]
    assert keeper.finish() == []


def test_a_rest_ends_a_set_once_and_is_said_with_the_next_one() -> None:
    keeper = SetKeeper()
    ended = _ended(keeper, _every(3, 3) + _every(3, 2, start_s=40), until_s=70)
    assert [(at, one.number, one.reps, one.rest_s) for at, one in ended] == [
        (8 + LEAST_REST_S, 1, 3, None),
        (45 + LEAST_REST_S, 2, 2, 32),
    ]


def test_a_slow_set_may_pause_longer() -> None:
    slow = [told for at in (0, 28) for told in _told(_rep(at, down_s=4, up_s=4))]
    assert [one.reps for _, one in _ended(SetKeeper(), slow, until_s=70)] == [2]


def test_means_are_over_the_set_s_own_repetitions() -> None:
    keeper = SetKeeper()
    keeper.observe([_rep(0, down_s=1, up_s=0.5, depth=0.8), _rep(2, down_s=2, up_s=1, depth=1)], 5)
    (done,) = keeper.finish()
    assert (done.mean_rep_s, done.mean_down_s, done.mean_up_s) == (2.25, 1.5, 0.75)
    assert done.mean_depth == pytest.approx(0.9)


def test_another_exercise_ends_the_set_and_numbers_go_by_exercise() -> None:
    told = [
        *_every(3, 2),
        *_every(3, 1, start_s=7, exercise="push_up"),
        *_every(3, 2, start_s=10),
    ]
    keeper = SetKeeper()
    ended = [one for _, one in _ended(keeper, told, until_s=16)] + keeper.finish()
    assert [(one.exercise, one.number, one.reps, one.rest_s) for one in ended] == [
        ("squat", 1, 2, None),
        ("push_up", 1, 1, 2),
        ("squat", 2, 2, 1),
    ]


def test_another_person_ends_the_set_at_once() -> None:
    ended = _ended(SetKeeper(), [*_every(3, 2), (6, [SubjectSwitched(6)])], until_s=7)
    assert [(at, one.reps) for at, one in ended] == [(6, 2)]


def test_losing_the_person_is_no_rest_unless_it_lasts() -> None:
    back: list[Timed] = [*_every(3, 2), (6, [SubjectLost(6)]), *_every(3, 1, start_s=10)]
    ended = _ended(SetKeeper(), back, until_s=30)
    assert [(at, one.reps) for at, one in ended] == [(12 + LEAST_REST_S, 3)]
    gone: list[Timed] = [*_every(3, 2), (6, [SubjectLost(6)])]
    assert [at for at, _ in _ended(SetKeeper(), gone, until_s=30)] == [5 + LEAST_REST_S]


def test_a_movement_under_way_is_waited_for() -> None:
    """It was begun in time, and is counted later than a rest is long."""
    begun: Timed = (11.5, [PhaseChanged("squat", Phase.DOWN, 11.5)])
    counted: Timed = (17, [_rep(11, down_s=3, up_s=3), PhaseChanged("squat", Phase.TOP, 17)])
    ended = _ended(SetKeeper(), [*_every(3, 1), begun, counted], until_s=40)
    assert [one.reps for _, one in ended] == [2]


def test_a_movement_that_never_ends_is_not() -> None:
    """Such as sitting down between sets."""
    sat = (9, [PhaseChanged("squat", Phase.BOTTOM, 9)])
    ended = _ended(SetKeeper(), [*_every(3, 1), sat], until_s=40)
    assert [at for at, _ in ended] == [9 + LEAST_REST_S]


@pytest.mark.parametrize(("depth", "sets"), [(0.9, [2]), (0.3, [1, 1])])
def test_a_deep_movement_that_was_refused_is_no_rest(depth: float, sets: list[int]) -> None:
    """Walking about bends the knees too, but less."""
    refused = RepRejected("squat", 1, Reason.LOW_VISIBILITY, 8, 10, depth)
    told: list[Timed] = [*_every(3, 1), (10, [refused]), *_every(3, 1, start_s=17)]
    ended = _ended(SetKeeper(), told, until_s=60)
    assert [one.reps for _, one in ended] == sets


def test_the_first_moment_after_a_gap_ends_the_set_before_it() -> None:
    """Nothing was sent for a minute, and the next thing is a repetition."""
    keeper = SetKeeper()
    keeper.observe([_rep(0)], 2)
    assert [one.reps for one in keeper.observe([_rep(60)], 62)] == [1]
    assert [one.reps for one in keeper.finish()] == [1]


@pytest.mark.parametrize(
    ("ups", "loss"),
    [
        ([1, 1, 1], None),
        ([1, 1, 1, 1], 0),
        ([1, 1, 2, 2], 0.5),
        ([2, 2, 1, 1, 2, 2], 0.5),
        ([2, 2, 1, 1], 0),
    ],
)
def test_fatigue_is_the_fall_from_the_fastest_to_the_last(
    ups: list[float], loss: float | None
) -> None:
    keeper = SetKeeper()
    for i, up_s in enumerate(ups):
        keeper.observe([_rep(5 * i, up_s=up_s)], 5 * i + 4)
    (done,) = keeper.finish()
    assert done.velocity_loss == (None if loss is None else pytest.approx(loss))


def test_one_odd_repetition_is_no_fatigue_by_itself() -> None:
    keeper = SetKeeper()
    for i, up_s in enumerate([1, 1, 0.5, 1, 1, 1]):
        keeper.observe([_rep(5 * i, up_s=up_s)], 5 * i + 4)
    (done,) = keeper.finish()
    assert done.velocity_loss == pytest.approx(1 / 3)


exercises = st.sampled_from(["squat", "push_up"])
workouts = st.lists(st.tuples(st.floats(0, 30), exercises, st.floats(0.3, 4)), max_size=12)


def _workout(steps: Iterable[tuple[float, str, float]]) -> list[RepCounted]:
    reps, at_s = [], 0.0
    for pause_s, exercise, seconds in steps:
        reps.append(_rep(at_s + pause_s, down_s=seconds, up_s=seconds, exercise=exercise))
        at_s = reps[-1].end_s
    return reps


@given(workouts)
def test_every_repetition_is_in_one_set(steps: list[tuple[float, str, float]]) -> None:
    reps, keeper = _workout(steps), SetKeeper()
    sets = [done for rep in reps for done in keeper.observe([rep], rep.end_s)] + keeper.finish()
    for exercise in ("squat", "push_up"):
        mine = [one for one in sets if one.exercise == exercise]
        assert sum(one.reps for one in mine) == sum(rep.exercise == exercise for rep in reps)
        assert [one.number for one in mine] == list(range(1, len(mine) + 1))
    for one, after in pairwise(sets):
        assert after.rest_s == pytest.approx(after.start_s - one.end_s)
    assert all(one.velocity_loss is None or 0 <= one.velocity_loss < 1 for one in sets)


@given(workouts)
def test_how_often_somebody_looks_does_not_matter(steps: list[tuple[float, str, float]]) -> None:
    reps, seldom, often = _workout(steps), SetKeeper(), SetKeeper()
    told = [one for rep in reps for one in _told(rep)]
    sets = [done for at, events in told for done in seldom.observe(events, at)] + seldom.finish()
    looked: list[SetEnded] = []
    before = 0.0
    for at, events in told:
        looked += [d for i in range(20) for d in often.observe([], before + i * (at - before) / 20)]
        looked += often.observe(events, at)
        before = at
    assert looked + often.finish() == sets


@given(workouts, st.integers(0, 24))
def test_a_keeper_goes_on_from_a_snapshot(steps: list[tuple[float, str, float]], cut: int) -> None:
    told = [one for rep in _workout(steps) for one in _told(rep)]
    whole, first = SetKeeper(), SetKeeper()
    expected = [d for at, events in told for d in whole.observe(events, at)] + whole.finish()
    begun = [d for at, events in told[:cut] for d in first.observe(events, at)]
    second = SetKeeper().restored(json.loads(json.dumps(first.snapshot())))
    rest = [d for at, events in told[cut:] for d in second.observe(events, at)]
    assert begun + rest + second.finish() == expected


@pytest.mark.parametrize("snapshot", [{}, {"reps": {"exercise": "squat"}}, {"reps": None, "x": 1}])
def test_a_wrong_snapshot_is_refused(snapshot: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        SetKeeper().restored(snapshot)


def test_a_session_says_its_sets() -> None:
    """Two sets of squats with half a minute of standing between them."""
    library = Library(EXERCISES, PoseClassifier(EXERCISES, samples()))
    session = library.session("squat")
    first = list(repetitions(squat, [0.9] * 3, fps=10))
    standing = list(repetitions(squat, [0.0] * 12, fps=10))
    start_s = first[-1][0] + 0.1
    seen = [*first, *((start_s + at, pose) for at, pose in standing)]
    second = [(start_s + 30 + at, pose) for at, pose in repetitions(squat, [0.9] * 2, fps=10)]
    events = [event for at, pose in [*seen, *second] for event in session.observe(pose, at)]
    (done,) = (event for event in events if isinstance(event, SetEnded))
    assert (done.exercise, done.number, done.reps) == ("squat", 1, 3)
    last = session.finish()[-1]
    assert isinstance(last, SetEnded)
    assert (last.number, last.reps) == (2, 2)
    assert last.rest_s == pytest.approx(30, abs=1.5)
