"""The state machine, on depths drawn by hand."""

import itertools
import json
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifiers.events import Event, Phase, PhaseChanged, Reason, RepCounted, RepRejected
from classifiers.repetition import RepetitionCounter
from classifiers.rules import CountingRules

Point = tuple[float, float]


def _counter() -> RepetitionCounter:
    return RepetitionCounter("squat", CountingRules())


def _walk(points: Iterable[Point], fps: float = 30) -> Iterable[Point]:
    """(time, depth) along straight lines between the given corners, at a frame rate."""
    corners = list(points)
    frame = 0
    for (t0, d0), (t1, d1) in itertools.pairwise(corners):
        while frame / fps < t1:
            at = frame / fps
            yield at, d0 + (d1 - d0) * (at - t0) / (t1 - t0)
            frame += 1
    yield corners[-1]


def _run(points: Iterable[Point], *, confidence: float = 1.0, fps: float = 30) -> list[Event]:
    counter = _counter()
    events = [e for at, d in _walk(points, fps) for e in counter.observe(d, confidence, at)]
    return events + counter.finish()


def _counted(events: list[Event]) -> list[RepCounted]:
    return [event for event in events if isinstance(event, RepCounted)]


def _reasons(events: list[Event]) -> list[Reason]:
    return [event.reason for event in events if isinstance(event, RepRejected)]


def _reps(n: int, depth: float = 0.9) -> list[Point]:
    cycle = [(0.0, 0.0), (1.0, depth), (2.0, 0.0)]
    return [(at + 2.5 * i, d) for i in range(n) for at, d in (*cycle, (2.5, 0.0))]


@given(st.integers(0, 8), st.sampled_from([8, 10, 15, 30, 60]))
def test_every_rep_counts_once_at_every_frame_rate(n: int, fps: float) -> None:
    events = _run([(0.0, 0.0), *((at + 1, d) for at, d in _reps(n))], fps=fps)
    assert [event.count for event in _counted(events)] == list(range(1, n + 1))
    assert _reasons(events) == []


def test_a_rep_is_explained() -> None:
    (rep,) = _counted(_run([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]))
    assert rep.start_s == pytest.approx(1, abs=0.15)
    assert rep.bottom_s == pytest.approx(2, abs=0.05)
    assert rep.end_s == pytest.approx(2.95, abs=0.05)
    assert rep.depth == pytest.approx(0.9, abs=0.03)
    assert rep.down_s + rep.up_s == pytest.approx(rep.end_s - rep.start_s)
    assert rep.confidence == pytest.approx(1)


def test_the_first_is_weighed_as_the_next_are() -> None:
    """Also where one lingers a little below the top."""
    once = [(0.0, 0.0), (1.0, 0.12), (2.5, 0.12), (3.0, 0.9), (4.0, 0.0)]
    points = [(at + 5 * i, depth) for i in range(2) for at, depth in (*once, (5.0, 0.0))]
    counter = _counter()
    events = [e for at, d in _walk(points) for e in counter.observe(d, 1 if d > 0.3 else 0.6, at)]
    first, second = _counted(events)
    assert first.confidence == pytest.approx(second.confidence)


def test_the_phases_follow_each_other() -> None:
    events = _run([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)])
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert phases == [Phase.TOP, Phase.DOWN, Phase.BOTTOM, Phase.UP, Phase.TOP]


@given(st.floats(0.27, 0.48))
def test_a_shallow_one_is_refused(depth: float) -> None:
    events = _run([(0, 0), (1, depth), (2, 0), (3, 0)])
    assert (_counted(events), _reasons(events)) == ([], [Reason.TOO_SHALLOW])


@given(st.lists(st.floats(0, 0.19), min_size=2, max_size=60))
def test_trembling_says_nothing(depths: list[float]) -> None:
    counter = _counter()
    events = [e for i, d in enumerate(depths) for e in counter.observe(d, 1, i / 30)]
    assert _counted(events) == []
    assert _reasons(events + counter.finish()) == []


def test_a_tremble_at_the_threshold_does_not_count_twice() -> None:
    wobble = [(1 + i / 10, 0.5 + (0.08 if i % 2 else -0.05)) for i in range(20)]
    assert len(_counted(_run([(0, 0), *wobble, (4, 0), (5, 0)]))) == 1


def test_a_bounce_at_the_bottom_is_one_rep() -> None:
    assert len(_counted(_run([(0, 0), (1, 0.9), (1.4, 0.6), (1.8, 1.0), (3, 0), (4, 0)]))) == 1


def test_half_way_up_and_down_again_is_refused_and_the_next_one_counts() -> None:
    events = _run([(0, 0), (1, 0.9), (2, 0.35), (3, 0.95), (4, 0), (5, 0)])
    assert _reasons(events) == [Reason.INCOMPLETE]
    assert len(_counted(events)) == 1


