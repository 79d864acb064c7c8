"""What a tilted camera makes of somebody's stance is taken off how far his weight goes back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.embedding import embed
from classifiers.stance import Stance
from tests.classifiers.figures import EXERCISES, Posture, as_pose, from_above, sit_down, squat

SQUAT = EXERCISES[0]


def _vector(posture: Posture, depth: float, camera: float = 0) -> list[float]:
    vector: list[float] = embed(as_pose(from_above(posture(depth), camera))).tolist()
    return vector


def _seen(posture: Posture, depths: list[float], camera: float = 0, fps: float = 15) -> Stance:
    stance = Stance()
    for number, depth in enumerate(depths):
        stance = stance.after(_vector(posture, depth, camera), number / fps)
    return stance


_DOWN = [0.0] * 15 + [0.25, 0.5, 0.75, 1.0, 1.0]


def test_of_who_was_not_seen_yet_nothing_is_known() -> None:
    assert Stance().tilt == 0


@pytest.mark.parametrize("camera", [5, 10, 15, 20])
def test_what_a_camera_from_above_makes_of_the_weight_is_taken_off(camera: float) -> None:
    """Before it a squat seems to have the weight ahead of the feet, and a seat less behind them."""
    for posture in (squat, sit_down):
        vector, tilt = _vector(posture, 0.95, camera), _seen(posture, _DOWN, camera).tilt
        true = SQUAT.set_back(_vector(posture, 0.95))
        seen, righted = SQUAT.set_back(vector), SQUAT.set_back(vector, tilt)
        assert seen < true
        assert abs(righted - true) < 0.6 * (true - seen)


@given(st.floats(0, 20), st.sampled_from([8, 15, 30]), st.floats(0.5, 20))
def test_who_sits_or_stays_down_stands_no_other_way(
    camera: float, fps: float, seconds: float
) -> None:
    standing = _seen(squat, [0.0] * round(fps), camera, fps)
    stayed = _seen(squat, [0.0] * round(fps) + [1.0] * round(seconds * fps), camera, fps)
    assert stayed.tilt == pytest.approx(standing.tilt, abs=0.1)


def test_the_camera_that_is_there_now_is_what_counts() -> None:
    stance = _seen(squat, [0.0] * 30, 20)
    for number in range(30, 60):
        stance = stance.after(_vector(squat, 0), number / 15)
    assert stance.tilt == pytest.approx(_seen(squat, [0.0] * 30).tilt, abs=0.02)


def test_one_sight_after_a_gap_does_not_speak_for_the_gap() -> None:
    stance, tilted = (_seen(squat, [0.0] * 30, camera) for camera in (0, 20))
    before = stance.tilt
    stance = stance.after(_vector(squat, 0, 20), 60)
    assert abs(stance.tilt - before) < 0.6 * abs(tilted.tilt - before)


def test_a_body_of_no_size_breaks_nothing() -> None:
    stance = _seen(squat, [0.0] * 30, 15)
    before = stance.tilt
    stance = stance.after(embed(as_pose(np.zeros((33, 3), np.float32))).tolist(), 2.1)
    assert stance.tilt == pytest.approx(before, abs=1e-6)


def test_a_snapshot_goes_on_where_it_was_taken() -> None:
    first = _seen(squat, [0.0] * 10, 15)
    second = Stance(**json.loads(json.dumps(first._asdict())))
    assert second.after(_vector(squat, 0.1), 1) == first.after(_vector(squat, 0.1), 1)


def test_a_wrong_snapshot_is_refused() -> None:
    with pytest.raises(TypeError):
        Stance(**{"total": 1})
