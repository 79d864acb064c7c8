"""Samples: BlazePose's axes and scales, repeatable, with the noise that is asked for."""

import numpy as np
import pytest

from people.motions import MOTIONS
from people.samples import sample_poses
from people.skeleton import Skeleton
from pose_engine.landmarks import Landmark


def test_every_motion_gives_finite_poses_about_the_hips(skeleton: Skeleton) -> None:
    samples = sample_poses(list(MOTIONS), 3 * len(MOTIONS), 1, skeletons=[skeleton])
    assert samples.world.shape == samples.image.shape == (3 * len(MOTIONS), 33, 3)
    assert np.isfinite(samples.world).all()
    assert np.isfinite(samples.image).all()
    np.testing.assert_allclose(samples.world[:, 23:25].mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(samples.image[:, 23:25, 2].mean(1), 0, atol=1e-3)
    assert list(samples.motion[: len(MOTIONS)]) == list(MOTIONS)


def test_axes_are_right_down_and_away(skeleton: Skeleton) -> None:
    samples = sample_poses(["idle"], 60, 2, noise=False, skeletons=[skeleton])
    nose = samples.world[:, Landmark.NOSE]
    assert (nose[:, 1] < -0.3).all()
    front = np.cos(np.radians(samples.azimuth)) > 0.8
    back = np.cos(np.radians(samples.azimuth)) < -0.8
    assert front.any()
    assert back.any()
    left, right = samples.world[:, Landmark.LEFT_HIP], samples.world[:, Landmark.RIGHT_HIP]
    assert (left[front, 0] > right[front, 0]).all()
    assert (left[back, 0] < right[back, 0]).all()
    side = np.sin(np.radians(samples.azimuth)) > 0.9
    assert side.any()
    assert (left[side, 2] < right[side, 2]).all()


def test_nearer_things_are_larger_in_the_image(skeleton: Skeleton) -> None:
    samples = sample_poses(["push_up"], 120, 3, noise=False, skeletons=[skeleton])
    head_on = np.cos(np.radians(samples.azimuth)) > 0.95
    shoulders = np.abs(samples.image[head_on, 11, 0] - samples.image[head_on, 12, 0])
    hips = np.abs(samples.image[head_on, 23, 0] - samples.image[head_on, 24, 0])
    world = np.abs(samples.world[head_on, 11, 0] - samples.world[head_on, 12, 0])
    hip_world = np.abs(samples.world[head_on, 23, 0] - samples.world[head_on, 24, 0])
    assert (shoulders / world > hips / hip_world).all()


def test_far_limbs_are_hidden_from_the_side(skeleton: Skeleton) -> None:
    samples = sample_poses(["idle"], 150, 4, noise=False, skeletons=[skeleton])
    side = np.sin(np.radians(samples.azimuth)) > 0.95
    hidden = samples.hidden[side].mean(0)
    assert hidden[Landmark.RIGHT_HIP] > 0.5 > hidden[Landmark.LEFT_HIP]


def test_the_same_seed_gives_the_same_poses(skeleton: Skeleton) -> None:
    first, again, other = (
        sample_poses(["squat", "lunge"], 20, seed, skeletons=[skeleton]) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first.world, again.world)
    assert not np.array_equal(first.world, other.world)


def test_depths_and_style_can_be_given(skeleton: Skeleton) -> None:
    deep = sample_poses(["plank"], 40, 8, skeletons=[skeleton], depths=(0.9, 1.0))
    assert deep.depth.min() >= 0.9
    low, high = (
        sample_poses(["plank"], 40, 8, noise=False, skeletons=[skeleton], style={"kind": kind})
        for kind in ("forearms", "straight")
    )
    heights = [float(np.ptp(samples.world[:, [11, 15], 1], 1).mean()) for samples in (low, high)]
    assert heights[0] < heights[1] - 0.1
    with pytest.raises(TypeError, match="tail"):
        sample_poses(["plank"], 1, 8, skeletons=[skeleton], style={"tail": "up"})


def test_noise_is_larger_along_the_view(skeleton: Skeleton) -> None:
    clean, noisy = (
        sample_poses(["squat"], 80, 7, noise=noise, skeletons=[skeleton]) for noise in (False, True)
    )
    error = np.abs(noisy.world - clean.world).mean((0, 1))
    assert error[2] > 2 * error[0]
    assert 0.005 < error[0] < 0.03


def test_how_far_away_a_leg_is_is_the_more_wrong_the_farther_down(skeleton: Skeleton) -> None:
    clean, noisy = (
        sample_poses(["idle"], 80, 7, noise=noise, skeletons=[skeleton]) for noise in (False, True)
    )
    error = np.abs(noisy.world - clean.world)[..., 2].mean(0)
    hip, knee, ankle = (
        error[[Landmark[f"LEFT_{joint}"], Landmark[f"RIGHT_{joint}"]]].mean()
        for joint in ("HIP", "KNEE", "ANKLE")
    )
    assert hip < knee < 0.75 * ankle


def test_an_unknown_motion_is_refused(skeleton: Skeleton) -> None:
    with pytest.raises(KeyError, match="handstand"):
        sample_poses(["handstand"], 1, 0, skeletons=[skeleton])
