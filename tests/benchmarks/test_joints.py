"""How far off joints are is nothing for the truth, and less when a flat body is lifted."""

import numpy as np
import pytest

from benchmarks.joints import JOINTS, Errors, errors, joint_table, off, true_points
from benchmarks.rendered_people import scene
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Pose
from tests.people.bones import default_skeleton

NET = 0
FLAT = np.array([1, 1, 0.4], np.float32)


def _errors(exercise: str, squeeze: FloatArray) -> Errors:
    """Of somebody whose picture is right, and how far away he is is not."""
    clip, skeleton = scene(exercise, 1), default_skeleton()
    at_s = np.arange(0, 3, 0.1).tolist()
    seen = np.ones(LANDMARK_COUNT, np.float32)
    bodies = true_points(clip, skeleton, at_s)
    poses = [Pose(body * 100, body * squeeze, seen, seen) for body in bodies]
    return errors(clip, skeleton, [(9.9, None), *zip(at_s, poses, strict=True)])


@pytest.mark.parametrize("exercise", JOINTS)
def test_somebody_who_is_seen_as_he_is_is_off_by_nothing(exercise: str) -> None:
    found = _errors(exercise, np.ones(3, np.float32))
    assert (found.exercise, found.view) == (exercise, "oblique front")
    assert found.millimetres[NET] == pytest.approx(0, abs=0.01)
    assert found.degrees[NET] == pytest.approx(0, abs=0.1)
    assert 0 < found.bottom.sum() < len(found.bottom)


@pytest.mark.parametrize("exercise", JOINTS)
def test_what_is_flat_is_lifted_nearer_to_the_truth(exercise: str) -> None:
    net, lifted = _errors(exercise, FLAT).millimetres.mean(1)
    assert 0 < lifted < 0.8 * net


def test_place_and_size_do_not_matter() -> None:
    bodies = np.random.default_rng(1).normal(size=(4, LANDMARK_COUNT, 3)).astype(np.float32)
    assert off(bodies * np.float32(7) + np.float32(2), bodies) == pytest.approx(0, abs=0.1)


def test_the_table_has_a_line_for_each_view_and_their_mean() -> None:
    found = [
        _squats("side", millimetres=[100, 50], degrees=[20, -4]),
        _squats("rear", millimetres=[140, 70], degrees=[30, 8]),
    ]
    lines = joint_table(found).splitlines()
    assert "| squat | front | 0 | – | – | – | – | – | – |" in lines
    assert "| squat | side | 3 | 100 mm | 50 mm | 20° | 4° | 20° | -4° |" in lines
    assert "| squat | all | 6 | 120 mm | 60 mm | 25° | 6° | 25° | 2° |" in lines


def _squats(view: str, millimetres: list[float], degrees: list[float]) -> Errors:
    pictures = np.ones(3)
    return Errors(
        "squat",
        view,
        bottom=np.array([False, True, True]),
        millimetres=np.outer(millimetres, pictures),
        degrees=np.multiply.outer(degrees, np.ones((3, 2))),
    )
