"""The tracker: when it looks for somebody, when it follows, when it forgets."""

import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from pose_engine.detector import Detector
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.landmarks import FloatArray
from pose_engine.tracker import MAX_GAP_S, REST_S, VAIN_S, PoseTracker
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


def test_it_looks_in_two_directions_and_for_those_beside_whom_it_finds_and_then_follows() -> None:
    stage = Stage()
    for step in range(3):
        assert stage.tracker.track(blank(), step / 30) is not None
    assert stage.asked() == (3, 3)


def test_of_two_the_more_central_is_taken_where_the_other_hides_him_from_the_detector() -> None:
    frame = blank(64, 64)

    def see(image: FloatArray) -> Answer:
        hidden = float(image[0, 112, 45].mean()) > -0.5
        return somebody((3.0, standing(0.55 if hidden else 0.2, reach=0.2)))

    stage = Stage()
    stage.see = see
    pose = stage.tracker.track(frame, 0.0)
    assert pose is not None
    assert abs(pose.image[:, 0].mean() / frame.width - 0.55) < 0.1
    assert not frame.pixels.any()


def test_a_lost_person_is_nobody_and_is_looked_for_on_the_next_frame() -> None:
    stage = Stage()
    stage.tracker.track(blank(), 0.0)
    stage.asked()
    stage.read = lambda image: body(flag=0.1)
    assert stage.tracker.track(blank(), 0.1) is None
    assert stage.asked() == (0, 1)
    stage.read = lambda image: body()
    assert stage.tracker.track(blank(), 0.2) is not None
    assert stage.asked() == (3, 1)


def test_while_lost_a_frame_costs_at_most_two_detections() -> None:
    stage = Stage()
    stage.see = lambda image: nobody()
    for step in range(6):
        assert stage.tracker.track(blank(), float(step)) is None
        assert stage.asked() == (2, 0)


def test_after_a_second_in_vain_it_looks_less_often_and_still_finds_who_comes() -> None:
    stage = Stage()
    stage.see = lambda image: nobody()
    for step in range(121):
        stage.tracker.track(blank(), step / 30)
    vain = math.ceil(VAIN_S * 30) + 1
    assert stage.asked()[0] == pytest.approx(2 * (vain + (120 - vain) / (REST_S * 30)), abs=6)
    stage.see = lambda image: somebody((3.0, standing()))
    came_s = 121 / 30
    found = (at for at in np.arange(came_s, came_s + 1, 1 / 30) if stage.tracker.track(blank(), at))
    assert next(found) - came_s <= REST_S


def test_who_came_after_a_search_in_vain_and_is_lost_is_looked_for_on_every_frame() -> None:
    stage = Stage()
    stage.see = lambda image: nobody()
    for step in range(60):
        stage.tracker.track(blank(), step / 30)
    stage.see = lambda image: somebody((3.0, standing()))
    for step in range(60, 90):
        stage.tracker.track(blank(), step / 30)
    stage.read = lambda image: body(flag=0.1)
    stage.tracker.track(blank(), 90 / 30)
    for step in range(91, 95):
        stage.asked()
        assert stage.tracker.track(blank(), step / 30) is None
        assert stage.asked()[0] > 0


def test_whom_to_follow_is_looked_for_at_once_however_long_nobody_was_there() -> None:
    stage = Stage()
    stage.see = lambda image: nobody()
    for step in range(62):
        stage.tracker.track(blank(), step / 30)
    stage.tracker.choose((0.5, 0.5))
    stage.asked()
    stage.tracker.track(blank(), 62 / 30)
    assert stage.asked() == (2, 0)


@pytest.mark.parametrize(("side_px", "shrink"), [(640, 1), (1280, 2), (2560, 4)])
def test_frames_may_come_smaller_while_who_is_followed_fills_the_net(
    side_px: int, shrink: int
) -> None:
    stage = Stage()
    assert stage.tracker.shrink == 1
    stage.tracker.track(blank(side_px, side_px), 0.0)  # his region is three quarters as wide
    assert stage.tracker.shrink == shrink
    stage.read = lambda image: body(flag=0.1)
    stage.tracker.track(blank(side_px, side_px), 0.1)
    assert stage.tracker.shrink == 1


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
    assert stage.asked() == (3, 2)


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


