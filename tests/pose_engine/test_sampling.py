"""How closely somebody is looked at: within bounds, at once when he moves, always alike."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.landmarks import LANDMARK_COUNT, Landmark, Pose
from pose_engine.sampling import SLOWEST_HZ, AdaptiveSampler

FPS = 15.0
SIZE = 400.0


def somebody(*, sunk: float = 0.0, tall: float = SIZE, seen: float = 1.0) -> Pose:
    """Upright, `tall` pixels from shoulders to ankles; the upper body `sunk` by a share of it."""
    image = np.zeros((LANDMARK_COUNT, 3), np.float32)
    image[:, 1] = np.linspace(0, tall, LANDMARK_COUNT)
    image[: Landmark.LEFT_KNEE, 1] += sunk * tall
    image[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER], 1] = sunk * tall
    image[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE], 1] = tall
    visibility = np.full(LANDMARK_COUNT, seen, np.float32)
    return Pose(image=image, world=None, visibility=visibility, presence=visibility)


def rested(seconds: float = 2.0) -> AdaptiveSampler:
    """One who has seen somebody stand still until then."""
    sampler = AdaptiveSampler()
    for place in range(round(seconds * FPS) + 1):
        sampler.observe(somebody(), place / FPS)
    return sampler


poses = st.one_of(
    st.none(),
    st.builds(
        somebody, sunk=st.floats(-1, 1), tall=st.floats(0, 2000), seen=st.sampled_from([0, 1])
    ),
)


@given(seen=st.lists(st.tuples(poses, st.floats(0.001, 5)), max_size=20), fps=st.floats(0.5, 60))
def test_never_beyond_the_bounds(seen: list[tuple[Pose | None, float]], fps: float) -> None:
    """Never more than asked for, and never less than the slowest rate allows."""
    sampler, at = AdaptiveSampler(), 0.0
    for pose, elapsed in seen:
        at += elapsed
        sampler.observe(pose, at)
        stride = sampler.stride(fps)
        assert stride >= 1
        assert stride == 1 or fps / stride >= SLOWEST_HZ


def test_somebody_new_is_looked_at_closely_and_less_once_he_is_still() -> None:
    sampler = AdaptiveSampler()
    assert sampler.stride(FPS) == 1
    strides = []
    for place in range(30):
        sampler.observe(somebody(), place / FPS)
        strides.append(sampler.stride(FPS))
    assert strides == sorted(strides)
    assert (strides[0], strides[-1]) == (1, 3)


@pytest.mark.parametrize("tall", [60.0, 400.0, 2000.0])
def test_movement_is_believed_at_once(tall: float) -> None:
    """A squat, half a body deep in half a second, however large he is in the picture."""
    sampler = AdaptiveSampler()
    for place in range(30):
        sampler.observe(somebody(tall=tall), place / FPS)
    assert sampler.stride(FPS) == 3
    sampler.observe(somebody(tall=tall, sunk=0.2), 2 + 0.2)
    assert sampler.stride(FPS) <= 2
    sampler.observe(somebody(tall=tall, sunk=0.4), 2 + 0.2 + 1 / FPS)
    assert sampler.stride(FPS) == 1


def test_a_turning_point_is_no_rest() -> None:
    sampler = rested()
    for place, sunk in enumerate((0.1, 0.2, 0.3, 0.4, 0.45, 0.45, 0.45)):
        sampler.observe(somebody(sunk=sunk), 2 + (1 + place) / FPS)
    assert sampler.stride(FPS) == 1


def test_points_out_of_view_do_not_count() -> None:
    sampler = rested()
    sampler.observe(somebody(sunk=0.9, seen=0.2), 2.1)
    assert sampler.stride(FPS) == 3
    sampler.observe(somebody(), 2.2)
    assert sampler.stride(FPS) == 3, "where they were before was a guess"


def test_whoever_is_lost_is_looked_for_closely_and_then_less() -> None:
    sampler = rested()
    strides = []
    for place in range(30):
        sampler.observe(None, 2 + (1 + place) / FPS)
        strides.append(sampler.stride(FPS))
    assert strides[:10] == [1] * 10
    assert strides[-1] == 3
    sampler.observe(somebody(), 5.0)
    assert sampler.stride(FPS) == 1


@given(start_s=st.floats(2.0, 2.5), seconds=st.floats(0.8, 3), fps=st.sampled_from([15.0, 30.0]))
def test_a_repetition_that_begins_unseen_is_seen_at_its_bottom(
    start_s: float, seconds: float, fps: float
) -> None:
    """After a rest: of a depth of 0.5, however the looks fall and however quick it is."""

    def sunk(at: float) -> float:
        share = (at - start_s) / seconds
        return 0.25 * (1 - math.cos(2 * math.pi * share)) if 0 <= share <= 1 else 0.0

    sampler, looked, due = AdaptiveSampler(), [], 0
    for place in range(round(6 * fps)):
        if place >= due:
            sampler.observe(somebody(sunk=sunk(place / fps)), place / fps)
            looked.append(place / fps)
            due = place + sampler.stride(fps)
    assert max(map(sunk, looked)) > 0.45


@given(
    sunk=st.lists(st.floats(0, 0.5), min_size=30, max_size=60),
    fps=st.sampled_from([5.0, 8.0, 10.0, 15.0, 24.0, 30.0, 60.0]),
    lost=st.sets(st.integers(0, 60), max_size=3),
)
def test_frames_that_come_evenly_are_looked_at_as_a_clip_s(
    sunk: list[float], fps: float, lost: set[int]
) -> None:
    """Their times in microseconds, as they are sent."""
    clip, live, due = AdaptiveSampler(), AdaptiveSampler(), 0
    for place, depth in enumerate(sunk):
        at = round(100 + place / fps, 6)
        pose = None if place in lost else somebody(sunk=depth)
        if wanted := place >= due:
            clip.observe(pose, at)
            due = place + clip.stride(fps)
        assert [live.due(at), live.due(at)] == [wanted] * 2
        if wanted:
            live.observe(pose, at)


def test_rare_frames_are_all_due() -> None:
    sampler = rested()
    for at in (2.15, 2.3, 2.45):
        assert sampler.due(at)
        sampler.observe(somebody(), at)


@given(seen=st.lists(st.tuples(poses, st.floats(0.01, 1)), min_size=2, max_size=12))
def test_it_goes_on_from_a_snapshot_to_the_bit(seen: list[tuple[Pose | None, float]]) -> None:
    uncut, cut, at = AdaptiveSampler(), AdaptiveSampler(), 0.0
    for pose, elapsed in seen:
        at += elapsed
        assert cut.due(at) == uncut.due(at)
        uncut.observe(pose, at)
        cut.observe(pose, at)
        kept = json.dumps(cut.snapshot())
        cut = AdaptiveSampler()
        cut.restore(json.loads(kept))
        assert cut.snapshot() == uncut.snapshot()
        assert cut.stride(FPS) == uncut.stride(FPS)