def test_a_rest_half_way_up_is_of_neither_movement() -> None:
    events = _run([(0, 0), (1, 0.9), (2, 0.4), (5, 0.4), (6, 0.9), (7, 0), (8, 0)])
    (refused,) = (event for event in events if isinstance(event, RepRejected))
    (counted,) = _counted(events)
    assert refused.end_s == pytest.approx(2, abs=0.05)
    assert (counted.start_s, counted.down_s) == pytest.approx((5.1, 0.9), abs=0.2)


def test_a_spike_is_too_fast() -> None:
    assert _reasons(_run([(0, 0), (1, 0), (1.05, 0.9), (1.1, 0), (2, 0)])) == [Reason.TOO_FAST]


@pytest.mark.parametrize(("down_s", "reasons"), [(0.05, [Reason.TOO_FAST]), (0.3, [])])
def test_nobody_is_at_the_bottom_at_once(down_s: float, reasons: list[Reason]) -> None:
    counter = RepetitionCounter("squat", CountingRules(least_down_s=0.1))
    walk = _walk([(0, 0), (1, 0), (1 + down_s, 0.9), (2, 0), (3, 0)])
    assert _reasons([e for at, depth in walk for e in counter.observe(depth, 1, at)]) == reasons


def test_a_long_way_is_too_slow() -> None:
    assert _reasons(_run([(0, 0), (20, 0.9), (40, 0), (42, 0)])) == [Reason.TOO_SLOW]


def test_a_bottom_that_is_held_is_a_hold_and_no_repetition() -> None:
    assert _reasons(_run([(0, 0), (1, 0.9), (9, 0.9), (10, 0), (11, 0)])) == [Reason.HELD]
    assert len(_counted(_run([(0, 0), (1, 0.9), (4, 0.9), (5, 0), (6, 0)]))) == 1


def test_a_clip_that_opens_on_the_way_down_counts() -> None:
    assert len(_counted(_run([(0, 0.5), (0.5, 0.9), (1.5, 0), (2, 0)]))) == 1


def test_a_rise_alone_is_incomplete() -> None:
    events = _run([(0, 0.9), (1, 0), (2, 0)])
    assert (_counted(events), _reasons(events)) == ([], [Reason.INCOMPLETE])


def test_a_clip_that_ends_at_the_bottom_does_not_count_that_half() -> None:
    events = _run([(0, 0), (1, 0.9)])
    assert (_counted(events), _reasons(events)) == ([], [Reason.INCOMPLETE])


def test_a_clip_that_ends_most_of_the_way_up_is_not_short_of_its_last_rep() -> None:
    assert len(_counted(_run([(0, 0), (1, 0.9), (1.65, 0.35)]))) == 1


def test_another_posture_is_not_counted() -> None:
    assert _counted(_run(_reps(3), confidence=0.2)) == []


def test_a_posture_that_goes_wrong_on_the_way_is_said() -> None:
    counter = _counter()
    events: list[Event] = []
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        events += counter.observe(depth, 1.0 if at < 1.3 else 0.35, at)
    assert _reasons(events) == [Reason.WRONG_POSTURE]


def test_a_rep_counts_once_the_top_is_reached_or_no_more_is_climbed() -> None:
    fast = [(0.0, 0.0), (0.2, 0.9), (0.4, 0.2), (0.6, 0.9), (0.8, 0.2), (3.0, 0.2)]
    first, second = _counted(_run(fast))
    assert first.end_s == pytest.approx(0.4, abs=0.05)
    assert second.end_s == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("at_the_top", "counted"), [(0.95, 1), (0.5, 1), (0.2, 0)])
def test_a_movement_must_come_back_to_the_exercise(at_the_top: float, counted: int) -> None:
    counter = _counter()
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        counter.observe(depth, 0.9 if at < 2.7 else at_the_top, at)
    assert counter.count == counted


def test_a_top_that_is_never_sure_need_not_be_surer_at_the_end() -> None:
    counter = _counter()
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        counter.observe(depth, 0.35 + 0.5 * depth, at)
    assert counter.count == 1


@pytest.mark.parametrize(("at_the_top", "counted"), [(0.27, 1), (0.22, 0)])
def test_a_top_that_is_another_posture_s_is_none_wherever_the_movement_came_from(
    at_the_top: float, counted: int
) -> None:
    counter = _counter()
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        counter.observe(depth, at_the_top if depth < 0.45 else 0.9, at)
    assert counter.count == counted


def test_another_posture_for_a_second_ends_the_movement() -> None:
    counter = _counter()
    events: list[Event] = []
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        events += counter.observe(depth, 0.1 if 1.2 < at < 2.2 else 1.0, at)
    assert (counter.count, _reasons(events)[0]) == (0, Reason.WRONG_POSTURE)