@pytest.mark.parametrize(("gap", "detections"), [(MAX_GAP_S, 3), (MAX_GAP_S + 0.1, 6)])
def test_a_long_gap_forgets_the_person(gap: float, detections: int) -> None:
    stage = Stage()
    first = stage.tracker.track(blank(), 1.0)
    second = stage.tracker.track(blank(), 1.0 + gap)
    assert stage.asked() == (detections, 2)
    assert first is not None
    assert second is not None
    assert (first.subject, second.subject) == (1, detections // 3)


def test_another_size_of_frame_forgets_the_person() -> None:
    stage = Stage()
    stage.tracker.track(blank(64, 48), 0.0)
    stage.tracker.track(blank(48, 64), 0.1)
    assert stage.asked() == (6, 2)


@pytest.mark.parametrize("after", [(800, 600), (1280, 960), (200, 151)])
def test_a_frame_of_the_same_shape_keeps_the_person_whatever_its_size(
    after: tuple[int, int],
) -> None:
    """Nothing of how he was seen before is lost either: where he rests he still does."""
    stage = Stage(smoothing=True)
    for step in range(20):
        before = stage.tracker.track(blank(640, 480), step / 30)
    now = stage.tracker.track(blank(*after), 20 / 30)
    assert stage.asked() == (3, 21)
    assert before is not None
    assert now is not None
    assert now.subject == before.subject
    np.testing.assert_allclose(now.image, before.image * (after[0] / 640), rtol=1e-5, atol=1e-3)
    assert now.scale == pytest.approx(after[0] / 640)
    other = Stage(smoothing=True).tracker
    other.restore(json.loads(json.dumps(stage.tracker.snapshot())))
    back = other.track(blank(640, 480), 21 / 30)
    assert back is not None
    assert back.scale == pytest.approx(1)


def white_below(image: FloatArray) -> bool:
    return float(image[0, -30].mean() - image[0, 30].mean()) > 0.5


def hanging() -> list[tuple[float, float]]:
    """Somebody head down, as the detector sees him."""
    return standing(reach=-0.3)


def feet_first() -> FloatArray:
    """The region is right; the ankles are farther up in it than the shoulders."""
    points = upright_points()
    points[:33] = points[32::-1].copy()
    return points


def head_down() -> FloatArray:
    """The region is to be turned round."""
    points = upright_points()
    points[34, 1] = 0.9
    return points


def upside_down(points: FloatArray | None = None) -> tuple[Stage, Frame]:
    """Somebody is followed in a region whose up is down; `points`: what is found in it."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32] = 255
    stage, frame = Stage(), Frame(pixels)
    stage.see = lambda image: somebody((3.0, standing())) if white_below(image) else nobody()
    stage.read = lambda image: body(points)
    poses = [stage.tracker.track(frame, at) for at in (0.0, 0.1, 0.2, 0.3)]
    assert poses[:2] == [None, None]
    assert white_below(stage.landmarker.inputs[-1])
    stage.asked()
    return stage, frame


def test_who_is_followed_head_down_but_comes_out_feet_up_is_looked_for_head_up() -> None:
    stage, frame = upside_down(feet_first())
    stage.see = lambda image: nobody() if white_below(image) else somebody((3.0, standing()))
    stage.read = lambda image: body(feet_first() if white_below(image) else None)
    righted = stage.tracker.track(frame, 0.5)
    assert righted is not None
    assert righted.subject == 1
    assert stage.asked() == (1, 2)
    assert stage.tracker.track(frame, 1.0) is not None
    assert not white_below(stage.landmarker.inputs[-1])
    assert stage.asked() == (0, 1)


@pytest.mark.parametrize(
    ("seen", "points"),
    [
        ([], upright_points()),
        ([hanging()], upright_points()),
        ([standing()], head_down()),
        ([standing(0.85, reach=0.1)], upright_points()),
    ],
    ids=["nobody", "seen head down", "found head down", "somebody else"],
)
def test_he_is_kept_and_looked_for_twice_a_second_when_nobody_is_there_head_up(
    seen: list[list[tuple[float, float]]], points: FloatArray
) -> None:
    stage, frame = upside_down(feet_first())
    stage.see = lambda image: somebody(*((3.0, keypoints) for keypoints in seen))
    stage.read = lambda image: body(feet_first() if white_below(image) else points)
    poses = [stage.tracker.track(frame, 0.4 + step / 10) for step in range(10)]
    assert {pose.subject for pose in poses if pose is not None} == {1}
    assert len(stage.detector.inputs) == 2
    assert white_below(stage.landmarker.inputs[-1])


def test_who_hangs_head_down_is_not_doubted() -> None:
    stage, frame = upside_down()
    assert all(stage.tracker.track(frame, 0.4 + step / 10) for step in range(10))
    assert stage.asked() == (0, 10)


def test_who_comes_out_feet_up_in_a_push_up_towards_the_camera_is_not_doubted() -> None:
    stage = Stage()
    stage.read = lambda image: body(feet_first())
    assert all(stage.tracker.track(blank(), step / 10) for step in range(10))
    assert stage.asked() == (3, 10)


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


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_tracker_goes_on_from_a_snapshot_as_if_nothing_had_been(cut: int) -> None:
    def trembling(step: int) -> Stage:
        stage = Stage(smoothing=True)
        lost = step in (4, 5)
        offset = np.float32(0.02 * math.sin(1.7 * step))
        stage.read = lambda image: body(upright_points() + offset, flag=0.1 if lost else 0.9)
        return stage

    straight, stages = Stage(smoothing=True), [trembling(step) for step in range(12)]
    resumed = Stage(smoothing=True)
    for step, stage in enumerate(stages):
        if step == cut:
            kept, resumed = (
                json.loads(json.dumps(resumed.tracker.snapshot())),
                Stage(smoothing=True),
            )
            resumed.tracker.restore(kept)
        straight.read = resumed.read = stage.read
        expected = straight.tracker.track(blank(), step / 15)
        found = resumed.tracker.track(blank(), step / 15)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            np.testing.assert_array_equal(found.image, expected.image)
            np.testing.assert_array_equal(found.visibility, expected.visibility)
            assert found.subject == expected.subject
    assert resumed.asked()[0] <= straight.asked()[0]


@pytest.mark.parametrize("wrong", [{}, {"seen": None}, {"seen": 3, "smoother": {}}])
def test_what_is_no_snapshot_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Stage().tracker.restore(wrong)
