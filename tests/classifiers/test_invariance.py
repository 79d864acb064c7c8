"""A count does not depend on how a movement was sampled: the same stick figures, seen otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.events import Event, RepCounted, RepRejected
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from pose_engine.landmarks import MIRROR, Pose
from tests.classifiers.figures import EXERCISES, Posture, push_up, repetitions, samples, squat

Observations = Iterable[tuple[float, Pose]]

LIBRARY = Library(EXERCISES, PoseClassifier(EXERCISES, samples()))
FULL, SHALLOW = 1.0, 0.4
DEPTHS = [FULL, SHALLOW, FULL]
REP_S, REST_S = 2.0, 0.5
SET_S = len(DEPTHS) * (REP_S + REST_S)
FIGURES = {"squat": squat, "push_up": push_up}

exercises = st.sampled_from(sorted(FIGURES))
quick = settings(max_examples=8)


def _seen(posture: Posture, fps: float = 15) -> Iterator[tuple[float, Pose]]:
    return repetitions(posture, DEPTHS, fps=fps, seconds=REP_S, rest=REST_S)


def _events(observations: Observations) -> list[Event]:
    session = LIBRARY.session("auto")
    events = [event for at, pose in observations for event in session.observe(pose, at)]
    return events + session.finish()


def _counts(observations: Observations) -> dict[str, int]:
    counted = [event for event in _events(observations) if isinstance(event, RepCounted)]
    return {name: sum(one.exercise == name for one in counted) for name in FIGURES}


def _right(exercise: str, sets: int = 1) -> dict[str, int]:
    return {name: sets * DEPTHS.count(FULL) * (name == exercise) for name in FIGURES}


def _mirrored(pose: Pose) -> Pose:
    assert pose.world is not None
    across = np.array([-1, 1, 1], np.float32)
    return replace(
        pose,
        image=pose.image[MIRROR] * across,
        world=pose.world[MIRROR] * across,
        visibility=pose.visibility[MIRROR],
        presence=pose.presence[MIRROR],
    )


@quick
@given(exercise=exercises, fps=st.floats(8, 30))
def test_the_frame_rate_does_not_matter(exercise: str, fps: float) -> None:
    assert _counts(_seen(FIGURES[exercise], fps)) == _right(exercise)


@quick
@given(exercise=exercises, speed=st.floats(0.5, 1.5))
def test_the_speed_does_not_matter(exercise: str, speed: float) -> None:
    played = ((at / speed, pose) for at, pose in _seen(FIGURES[exercise], 15 * speed))
    assert _counts(played) == _right(exercise)


@quick
@given(exercise=exercises, speed=st.floats(0.5, 1.5))
def test_stretched_times_of_the_same_frames_do_not_matter(exercise: str, speed: float) -> None:
    played = ((at / speed, pose) for at, pose in _seen(FIGURES[exercise]))
    assert _counts(played) == _right(exercise)


@quick
@given(exercise=exercises, seed=st.integers(0, 2**32))
def test_a_tenth_of_the_frames_may_be_missing(exercise: str, seed: int) -> None:
    chance = Random(seed)
    left = (one for one in _seen(FIGURES[exercise]) if chance.random() >= 0.1)
    assert _counts(left) == _right(exercise)


@quick
@given(exercise=exercises, gap_s=st.floats(0, 3))
def test_half_a_second_may_be_missing_every_three(exercise: str, gap_s: float) -> None:
    left = ((at, pose) for at, pose in _seen(FIGURES[exercise]) if (at - gap_s) % 3 >= 0.5)
    assert _counts(left) == _right(exercise)


@pytest.mark.parametrize("exercise", FIGURES)
def test_a_mirrored_person_causes_the_same_events(exercise: str) -> None:
    seen = list(_seen(FIGURES[exercise]))
    mirrored = _events((at, _mirrored(pose)) for at, pose in seen)
    for one, other in zip(_events(seen), mirrored, strict=True):
        assert type(one) is type(other)
        if isinstance(one, RepCounted | RepRejected):
            assert isinstance(other, type(one))
            assert (other.exercise, other.count) == (one.exercise, one.count)
            assert other.depth == pytest.approx(one.depth, abs=1e-3)


@pytest.mark.parametrize("exercise", FIGURES)
def test_a_set_done_twice_counts_twice(exercise: str) -> None:
    posture = FIGURES[exercise]
    again = ((SET_S + at, pose) for at, pose in _seen(posture))
    assert _counts(chain(_seen(posture), again)) == _right(exercise, sets=2)
