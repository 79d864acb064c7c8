"""Periods of any movement that repeats, on stick figures."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from classifiers.events import UnknownCounted
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from classifiers.periods import LEAST_PERIODS, PeriodCounter
from pose_engine.landmarks import Landmark, Pose
from tests.classifiers.figures import EXERCISES, as_pose, repetitions, samples, squat

Seen = list[tuple[float, Pose]]
_ARMS = [Landmark[f"{side}_{name}"] for side in ("LEFT", "RIGHT") for name in ("ELBOW", "WRIST")]


def _waving(
    height: Callable[[float], float], seconds: float, fps: float = 15
) -> Iterator[tuple[float, Pose]]:
    """Somebody who stands and moves both arms up and down, in metres over time."""
    for at_s in np.arange(0, seconds, 1 / fps):
        points = squat(0)
        points[_ARMS, 1] -= np.float32(height(float(at_s)))
        yield float(at_s), as_pose(points)


def _sine(period_s: float) -> Callable[[float], float]:
    return lambda at_s: 0.25 - 0.25 * float(np.cos(2 * np.pi * at_s / period_s))


def _count(seen: Seen) -> list[UnknownCounted]:
    counter = PeriodCounter()
    events = [event for at_s, pose in seen for event in counter.observe(pose, at_s)]
    return events + counter.finish()


@pytest.mark.parametrize("fps", [10, 15, 30])
@pytest.mark.parametrize("period_s", [0.8, 1.6, 3.0])
def test_every_period_of_an_even_movement_counts(period_s: float, fps: float) -> None:
    events = _count([*_waving(_sine(period_s), 8 * period_s + 0.2, fps)])
    assert [event.count for event in events] == list(range(1, len(events) + 1))
    assert len(events) == pytest.approx(8, abs=1)
    starts = [event.start_s for event in events]
    assert np.diff(starts) == pytest.approx([period_s] * (len(starts) - 1), abs=0.15)
    assert all(0 < event.end_s - event.start_s <= period_s for event in events)


@pytest.mark.parametrize("aside", [(0, 0), (3, 3), (12, 6)])
def test_the_place_in_the_picture_does_not_matter(aside: tuple[float, float]) -> None:
    """Nor that the torso seems shorter and longer, as it does to who leans or is seen badly."""
    shift = np.array([*aside, 0], np.float32)
    still = [*_waving(lambda _: 0.0, 30)]
    size = [1 + 0.15 * np.sin(2 * np.pi * at_s / 5) for at_s, _ in still]
    seen = [
        (at_s, replace(pose, image=(pose.image - pose.image.mean(0)) * np.float32(by) + shift))
        for (at_s, pose), by in zip(still, size, strict=True)
    ]
    here = [replace(pose, image=pose.image - shift) for _, pose in seen]
    assert _count(seen) == _count(
        [(at_s, pose) for (at_s, _), pose in zip(seen, here, strict=True)]
    )


@pytest.mark.parametrize("size", [0.25, 0.75, 2.0])
def test_another_size_of_the_picture_is_no_movement_and_ends_none(size: float) -> None:
    def resized(seen: Seen, every_s: float) -> Seen:
        sizes = [size if at_s // every_s % 2 else 1.0 for at_s, _ in seen]
        return [
            (at_s, replace(pose, image=pose.image * np.float32(by), scale=by))
            for (at_s, pose), by in zip(seen, sizes, strict=True)
        ]

    assert _count(resized([*_waving(lambda _: 0.0, 20)], 1)) == []
    waving = [*_waving(_sine(1.6), 13)]
    assert len(_count(resized(waving, 3))) == len(_count(waving))


def test_who_went_away_from_the_camera_is_measured_by_his_size_there() -> None:
    def waving(at_s: float) -> float:
        return 0.5 * _sine(1.6)(at_s) if at_s > 11.2 else 0.0

    here = [*_waving(waving, 24)]
    away = [
        (at_s, replace(pose, image=pose.image * np.float32(max(1 - 0.2 * at_s, 0.3))))
        for at_s, pose in here
    ]
    assert len(_count(away)) == len(_count(here)) > 6


def test_a_snapshot_without_an_origin_begins_anew_with_its_count() -> None:
    counter = PeriodCounter()
    for at_s, pose in _waving(_sine(1.6), 13):
        counter.observe(pose, at_s)
    kept = counter.snapshot()
    del kept["origin"]
    restored = PeriodCounter().restored(kept)
    assert restored.count == counter.count > 3
    still = [(13 + at_s, pose) for at_s, pose in _waving(lambda _: 0.0, 5)]
    assert [event for at_s, pose in still for event in restored.observe(pose, at_s)] == []


def test_standing_still_and_trembling_count_nothing() -> None:
    rng = np.random.default_rng(3)
    trembling = _waving(lambda _: float(rng.normal(0, 0.004)), 20)
    assert _count([*_waving(lambda _: 0.0, 20)]) == _count([*trembling]) == []


def test_less_than_three_periods_do_not_repeat() -> None:
    assert LEAST_PERIODS == 3
    assert _count([*_waving(_sine(2), 4.5)]) == []


@pytest.mark.parametrize(("again_s", "more"), [(99, 0), (8.8, 1), (16, 0)])
def test_one_period_long_after_the_others_is_none(again_s: float, more: int) -> None:
    sine = _sine(1.6)

    def waving(at_s: float) -> float:
        return sine(at_s) if at_s < 8 or again_s <= at_s < again_s + 1.6 else 0.0

    assert len(_count([*_waving(waving, 20)])) == 5 + more


def test_no_period_counts_twice_however_long_the_rest_between_them() -> None:
    quick = _sine(0.6)
    events = _count([*_waving(lambda at_s: quick(min(at_s % 2.4, 0.6)), 24)])
    assert [round(event.start_s / 2.4) for event in events] == list(range(9))


def test_who_tires_and_moves_less_and_less_is_counted_on() -> None:
    sine = _sine(1.6)
    assert len(_count([*_waving(lambda at_s: 0.93 ** (at_s / 1.6) * sine(at_s), 20)])) == 12


def test_a_snapshot_goes_on_where_it_was_taken() -> None:
    seen = [*_waving(_sine(1.2), 12)]
    whole, first = PeriodCounter(), PeriodCounter()
    expected = [event for at_s, pose in seen for event in whole.observe(pose, at_s)]
    begun = [event for at_s, pose in seen[:80] for event in first.observe(pose, at_s)]
    second = PeriodCounter().restored(json.loads(json.dumps(first.snapshot())))
    assert begun + [e for at_s, p in seen[80:] for e in second.observe(p, at_s)] == expected


def test_a_session_counts_the_unknown_only_when_asked_and_never_a_known_exercise() -> None:
    library = Library(EXERCISES, PoseClassifier(EXERCISES, samples()))
    waving = [*_waving(_sine(1.6), 13)]
    for unknown, expected in ((False, None), (True, 8)):
        session = library.session(unknown=unknown)
        for at_s, pose in waving:
            session.observe(pose, at_s)
        session.finish()
        assert session.counts.get("unknown") == pytest.approx(expected, abs=1)
    session = library.session(unknown=True)
    for at_s, pose in repetitions(squat, [0.9] * 5):
        session.observe(pose, at_s)
    session.finish()
    assert session.counts == {"squat": 5, "push_up": 0, "unknown": 0}
