"""Statistics of workouts: sums, bests and a trend, by local day or week and by exercise."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

By = Literal["day", "week", "exercise", "day,exercise", "week,exercise"]
_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class DoneSet:
    """A set, or a hold, which has no repetitions."""

    exercise: str
    at: datetime
    reps: int
    mean_rep_s: float | None = None
    range_degrees: float | None = None
    held_s: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A workout: it belongs, as a whole, to the local day on which it began."""

    workout_id: str
    began: datetime
    sets: list[DoneSet]
    corrected: Mapping[str, int]
    """By exercise the repetitions that count instead of those of its sets."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best set or hold."""

    exercise: str
    workout_id: str
    at: datetime
    reps: int
    held_s: float | None

    @property
    def rank(self) -> tuple[float, datetime, str, str]:
        """The lowest is the best; of equal ones the first."""
        how_good = self.reps if self.held_s is None else self.held_s
        return -how_good, self.at, self.workout_id, self.exercise


@dataclass(slots=True)
class Sums:
    """Sums of a group. Whole numbers of thousandths, so that no order of adding matters."""

    sets: int = 0
    holds: int = 0
    reps: int = 0
    best_set: Best | None = None
    best_hold: Best | None = None
    _held_ms: int = 0
    _rep_ms: int = 0
    _timed_reps: int = 0
    _millidegrees: int = 0
    _ranged_reps: int = 0

    @property
    def held_s(self) -> float:
        """Seconds held in all."""
        return self._held_ms / 1000

    @property
    def mean_rep_s(self) -> float | None:
        """Seconds a repetition, over those that were measured."""
        return _mean(self._rep_ms, self._timed_reps)

    @property
    def mean_range_degrees(self) -> float | None:
        """Degrees a repetition, over those of sets in which it was measured."""
        return _mean(self._millidegrees, self._ranged_reps)

    def add(self, one: DoneSet, workout_id: str) -> None:
        """A set or a hold."""
        best = Best(one.exercise, workout_id, one.at, one.reps, one.held_s)
        if one.held_s is not None:
            self.holds += 1
            self._held_ms += _thousandths(one.held_s)
            self.best_hold = _better(self.best_hold, best)
            return
        self.sets += 1
        self.reps += one.reps
        self.best_set = _better(self.best_set, best)
        if one.mean_rep_s is not None:
            self._rep_ms += _thousandths(one.mean_rep_s) * one.reps
            self._timed_reps += one.reps
        if one.range_degrees is not None:
            self._millidegrees += _thousandths(one.range_degrees) * one.reps
            self._ranged_reps += one.reps


@dataclass(frozen=True, slots=True)
class Trend:
    """How repetitions change from week to week; None where there are fewer than two weeks."""

    reps_a_week: float | None
    n: int


Group = tuple[date | None, str | None]
"""A day, or the Monday of a week, and an exercise, as far as it is asked for."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the workouts that are added come to. In memory are the groups, not the workouts."""

    by: By
    zone: ZoneInfo
    total: Sums = field(default_factory=Sums)
    groups: dict[Group, Sums] = field(default_factory=lambda: defaultdict(Sums))
    _weeks: dict[date, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, workout: Done) -> None:
        """One more workout, in any order."""
        day = workout.began.astimezone(self.zone).date()
        counted: dict[str, int] = defaultdict(int)
        for one in workout.sets:
            counted[one.exercise] += one.reps
            for sums in (self.total, self._group(day, one.exercise)):
                sums.add(one, workout.workout_id)
        for exercise, count in workout.corrected.items():
            if not count and exercise not in counted:
                continue  # nothing was done, nor was it said to be
            for sums in (self.total, self._group(day, exercise)):
                sums.reps += count - counted[exercise]
            counted[exercise] = count
        if counted:
            self._weeks[monday(day)] += sum(counted.values())

    def trend(self) -> Trend:
        """The least-squares slope over the weeks from the first to the last, empty ones too."""
        if not self._weeks:
            return Trend(None, 0)
        reps = [*_every_week(self._weeks)]
        return Trend(slope(reps), len(reps))

    def in_order(self) -> list[tuple[Group, Sums]]:
        """The groups by time, then by exercise."""
        return sorted(
            self.groups.items(), key=lambda item: (item[0][0] or date.min, item[0][1] or "")
        )

    def _group(self, day: date, exercise: str) -> Sums:
        day_or_week = {"d": day, "w": monday(day)}.get(self.by[0])
        return self.groups[day_or_week, exercise if self.by.endswith("exercise") else None]


def monday(day: date) -> date:
    """On which the week of a day begins."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone, in UTC; where there is no midnight, its first moment."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def slope(values: Sequence[float]) -> float | None:
    """The least-squares slope over 0 ... n - 1, None of fewer than two."""
    n = len(values)
    if n < 2:
        return None
    # With x symmetric about 0 both means fall out; in halves, so that whole numbers stay whole.
    halves = [2 * i - (n - 1) for i in range(n)]
    moved = sum(x * y for x, y in zip(halves, values, strict=True))
    return 2 * moved / sum(x * x for x in halves)


def _every_week(weeks: Mapping[date, int]) -> Iterator[int]:
    week, last = min(weeks), max(weeks)
    while week <= last:
        yield weeks.get(week, 0)
        week += _WEEK


def _better(before: Best | None, now: Best) -> Best:
    return now if before is None else min(before, now, key=lambda best: best.rank)


def _mean(thousandths: int, number: int) -> float | None:
    return round(thousandths / number / 1000, 3) if number else None


def _thousandths(value: float) -> int:
    return round(value * 1000)
