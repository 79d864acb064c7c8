"""Several people in view: whom the tracker takes, and that it keeps to him."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pose_engine.clips import Clip
from pose_engine.detector import Detector
from pose_engine.engine import PoseEngine
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.landmarks import Box, FloatArray, Focus, Point, Pose
from pose_engine.tracker import MAX_GAP_S, REST_S, WAIT_S, PoseTracker
from tests.pose_engine.fakes import LANDMARK_OUTPUTS, Answer, FakeNet, body, somebody

WIDTH = 400
STEP_S = 1 / 15


@dataclass(frozen=True)
class Person:
    """Somebody upright in a square picture; `grey`, 0..1, is how he is told apart."""

    x: float
    grey: float
    reach: float = 0.2
    logit: float = 3.0
    there: bool = True

    def keypoints(self) -> list[tuple[float, float]]:
        end = (self.x, 0.5 - self.reach)
        return [(self.x, 0.5 - self.reach), (0.02, 0.02), (self.x, 0.5), end, end, end]


class Scene:
    """A tracker on nets that see the people of `people`, and what it makes of them."""

    def __init__(self, *people: Person, focus: Focus | None = None) -> None:
        self.people = list(people)
        self.located = FakeNet(self._locate, *LANDMARK_OUTPUTS)
        self.tracker = PoseTracker(
            Detector(FakeNet(self._detect)), Landmarker(self.located), smoothing=False, focus=focus
        )
        self.at = 0.0

    def change(self, who: int, **changes: Any) -> None:
        self.people[who] = replace(self.people[who], **changes)

    def step(self, seconds: float = STEP_S) -> Pose | None:
        self.at += seconds
        return self.tracker.track(Frame(self._paint()), self.at)

    def seen(self, seconds: float = STEP_S) -> tuple[float, int] | None:
        """Where the person followed is, and his number."""
        pose = self.step(seconds)
        return None if pose is None else (round(float(pose.image[0, 0]) / WIDTH, 2), pose.subject)

    def _paint(self) -> Any:
        """Each column as grey as the person who is nearest to it, the later in front."""
        pixels = np.zeros((WIDTH, WIDTH, 3), np.uint8)
        for person in self.people:
            if person.there:
                middle, half = round(person.x * WIDTH), WIDTH // 40
                pixels[:, max(0, middle - half) : middle + half] = round(255 * person.grey)
        return pixels

    def _detect(self, image: FloatArray) -> Answer:
        shown = [p for p in self.people if p.there]
        upright = np.ptp(image[0, :, 112]) < 0.01  # columns are of one shade
        return somebody(*((p.logit, p.keypoints()) for p in shown if upright))

    def _locate(self, image: FloatArray) -> Answer:
        """Whoever is nearest to the crop's middle, all points in a line above his hips."""
        row = image[0, 128, :, 0]
        found = [np.flatnonzero(np.abs(row - p.grey) < 0.02) for p in self.people if p.grey]
        found = [columns for columns in found if len(columns)]
        if not found:
            return body(flag=0.0)
        columns = min(found, key=lambda columns: np.abs(columns - 128).min())
        points = np.full((39, 3), columns.mean() / 256, np.float32)
        points[:, 1] = 0.5
        points[34, 1] = 0.1
        return body(points)


def test_the_larger_is_taken_whatever_the_detector_is_surer_of() -> None:
    scene = Scene(Person(0.3, 0.5, reach=0.15, logit=5), Person(0.7, 1.0, logit=1))
    assert scene.seen() == (0.7, 1)


def test_the_nearer_to_the_centre_is_taken() -> None:
    assert Scene(Person(0.1, 0.5, logit=5), Person(0.6, 1.0, logit=1)).seen() == (0.6, 1)


def test_the_first_choice_that_nobody_is_in_is_passed_over() -> None:
    scene = Scene(Person(0.5, 0.0, reach=0.25), Person(0.1, 1.0))
    assert scene.seen() == (0.1, 1)
    assert len(scene.located.inputs) == 2


def test_at_most_three_candidates_are_looked_at() -> None:
    scene = Scene(*(Person(0.1 + 0.18 * n, 0.0) for n in range(5)))
    assert scene.seen() is None
    assert len(scene.located.inputs) == 3