@given(st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0, 1.2)), min_size=3, max_size=20))
@example([(0.1875, 0.0), (0.3125, 0.5), (1.0, 0.25), (1.0, 0.5)])  # half way up, and down again
def test_starts_bottoms_and_ends_are_in_order(steps: list[tuple[float, float]]) -> None:
    times = itertools.accumulate(step for step, _ in steps)
    reps = _counted(_run([(0.0, 0.0), *zip(times, (d for _, d in steps), strict=True)], fps=8))
    for rep in reps:
        assert rep.start_s < rep.bottom_s < rep.end_s
    for rep, later in itertools.pairwise(reps):
        assert rep.end_s <= later.start_s


def test_a_posture_that_is_known_on_the_way_down_came_from_the_top_just_left() -> None:
    points = [(0, 0), (1, 0), (1.8, 0.9), (2.6, 0), (4, 0)]
    late, never = _counter(), _counter()
    for at, depth in _walk(points):
        late.observe(depth, 0.9 if at > 1.3 else 0.1, at)
        never.observe(depth, 0.9 if at > 2.4 else 0.1, at)
    assert (late.count, never.count) == (1, 0)


def test_who_appears_below_the_top_came_from_none_to_be_like() -> None:
    """Where he comes to is sure enough by itself."""
    counter = _counter()
    for at, depth in _walk([(0, 0.5), (1, 0.9), (2, 0), (3, 0)]):
        counter.observe(depth, 0.3 if at > 1 and depth < 0.4 else 1.0, at)
    assert counter.count == 1


def test_a_top_of_long_before_is_not_come_from() -> None:
    """He walked about and squats: that took no half minute."""
    walk = [(0, 0), (1, 0), (1.1, 0.4), (40, 0.4), (40.5, 0.9), (41.3, 0), (42, 0)]
    counter = _counter()
    events = [e for at, d in _walk(walk) for e in counter.observe(d, float(at > 40.1), at)]
    (rep,) = _counted(events)
    assert rep.start_s == pytest.approx(40.1, abs=0.1)


def test_the_top_that_somebody_else_passed_is_not_come_from() -> None:
    counter = _counter()
    counter.observe(0.0, 0.1, 0.0)
    counter.leave(0.1)
    events: list[Event] = []
    for at, depth in _walk([(0.2, 0.9), (1.0, 0.0), (2.0, 0.0)]):
        events += counter.observe(depth, 1.0, at) if at >= 0.2 else []
    assert (counter.count, _reasons(events)) == (0, [Reason.INCOMPLETE])


def test_losing_the_person_for_a_moment_changes_nothing() -> None:
    whole, gapped = _counter(), _counter()
    for at, depth in _walk(_reps(4)):
        whole.observe(depth, 1, at)
        if at % 2.5 < 0.7 or at % 2.5 > 1.2:
            gapped.observe(depth, 1, at)
        else:
            gapped.miss(at)
    assert gapped.count == whole.count == 4


