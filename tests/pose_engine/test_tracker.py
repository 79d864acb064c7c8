"""The tracker: when it looks for somebody, when it follows, when it forgets."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from pose_engine.detector import Detector
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.landmarks import FloatArray
from pose_engine.tracker import MAX_GAP_S, PoseTracker
from tests.pose_engine.fakes import (
    LANDMARK_OUTPUTS,
    Answer,
    FakeNet,
    blank,
    body,
    nobody,
    somebody,
    standing,
    upright_points,
)


class Stage:
    """A tracker on nets whose answers a test may change between frames."""

    def __init__(self, *, smoothing: bool = False) -> None:
        self.see: Callable[[FloatArray], Answer] = lambda image: somebody((3.0, standing()))
        self.read: Callable[[FloatArray], Answer] = lambda image: body()
        self.detector = FakeNet(self._detect)
        self.landmarker = FakeNet(self._locate, *LANDMARK_OUTPUTS)
        self.tracker = PoseTracker(
            Detector(self.detector), Landmarker(self.landmarker), smoothing=smoothing
        )

    def _detect(self, image: FloatArray) -> Answer:
        return self.see(image)

    def _locate(self, image: FloatArray) -> Answer:
        return self.read(image)

    def asked(self) -> tuple[int, int]:
        """How often detector and landmark net ran since the last question."""
        counts = len(self.detector.inputs), len(self.landmarker.inputs)
        self.detector.inputs.clear()
        self.landmarker.inputs.clear()
        return counts


def test_it_looks_for_people_once_in_two_directions_and_then_follows() -> None:
    stage = Stage()
    for step in range(3):
        assert stage.tracker.track(blank(), step / 30) is not None
    assert stage.asked() == (2, 3)


def test_a_lost_person_is_nobody_and_is_looked_for_on_the_next_frame() -> None:
    stage = Stage()
    stage.tracker.track(blank(), 0.0)
    stage.asked()
    stage.read = lambda image: body(flag=0.1)
    assert stage.tracker.track(blank(), 0.1) is None
    assert stage.asked() == (0, 1)
    stage.read = lambda image: body()
    assert stage.tracker.track(blank(), 0.2) is not None
    assert stage.asked() == (2, 1)


def test_while_lost_a_frame_costs_at_most_two_detections() -> None:
    stage = Stage()
    stage.see = lambda image: nobody()
    for step in range(6):
        assert stage.tracker.track(blank(), float(step)) is None
        assert stage.asked() == (2, 0)


@pytest.mark.parametrize("head", ["left", "right", "bottom"])
def test_somebody_who_lies_or_hangs_is_found_within_three_frames(head: str) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    halves = {"left": pixels[:, :32], "right": pixels[:, 32:], "bottom": pixels[32:]}
    halves[head][:] = 255
    stage = Stage()
    stage.see = lambda image: (
        somebody((3.0, standing())) if image[0, 10:100, 10:-10].min() > 0.9 else nobody()
    )
    poses = [stage.tracker.track(Frame(pixels), step / 30) for step in range(4)]
    assert sum(pose is None for pose in poses) <= 2
    assert poses[-1] is not None
    nose, foot = poses[-1].image[0], poses[-1].image[32]
    expected = {"left": (-1, 0), "right": (1, 0), "bottom": (0, 1)}[head]
    np.testing.assert_array_equal(np.sign(np.round(nose - foot, 2))[:2], expected)


def test_a_detection_that_nobody_is_in_is_passed_over_for_a_turned_one() -> None:
    stage = Stage()
    flags = iter([0.1, 0.9])
    stage.read = lambda image: body(flag=next(flags))
    assert stage.tracker.track(blank(), 0.0) is not None
    assert stage.asked() == (2, 2)


def test_the_region_follows_the_person() -> None:
    stage = Stage()
    shifted = upright_points()
    shifted[33:35, 0] += 0.1
    stage.read = lambda image: body(shifted)
    first = stage.tracker.track(blank(100, 100), 0.0)
    second = stage.tracker.track(blank(100, 100), 0.1)
    assert first is not None
    assert second is not None
    assert second.image[0, 0] > first.image[0, 0] + 1


@pytest.mark.parametrize("at", [1.0, 0.5, -1.0, math.nan, math.inf])
def test_time_must_go_forwards(at: float) -> None:
    tracker = Stage().tracker
    tracker.track(blank(), 1.0)
    with pytest.raises(ValueError, match=r"^at must be"):
        tracker.track(blank(), at)
    assert tracker.track(blank(), 1.1) is not None


def test_after_a_reset_time_may_start_anew() -> None:
    stage = Stage()
    stage.tracker.track(blank(), 5.0)
    stage.tracker.reset()
    assert stage.tracker.track(blank(), 0.0) is not None
    assert stage.asked() == (4, 2)


@pytest.mark.parametrize(("gap", "detections"), [(MAX_GAP_S, 2), (MAX_GAP_S + 0.1, 4)])
def test_a_long_gap_forgets_the_person(gap: float, detections: int) -> None:
    stage = Stage()
    first = stage.tracker.track(blank(), 1.0)
    second = stage.tracker.track(blank(), 1.0 + gap)
    assert stage.asked() == (detections, 2)
    assert first is not None
    assert second is not None
    assert (first.subject, second.subject) == (1, detections // 2)


def test_another_size_of_frame_forgets_the_person() -> None:
    stage = Stage()
    stage.tracker.track(blank(64, 48), 0.0)
    stage.tracker.track(blank(48, 64), 0.1)
    assert stage.asked() == (4, 2)


def jitter(stage: Stage) -> float:
    random = np.random.default_rng(0)

    def trembling(image: FloatArray) -> Answer:
        points = upright_points()
        points[:33] += random.normal(0, 0.002, (33, 3)).astype(np.float32)
        return body(points)

    stage.read = trembling
    poses = [stage.tracker.track(blank(200, 200), step / 30) for step in range(60)]
    points = np.array([pose.image for pose in poses if pose is not None])
    return float(np.abs(np.diff(points, axis=0)).mean())


def test_smoothing_takes_the_tremble_out() -> None:
    assert jitter(Stage(smoothing=True)) < 0.5 * jitter(Stage(smoothing=False))


def test_the_filters_start_anew_with_the_person() -> None:
    stage = Stage(smoothing=True)
    for step in range(5):
        stage.tracker.track(blank(100, 100), step / 30)
    stage.read = lambda image: body(flag=0.0)
    stage.tracker.track(blank(100, 100), 0.3)
    moved = upright_points()
    moved[:33, 0] += 0.2
    stage.read = lambda image: body(moved)
    pose = stage.tracker.track(blank(100, 100), 0.4)
    assert pose is not None
    assert pose.image[0, 0] == pytest.approx(50 + 0.2 * 75, abs=1e-2)