def test_focus_chooses_and_keeps_to_its_choice_when_that_one_moves() -> None:
    scene = Scene(Person(0.8, 0.5, reach=0.3), Person(0.2, 1.0), focus=(0.2, 0.4))
    assert scene.seen() == (0.2, 1)
    for x in np.arange(0.2, 0.65, 0.04):
        scene.change(1, x=x)
        last = scene.seen()
    assert last == (0.64, 1)


def test_another_may_be_chosen_and_is_another_subject() -> None:
    scene = Scene(Person(0.8, 0.5, reach=0.3), Person(0.2, 1.0))
    assert scene.seen() == (0.8, 1)
    scene.tracker.choose((0.2, 0.4))
    assert scene.seen() == (0.2, 2)
    scene.tracker.choose((0.5, 0.1))
    assert scene.seen() is None
    scene.tracker.choose(None)
    assert scene.seen() == (0.8, 3)
    with pytest.raises(ValueError, match="focus"):
        scene.tracker.choose((1.2, 0.4))


def test_until_somebody_is_at_the_focus_nobody_is_taken() -> None:
    scene = Scene(Person(0.5, 0.5), Person(0.15, 1.0, there=False), focus=(0.15, 0.5))
    assert [scene.seen(1.0) for _ in range(4)] == [None] * 4
    scene.change(1, there=True)
    assert scene.seen(REST_S) == (0.15, 1)


def test_once_he_is_gone_for_long_anybody_is_taken_first_who_is_at_the_focus() -> None:
    scene = Scene(Person(0.5, 0.5, there=False), Person(0.1, 1.0), focus=(0.1, 0.5))
    assert scene.seen() == (0.1, 1)
    scene.change(0, there=True)
    assert scene.seen(MAX_GAP_S + 0.1) == (0.1, 2)
    scene.change(1, there=False)
    assert scene.seen() is None
    assert scene.seen(MAX_GAP_S + 0.1) == (0.5, 3)


def test_a_box_chooses_as_a_point_does() -> None:
    people = Person(0.75, 0.5, reach=0.3), Person(0.2, 1.0)
    assert Scene(*people).seen() == (0.75, 1)
    assert Scene(*people, focus=Box(0.05, 0.2, 0.3, 0.6)).seen() == (0.2, 1)
    assert Scene(*people, focus=Box(0.4, 0.2, 0.1, 0.1)).seen() is None


@pytest.mark.parametrize(
    "focus",
    [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5), Box(0, 0, 1.5, 1), Box(0.2, 0.2, -0.1, 0.1)],
)
def test_a_focus_outside_the_frame_is_refused(focus: Focus) -> None:
    with pytest.raises(ValueError, match="focus"):
        Scene(focus=focus)


def test_two_who_cross_are_not_exchanged() -> None:
    """The other one passes behind the one who is followed."""
    scene = Scene(Person(0.9, 0.5), Person(0.5, 1.0))
    assert scene.seen() == (0.5, 1)
    for x in np.arange(0.9, 0.1, -0.04):
        scene.change(0, x=x)
        assert scene.seen() == (0.5, 1)


def _walk(scene: Scene, who: int, *, speed: float, seconds: float) -> list[Any]:
    """Somebody walks on, `speed` in widths a second; what is seen of the one who is followed."""
    seen = []
    for _ in range(round(seconds / STEP_S)):
        scene.change(who, x=scene.people[who].x + speed * STEP_S)
        seen.append(scene.seen())
    return seen


def _settled(scene: Scene) -> Scene:
    """After somebody has been followed for two seconds."""
    assert [scene.seen() for _ in range(30)] == [(0.5, 1)] * 30
    return scene


@pytest.mark.parametrize("speed", [0.2, 0.35, 0.5])
def test_who_passes_in_front_does_not_take_the_landmarks_along(speed: float) -> None:
    scene = _settled(Scene(Person(0.5, 1.0), Person(0.05, 0.5)))
    seen = _walk(scene, 1, speed=speed, seconds=0.9 / speed)
    taken = [place for place in seen if place != (0.5, 1)]
    assert 0 < len(taken) <= 0.12 / speed / STEP_S + 1
    assert seen[-1] == (0.5, 1)


def test_who_walks_past_somebody_is_followed_further() -> None:
    """The one who stands is in front, and hides him for a moment."""
    scene = Scene(Person(0.1, 1.0), Person(0.6, 0.5, reach=0.1), focus=(0.1, 0.5))
    assert scene.seen() == (0.1, 1)
    seen = _walk(scene, 0, speed=0.3, seconds=2.6)
    assert seen[-1] == (pytest.approx(0.88, abs=0.01), 1)


