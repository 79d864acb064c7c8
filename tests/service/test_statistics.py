"""Statistics: sums agree however they are cut, and no order of adding matters."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.statistics import By, Done, DoneSet, Statistics, Sums, Trend, midnight, monday, slope

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Pacific/Apia",
         "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")  # fmt: skip
BERLIN = ZoneInfo("Europe/Berlin")
EXERCISES = st.sampled_from(["squat", "push_up", "plank"])
MILLI = st.integers(1, 100_000).map(lambda n: n / 1000)
MOMENTS = st.integers(0, 16 * 365 * 86400).map(
    lambda seconds: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
SETS = st.builds(
    DoneSet, EXERCISES, MOMENTS, st.integers(1, 50), st.none() | MILLI, st.none() | MILLI
)
HOLDS = st.builds(DoneSet, EXERCISES, MOMENTS, st.just(0), held_s=MILLI)
WORKOUTS = st.lists(
    st.builds(
        Done,
        st.uuids().map(lambda one: one.hex),
        MOMENTS,
        st.lists(SETS | HOLDS, max_size=4),
        st.dictionaries(EXERCISES, st.integers(0, 99), max_size=2),
    ),
    max_size=12,
)
BYS: tuple[By, ...] = get_args(By)


def statistics(workouts: list[Done], by: By = "day", zone: str = "UTC") -> Statistics:
    made = Statistics(by, ZoneInfo(zone))
    for workout in workouts:
        made.add(workout)
    return made


@given(WORKOUTS, st.sampled_from(ZONES))
def test_days_and_weeks_and_exercises_sum_up_to_the_total(workouts: list[Done], zone: str) -> None:
    for by in BYS:
        made = statistics(workouts, by, zone)
        groups = [*made.groups.values()]
        for name in ("sets", "holds", "reps", "_held_ms", "_rep_ms", "_ranged_reps"):
            assert sum(getattr(one, name) for one in groups) == getattr(made.total, name)


@given(WORKOUTS, st.sampled_from(BYS), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(workouts: list[Done], by: By, chance: random.Random) -> None:
    mixed = [*workouts]
    chance.shuffle(mixed)
    one, other = statistics(workouts, by), statistics(mixed, by)
    assert one.in_order() == other.in_order()
    assert (one.total, one.trend()) == (other.total, other.trend())


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_moment_lies_within_its_local_day(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    day = moment.astimezone(zone).date()
    assert midnight(day, zone) <= moment < midnight(day + timedelta(days=1), zone)


def done(
    began: datetime, *sets: DoneSet, corrected: dict[str, int] | None = None, name: str = "w"
) -> Done:
    return Done(name, began, [*sets], corrected or {})


def squats(reps: int, began: datetime, mean_rep_s: float | None = None) -> DoneSet:
    return DoneSet("squat", began, reps, mean_rep_s)


def test_a_day_begins_at_local_midnight() -> None:
    late = datetime(2025, 1, 31, 22, 59, tzinfo=UTC)
    workouts = [done(at, squats(1, at)) for at in (late, late + timedelta(minutes=1))]
    days = statistics(workouts, "day", "Europe/Berlin").groups
    assert {day: sums.reps for (day, _), sums in days.items()} == {
        date(2025, 1, 31): 1,
        date(2025, 2, 1): 1,
    }
    assert len(statistics(workouts, "day").groups) == 1


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25)])
def test_days_on_which_clocks_change_are_shorter_or_longer(day: date, hours: int) -> None:
    length = midnight(day + timedelta(days=1), BERLIN) - midnight(day, BERLIN)
    assert length == timedelta(hours=hours)


def test_a_day_without_a_midnight_begins_at_its_first_moment() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # 2018-11-04 began at 01:00
    began = midnight(date(2018, 11, 4), zone)
    assert began == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert began.astimezone(zone).date() == date(2018, 11, 4)
    assert (began - timedelta(seconds=1)).astimezone(zone).date() == date(2018, 11, 3)


def test_a_workout_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    began = datetime(2025, 1, 31, 23, 50, tzinfo=UTC)
    made = statistics([done(began, squats(3, began), squats(4, began + timedelta(minutes=20)))])
    assert [(day, sums.reps) for (day, _), sums in made.in_order()] == [(date(2025, 1, 31), 7)]


@pytest.mark.parametrize("day", [date(2025, 1, 27), date(2025, 1, 31), date(2025, 2, 2)])
def test_weeks_begin_on_monday(day: date) -> None:
    assert monday(day) == date(2025, 1, 27)


NOON = datetime(2025, 1, 27, 12, tzinfo=UTC)


def test_means_weigh_by_repetitions_that_were_measured() -> None:
    sums = statistics([done(NOON, squats(1, NOON, 2), squats(3, NOON, 4), squats(9, NOON))]).total
    assert (sums.reps, sums.mean_rep_s, sums.mean_range_degrees) == (13, 3.5, None)


def test_bests_are_the_first_of_equal_ones() -> None:
    later = NOON + timedelta(days=1)
    held = [DoneSet("plank", at, 0, held_s=held_s) for at, held_s in ((NOON, 9.5), (later, 30.25))]
    total = statistics([
        done(later, squats(8, later), held[1], name="later"),
        done(NOON, squats(8, NOON), squats(7, NOON), held[0], name="first"),
    ]).total  # fmt: skip
    assert total.best_set
    assert total.best_hold
    assert (total.best_set.reps, total.best_set.workout_id) == (8, "first")
    assert (total.best_hold.held_s, total.best_hold.workout_id) == (30.25, "later")
    assert (total.holds, total.held_s) == (2, 39.75)


def test_a_corrected_count_takes_the_place_of_the_sets() -> None:
    made = statistics(
        [done(NOON, squats(5, NOON), squats(3, NOON), corrected={"squat": 10, "push_up": 4})],
        "exercise",
    )
    assert {name: sums.reps for (_, name), sums in made.in_order()} == {"push_up": 4, "squat": 10}
    assert (made.total.reps, made.total.sets) == (14, 2)
    assert made.total.best_set
    assert made.total.best_set.reps == 5


def test_nothing_done_is_no_group() -> None:
    made = statistics([done(NOON)])
    assert (made.in_order(), made.total, made.trend()) == ([], Sums(), Trend(None, 0))


def test_an_exercise_corrected_to_nothing_is_no_group_and_no_week() -> None:
    made = statistics([done(NOON, corrected={"lunge": 0}), done(NOON - timedelta(weeks=2))])
    assert (made.in_order(), made.trend()) == ([], Trend(None, 0))
    made = statistics([done(NOON, squats(5, NOON), corrected={"squat": 0})])
    assert [sums.reps for _, sums in made.in_order()] == [0]


def test_the_trend_counts_empty_weeks_between() -> None:
    weeks = [NOON + timedelta(weeks=n) for n in (0, 1, 3)]
    assert statistics([done(weeks[0], squats(9, NOON))]).trend() == Trend(None, 1)
    made = statistics([done(at, squats(10, at)) for at in weeks])
    assert made.trend() == Trend(slope([10, 10, 0, 10]), 4)


@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(2, 60))
def test_the_slope_of_a_line_is_its_own(rise: int, start: int, n: int) -> None:
    assert slope([start + rise * i for i in range(n)]) == rise


def test_the_slope_is_that_of_the_formula() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    mean_y = sum(values) / 5
    expected = sum((x - 2) * (y - mean_y) for x, y in enumerate(values)) / 10
    assert slope(values) == pytest.approx(expected)
    assert slope([1]) is None
