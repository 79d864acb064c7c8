"""What is told of variants that do not count as the original."""

from dataclasses import replace

from benchmarks.counted import Counted
from benchmarks.invariance import differences
from benchmarks.labels import Label
from benchmarks.variants import TWICE
from blazereps_client.results import Rep
from tests.benchmarks.clips import counted, rep, tally

LABEL = Label("push_up__a__b.mp4", "push_up", (4,))


def told(then: list[Rep], now: list[Rep], variant: str = "8 fps") -> str:
    original = counted(LABEL, *then)
    return differences(with_variant(original, variant, now), variant)


def with_variant(original: Counted, name: str, reps: list[Rep]) -> Counted:
    return replace(original, tallies={**original.tallies, name: tally(*reps)})


def reps(*bottoms_s: float, exercise: str = "push_up") -> list[Rep]:
    return [rep(at_s - 0.2, at_s, at_s + 0.2, exercise=exercise) for at_s in bottoms_s]


def test_one_that_is_lost_between_close_ones_is_told() -> None:
    assert told(reps(1.0, 1.45, 1.9, 2.35), reps(1.0, 1.45, 2.35)) == "lost 1.9 s"
    assert told(reps(1.0, 2.35), reps(1.1, 1.45, 2.3)) == "new 1.4 s"
    assert told(reps(1.0, 1.45, 1.9), reps(1.2, 1.65)) == "lost 1.9 s"


def test_far_ones_and_those_of_another_exercise_are_others() -> None:
    assert told(reps(1.0), reps(1.6)) == "lost 1.0 s, new 1.6 s"
    assert told(reps(1.0), reps(1.0, exercise="squat")) == "lost 1.0 s, new 1.0 s"


def test_times_are_the_originals() -> None:
    assert told(reps(1.0, 3.0), reps(2.0), "half the speed") == "lost 3.0 s"
    assert told(reps(1.0), reps(1.0), TWICE) == "lost 5.0 s"