def test_who_sets_out_is_followed_though_somebody_else_stands_by() -> None:
    scene = _settled(Scene(Person(0.5, 1.0), Person(0.75, 0.5, reach=0.1)))
    assert [seen and seen[1] for seen in _walk(scene, 0, speed=-0.3, seconds=1.2)] == [1] * 18


def test_who_went_on_walking_is_not_the_one_who_stands_where_he_was_lost() -> None:
    scene = Scene(Person(0.1, 1.0), Person(0.58, 0.5, there=False), focus=(0.1, 0.5))
    assert scene.seen() == (0.1, 1)
    _walk(scene, 0, speed=0.4, seconds=1.5)
    scene.change(0, there=False)
    assert [scene.seen(0.1) for _ in range(3)] == [None] * 3
    scene.change(1, there=True)
    seen = [scene.seen(0.1) for _ in range(9)]
    assert {place for place in seen if place is not None} == {(0.58, 2)}


def test_landmarks_that_jump_to_the_neighbour_are_not_believed() -> None:
    scene = Scene(Person(0.5, 1.0), Person(0.65, 0.5))
    assert scene.seen() == (0.5, 1)
    scene.change(0, there=False)
    assert scene.seen() is None
    scene.change(0, there=True)
    assert scene.seen() == (0.5, 1)


def test_somebody_hidden_for_a_moment_is_waited_for() -> None:
    scene = Scene(Person(0.1, 0.5, reach=0.15), Person(0.6, 1.0))
    assert scene.seen() == (0.6, 1)
    scene.change(1, there=False)
    assert [scene.seen(0.2) for _ in range(4)] == [None] * 4
    scene.change(1, there=True, x=0.7)
    assert scene.seen() == (0.7, 1)


def test_after_a_while_somebody_elsewhere_is_taken_and_is_another_one() -> None:
    scene = Scene(Person(0.1, 0.5, reach=0.15), Person(0.7, 1.0))
    assert scene.seen() == (0.7, 1)
    scene.change(1, there=False)
    assert scene.seen(WAIT_S - 0.1) is None
    assert scene.seen(0.2) == (0.1, 2)
    assert scene.seen() == (0.1, 2)


def test_after_a_while_the_nearest_comes_before_the_most_prominent() -> None:
    scene = Scene(Person(0.5, 0.5, reach=0.3, there=False), Person(0.1, 1.0))
    assert scene.seen() == (0.1, 1)
    scene.change(1, there=False)
    assert scene.seen() is None
    scene.change(0, there=True)
    scene.change(1, there=True)
    assert scene.seen(WAIT_S + 0.1) == (0.1, 1)


def test_a_walk_at_any_frame_rate_is_one_person() -> None:
    for fps in (30, 15, 8):
        scene = Scene(Person(0.2, 1.0))
        for x in np.arange(0.2, 0.8, 0.4 / fps):
            scene.change(0, x=x)
            seen = scene.seen(1 / fps)
            assert seen is not None
            assert seen[0] == pytest.approx(x, abs=0.02)
            assert seen[1] == 1


CLIP = Path(__file__).parents[2].parent / "shared" / "data" / "clips" / "squat__kaiakol__012.mp4"


@pytest.mark.skipif(not CLIP.is_file(), reason=f"{CLIP} is not there")
@pytest.mark.parametrize(
    ("focus", "x"), [(None, 0.52), ((0.53, 0.4), 0.52), ((0.33, 0.5), 0.34)], ids=str
)
def test_beside_her_trainer_she_is_followed_unless_he_is_chosen(
    engine: PoseEngine, focus: Point | None, x: float
) -> None:
    """He stands to the left, larger and found more surely; she squats in the middle."""
    tracker = engine.tracker(focus=focus)
    with Clip.open(CLIP) as clip:
        poses = [tracker.track(frame, at) for at, frame in clip.frames(10)]
        width = clip.width
    assert {pose.subject for pose in poses if pose is not None} == {1}
    hips = [pose.image[23:25, 0].mean() / width for pose in poses if pose is not None]
    assert len(hips) == len(poses)
    assert np.abs(np.array(hips) - x).max() < 0.08