def test_losing_the_person_for_long_gives_the_movement_up() -> None:
    counter = _counter()
    events: list[Event] = []
    for at, depth in _walk([(0, 0), (1, 0.9), (1.1, 0.9), (5, 0)]):
        events += counter.observe(depth, 1, at) if at < 1.1 or at > 4 else counter.miss(at)
    assert _reasons(events)[0] is Reason.SUBJECT_LOST
    assert Phase.AWAY in [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert counter.count == 0


@pytest.mark.parametrize("fps", [2, 5, 15, 30])
def test_joints_that_were_hidden_are_no_lost_person_when_they_are_seen_again(fps: float) -> None:
    counter = _counter()
    events: list[Event] = []
    for at, depth in _walk([(0, 0), (1, 0.9), (4, 0.9), (5, 0)], fps):
        if 1 < at < 1 + CountingRules().lost_s + 0.1:
            events += counter.miss(at, Reason.LOW_VISIBILITY)
        else:
            events += counter.observe(depth, 1, at)
    assert _reasons(events)[0] is Reason.LOW_VISIBILITY


@pytest.mark.parametrize("rest_s", [3.0, 12.0, 40.0])
@pytest.mark.parametrize("bent", [0.06, 0.1, 0.14, 0.18])
def test_a_rest_on_bent_knees_is_no_part_of_the_next_rep(rest_s: float, bent: float) -> None:
    down_s = 4 + rest_s
    bends = [(3.0, 0.0), (4, bent), (down_s, bent)]
    corners = [(0.0, 0.0), (1, 0), (2, 1), *bends, (down_s + 1, 1)]
    events = _run([*corners, (down_s + 2, 0), (down_s + 3, 0)])
    assert _reasons(events) == []
    first, second = _counted(events)
    assert first.start_s == pytest.approx(1, abs=0.3)
    assert second.start_s == pytest.approx(down_s, abs=0.3)


@given(st.integers(0, 230))
def test_a_snapshot_goes_on_where_it_was_taken(cut: int) -> None:
    points = list(_walk(_reps(3)))
    whole = _counter()
    events = [e for at, d in points for e in whole.observe(d, 1, at)]
    first = _counter()
    begun = [e for at, d in points[:cut] for e in first.observe(d, 1, at)]
    second = _counter().restored(json.loads(json.dumps(first.snapshot())))
    assert begun + [e for at, d in points[cut:] for e in second.observe(d, 1, at)] == events


def _unlike(set_back: float, stoop: float, *, held_s: float = 0.1) -> list[Event]:
    """A movement in which the weight goes back, and the trunk down, as the hips come down."""
    rules = CountingRules(most_set_back=0.5, most_stoop=0.5)
    counter = RepetitionCounter("squat", rules)
    corners = [(0, 0), (1, 0), (2, 0.9), (2 + held_s, 0.9), (3 + held_s, 0), (4 + held_s, 0)]
    events = []
    for at, depth in _walk(corners):
        share = depth / 0.9
        events += counter.observe(depth, 1, at, set_back=set_back * share, stoop=stoop * share)
    return events + counter.finish()


_CLEARLY = st.floats(-2, 2).filter(lambda value: abs(value - 0.5) > 0.05)


@given(_CLEARLY, _CLEARLY, st.floats(0, 4))
def test_who_sits_or_bends_for_a_bar_is_refused_however_long_he_stays(
    set_back: float, stoop: float, held_s: float
) -> None:
    events = _unlike(set_back, stoop, held_s=held_s)
    squats = set_back < 0.5 and stoop < 0.5
    assert len(_counted(events)) == squats
    assert _reasons(events) == ([] if squats else [Reason.WRONG_POSTURE])


def test_where_weight_and_trunk_are_matters_at_the_bottom_alone() -> None:
    counter = RepetitionCounter("squat", CountingRules(most_set_back=0.5, most_stoop=0.5))
    events = []
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        far = 0.0 if depth > 0.8 else 2.0
        events += counter.observe(depth, 1, at, set_back=far, stoop=far)
    assert len(_counted(events)) == 1


@pytest.mark.parametrize(
    ("depth", "set_back", "counts"),
    [
        (0.9, 0.35, True),
        (0.9, 0.45, False),
        (0.65, 0.35, False),
        (0.65, 0.1, True),
        (1.1, 0.55, True),
    ],
)
def test_the_higher_the_bottom_the_less_back_the_weight_may_be(
    depth: float, set_back: float, counts: bool
) -> None:
    counter = RepetitionCounter("squat", CountingRules(most_set_back=0.5, set_back_slope=1))
    for at, now in _walk([(0, 0), (1, 0), (2, depth), (3, 0), (4, 0)]):
        counter.observe(now, 1, at, set_back=set_back)
    assert counter.count == counts


def test_without_a_bound_the_weight_may_be_anywhere() -> None:
    counter = _counter()
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (3, 0), (4, 0)]):
        counter.observe(depth, 1, at, set_back=9.0 if at < 2 else -9.0)
    assert counter.count == 1


def test_a_long_pause_at_the_bottom_does_not_change_what_the_posture_was() -> None:
    counter = _counter()
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (6, 0.9), (7, 0), (8, 0)]):
        counter.observe(depth, 0.4 if 1.9 < at < 6.1 else 0.8, at)
    assert counter.count == 1


@pytest.mark.parametrize("pause_s", [0.6, 3.0])
@pytest.mark.parametrize(("going_down", "going_up", "counts"), [(0.4, 0.95, 1), (0.6, 0.2, 0)])
def test_the_way_up_is_weighed_however_long_the_pause(
    pause_s: float, going_down: float, going_up: float, counts: int
) -> None:
    counter, up_s = _counter(), 2 + pause_s
    for at, depth in _walk([(0, 0), (1, 0), (2, 0.9), (up_s, 0.9), (up_s + 1, 0), (up_s + 2, 0)]):
        counter.observe(depth, 1 if depth < 0.1 else going_down if at <= up_s else going_up, at)
    assert counter.count == counts


def test_nor_does_a_pause_after_a_bounce() -> None:
    counter = _counter()
    corners = [(0, 0), (1, 0), (2, 0.9), (2.3, 0.73), (2.6, 0.88), (5.6, 0.88), (6.6, 0), (7, 0)]
    for at, depth in _walk(corners):
        counter.observe(depth, 0.35 if depth > 0.7 else 1, at)
    assert counter.count == 1


def test_who_stays_a_little_lower_is_told_that_it_was_a_descent_alone() -> None:
    events = _run([(0, 0), (1, 0), (2, 0.4), (5, 0.4), (6, 0), (7, 0)])
    assert (_counted(events), _reasons(events)) == ([], [Reason.INCOMPLETE])
