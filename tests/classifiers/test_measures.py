"""How repetitions were done, on figures and rendered people whose angles are known."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.counted import CountedExercise
from classifiers.embedding import ANGLES, embed, points_of
from classifiers.events import Event, Grade, RepCounted, Unit
from classifiers.exercise import Exercise
from classifiers.glance import Glance
from classifiers.knn import PoseClassifier
from classifiers.library import Library
from classifiers.measures import MeasureRecorder
from classifiers.quantities import read, read_points
from people.truth import Truth
from pose_engine.landmarks import LANDMARK_COUNT, MIRROR, FloatArray, Landmark, Pose
from tests.classifiers.figures import EXERCISES, as_pose, push_up, repetitions, samples, squat

CLIPS = Path(__file__).parents[1] / "clips"
SQUAT, PUSH_UP = (
    replace(exercise, measures=measures)
    for exercise, measures in zip(
        EXERCISES, (("knee", "torso_lean"), ("elbow", "hip_sag")), strict=True
    )
)
BAD = as_pose(squat(1.35))
"""Knees far more bent than in any squat here."""
quick = settings(max_examples=10)

Observations = Iterable[tuple[float, Pose | None]]


class _Follower(CountedExercise):
    """Told of poses, of which nobody knows the camera."""

    def see(self, observations: Observations) -> list[Event]:
        return [event for at, pose in observations for event in self._step(pose, at)]

    def reps(self, observations: Observations) -> list[RepCounted]:
        events = self.see(observations) + self.finish()
        return [event for event in events if isinstance(event, RepCounted)]

    def _step(self, pose: Pose | None, at: float) -> list[Event]:
        if pose is None:
            return self.miss(at)
        seen = dict.fromkeys(ANGLES, 1.0)
        read_all = partial(read_points, points_of([pose]), pose.visibility[None])
        glance = Glance(embed(pose).tolist(), 0.0, 0.0, seen, {}, read_all, 0)
        return self.observe(glance, at, confidence=1.0, tilt=0.0)


def _one(exercise: Exercise, observations: Observations) -> RepCounted:
    reps = _Follower(exercise).reps(observations)
    assert len(reps) == 1
    return reps[0]


def _values(rep: RepCounted) -> dict[str, float]:
    return {name: measure.value for name, measure in rep.measures.items()}


def test_a_squat_is_measured_at_top_and_bottom() -> None:
    rep = _one(SQUAT, repetitions(squat, [0.9]))
    assert _values(rep) == {
        "knee_top": pytest.approx(176, abs=1),
        "knee_bottom": pytest.approx(75, abs=3),
        "knee_asymmetry": pytest.approx(0, abs=0.1),
        "torso_lean_top": pytest.approx(3, abs=1),
        "torso_lean_bottom": pytest.approx(35, abs=1),
    }
    assert {one.unit for one in rep.measures.values()} == {Unit.DEGREES}
    assert [one.certainty for one in rep.measures.values()] == pytest.approx([1.0] * 5)


def test_a_push_up_is_measured_with_its_worst_sag() -> None:
    def sagging(depth: float) -> FloatArray:
        points = push_up(depth)
        points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 1] += 0.1 * depth
        return points

    values = _values(_one(PUSH_UP, repetitions(sagging, [1.0])))
    assert values.keys() == {"elbow_top", "elbow_bottom", "elbow_asymmetry", "hip_sag"}
    assert values["elbow_bottom"] == pytest.approx(100, abs=3)
    assert 15 < values["hip_sag"] < 30
    straight = _values(_one(PUSH_UP, repetitions(push_up, [1.0])))
    assert abs(straight["hip_sag"]) < 5


@pytest.mark.parametrize(
    ("deepest", "grade"), [(0.6, Grade.PARTIAL), (0.9, Grade.FULL), (1.2, Grade.DEEP)]
)
def test_the_grade_is_by_depth(deepest: float, grade: Grade) -> None:
    assert _one(SQUAT, repetitions(squat, [deepest])).grade is grade


def test_each_repetition_has_its_own_measures() -> None:
    reps = _Follower(SQUAT).reps(repetitions(squat, [0.9, 0.7, 1.0], rest=0.1))
    bottoms = [rep.measures["knee_bottom"].value for rep in reps]
    assert bottoms == pytest.approx([75, 98, 64], abs=3)
    assert [rep.measures["knee_top"].value for rep in reps] == pytest.approx([176] * 3, abs=2)


def test_a_repetition_from_a_lower_top_is_measured_from_there() -> None:
    times, depths = (0, 1, 1.8, 2.6, 2.9, 3.7, 4.5, 5), (0, 0, 0.9, 0.25, 0.25, 0.9, 0.25, 0.25)
    way = [(at, float(np.interp(at, times, depths))) for at in np.arange(0, 5, 1 / 15).tolist()]
    reps = _Follower(SQUAT).reps((at, as_pose(squat(depth))) for at, depth in way)
    tops = [rep.measures["knee_top"].value for rep in reps]
    assert tops == pytest.approx([176, 148], abs=3)


def test_without_a_top_in_view_there_is_no_measure_of_it() -> None:
    """It opens on the way down."""
    seen = [(at, pose) for at, pose in repetitions(squat, [0.9]) if at > 0.6]
    names = _one(SQUAT, seen).measures.keys()
    assert names == {"knee_bottom", "knee_asymmetry", "torso_lean_bottom"}


def test_what_was_before_a_loss_is_no_part_of_the_next_repetition() -> None:
    deep, shallow = list(repetitions(squat, [1.0])), list(repetitions(squat, [0.8]))
    begun = [(at, pose) for at, pose in deep if at < 1.2]
    later = [(at + 5, pose) for at, pose in shallow if at > 0.6]
    rep = _one(SQUAT, [*begun, (1.3, None), (4.0, None), *later])
    assert "knee_top" not in rep.measures
    assert rep.measures["knee_bottom"].value == pytest.approx(86, abs=3)


def test_a_hidden_far_leg_leaves_asymmetry_out_and_nothing_else() -> None:
    hidden = (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE)
    seen = (
        (at, as_pose(pose.world, hidden))
        for at, pose in repetitions(squat, [0.9])
        if pose.world is not None
    )
    certainties = {name: m.certainty for name, m in _one(SQUAT, seen).measures.items()}
    names = ("knee_top", "knee_bottom", "torso_lean_top", "torso_lean_bottom")
    assert certainties == pytest.approx(dict.fromkeys(names, 1.0))


def test_what_is_guessed_of_hidden_legs_is_no_measure() -> None:
    legs = [Landmark[f"{s}_{name}"] for s in ("LEFT", "RIGHT") for name in ("HIP", "KNEE", "ANKLE")]
    follower, events = _Follower(SQUAT), []
    for at, pose in repetitions(squat, [0.9]):
        events += follower.see([(at, pose)])
        guessed = as_pose(squat(1.35), tuple(legs))
        if follower.recorder.follows:
            follower.recorder.look(read(guessed, follower.recorder.names), at + 1 / 60)
    (rep,) = (event for event in events if isinstance(event, RepCounted))
    assert _values(rep)["knee_bottom"] == pytest.approx(75, abs=3)


def test_what_was_given_up_is_no_part_of_the_next() -> None:
    library = Library((SQUAT, PUSH_UP), PoseClassifier((SQUAT, PUSH_UP), samples()))
    deep = [(at, pose) for at, pose in repetitions(squat, [1.0]) if at < 1.1]
    next_one = [(at + 20, pose) for at, pose in repetitions(squat, [0.8])]
    session, fresh = library.session(), library.session()
    for at, pose in deep:
        session.observe(pose, at)
    session.interrupt()
    (rep,), (other,) = (
        [e for at, p in next_one for e in one.observe(p, at) if isinstance(e, RepCounted)]
        for one in (session, fresh)
    )
    assert rep == other


def test_a_leg_that_bends_less_is_an_asymmetry() -> None:
    def lopsided(depth: float) -> FloatArray:
        points = squat(depth)
        points[Landmark.LEFT_ANKLE] = squat(depth * 0.9)[Landmark.LEFT_ANKLE]
        return points

    values = _values(_one(SQUAT, repetitions(lopsided, [0.9])))
    mirrored = _values(
        _one(SQUAT, ((at, _mirrored(pose)) for at, pose in repetitions(lopsided, [0.9])))
    )
    assert abs(values["knee_asymmetry"]) > 3
    assert mirrored.pop("knee_asymmetry") == pytest.approx(-values.pop("knee_asymmetry"), abs=0.1)
    assert mirrored == pytest.approx(values, abs=0.1)


@quick
@given(fps=st.floats(8, 60), seconds=st.floats(1.2, 4))
def test_the_frame_rate_hardly_matters(fps: float, seconds: float) -> None:
    one = _values(_one(SQUAT, repetitions(squat, [0.9], fps=30, seconds=seconds)))
    other = _values(_one(SQUAT, repetitions(squat, [0.9], fps=fps, seconds=seconds)))
    assert other == pytest.approx(one, abs=3)


@quick
@given(fps=st.floats(15, 60), late_s=st.floats(-0.3, 0.3))
def test_one_bad_frame_near_the_bottom_hardly_matters(fps: float, late_s: float) -> None:
    seen = list(repetitions(squat, [0.9], fps=fps))
    at = min(range(len(seen)), key=lambda i: abs(seen[i][0] - 1.0 - late_s))
    spoilt = [*seen[:at], (seen[at][0], BAD), *seen[at + 1 :]]
    assert _values(_one(SQUAT, spoilt)) == pytest.approx(_values(_one(SQUAT, seen)), abs=4)


@quick
@given(cut=st.integers(0, 150))
def test_a_recorder_goes_on_from_a_snapshot(cut: int) -> None:
    seen = list(repetitions(push_up, [1.0, 0.9]))
    whole, first, second = _Follower(PUSH_UP), _Follower(PUSH_UP), _Follower(PUSH_UP)
    begun = [e for e in first.see(seen[:cut]) if isinstance(e, RepCounted)]
    second.counter.restored(first.counter.snapshot())
    second.recorder.restored(json.loads(json.dumps(first.recorder.snapshot())))
    assert begun + second.reps(seen[cut:]) == whole.reps(seen)


def test_the_state_does_not_grow() -> None:
    seen = list(repetitions(squat, [0.9] * 4))
    follower, sizes = _Follower(SQUAT), set()
    for observation in seen:
        follower.see([observation])
        sizes.add(_numbers(follower.recorder.snapshot()))
    assert len(sizes) == 1


@pytest.mark.parametrize("snapshot", [{}, {"start": [1, 2], "bottom": [], "top": [], "smooth": []}])
def test_a_wrong_snapshot_is_refused(snapshot: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        MeasureRecorder(SQUAT).restored(snapshot)


@pytest.mark.parametrize("cut", [0, 20, 45, 70])
def test_a_session_says_them_from_a_snapshot_too(cut: int) -> None:
    library = Library((SQUAT, PUSH_UP), PoseClassifier((SQUAT, PUSH_UP), samples()))
    seen = list(repetitions(push_up, [1.0, 0.9], fps=15))
    whole, first = library.session(), library.session()
    events = [event for at, pose in seen for event in whole.observe(pose, at)]
    begun = [event for at, pose in seen[:cut] for event in first.observe(pose, at)]
    second = library.restore(json.loads(json.dumps(first.snapshot())))
    assert begun + [e for at, pose in seen[cut:] for e in second.observe(pose, at)] == events
    reps = [event for event in events if isinstance(event, RepCounted)]
    names = {"elbow_top", "elbow_bottom", "elbow_asymmetry", "hip_sag"}
    assert [rep.measures.keys() for rep in reps] == [names, names]


@pytest.mark.parametrize("fps", [8, 15, 30])
@pytest.mark.parametrize(
    "name",
    ["squat_front", "squat_oblique", "squat_side_portrait", "push_up_side", "push_up_oblique"],
)
def test_rendered_people_are_measured_as_they_are(name: str, fps: int) -> None:
    """Their exact joints: top and bottom within 4 degrees, the sag within 1."""
    truth = _truth(name)
    exercise = SQUAT if truth.reps[0].exercise == "squat" else PUSH_UP
    reps = _Follower(exercise).reps((i / 30, _true_pose(truth, i)) for i in _frames(truth, fps))
    assert len(reps) >= sum(rep.full for rep in truth.reps)
    for rep in reps:
        true = min(truth.reps, key=lambda one: abs(one.bottom_s - rep.bottom_s))
        values = _values(rep)
        for place, at in (("top", true.start_s), ("bottom", true.bottom_s)):
            angle = _true_angle(truth, exercise.angle, round(at * truth.fps))
            assert values[f"{exercise.angle}_{place}"] == pytest.approx(angle, abs=4)
        if "hip_sag" in values:
            sags = [_true_sag(truth, round(at * 30)) for at in (true.start_s, true.bottom_s)]
            assert values["hip_sag"] == pytest.approx(max(sags, key=abs), abs=1)


@cache
def _truth(name: str) -> Truth:
    return Truth.load(CLIPS / f"{name}.json")


def _frames(truth: Truth, fps: int) -> Iterable[int]:
    count = len(truth.depth)
    return sorted({round(i * truth.fps / fps) for i in range(count)} & set(range(count)))


def _true_pose(truth: Truth, frame: int) -> Pose:
    world = (truth.world[frame] * (1, -1, -1)).astype(np.float32)
    seen = np.ones(LANDMARK_COUNT, np.float32)
    return Pose(world, world, seen, seen)


def _true_angle(truth: Truth, joint: str, frame: int) -> float:
    """The mean of both sides by the law of cosines, from the lengths between the joints."""
    ends = {"knee": ("HIP", "ANKLE"), "elbow": ("SHOULDER", "WRIST")}[joint]
    angles = []
    for side in ("LEFT", "RIGHT"):
        a, b, c = (
            truth.world[frame, Landmark[f"{side}_{n}"]] for n in (ends[0], joint.upper(), ends[1])
        )
        x, y, z = (np.linalg.norm(v) for v in (a - b, c - b, a - c))
        angles.append(np.degrees(np.arccos((x * x + y * y - z * z) / (2 * x * y))))
    return float(np.mean(angles))


def _true_sag(truth: Truth, frame: int) -> float:
    """These people lie along the room's z: the thigh's slope against the trunk's."""
    slopes = []
    for side in ("LEFT", "RIGHT"):
        shoulder, hip, knee = (
            truth.world[frame, Landmark[f"{side}_{n}"]] for n in ("SHOULDER", "HIP", "KNEE")
        )
        trunk, thigh = shoulder - hip, hip - knee
        slopes.append(np.arctan2(trunk[1], trunk[2]) - np.arctan2(thigh[1], thigh[2]))
    return float(np.degrees(np.mean(slopes)))


def _mirrored(pose: Pose) -> Pose:
    assert pose.world is not None
    across = np.array([-1, 1, 1], np.float32)
    return replace(
        pose,
        image=pose.image[MIRROR] * across,
        world=pose.world[MIRROR] * across,
        visibility=pose.visibility[MIRROR],
    )


def _numbers(data: object) -> int:
    if isinstance(data, dict):
        return sum(_numbers(value) for value in data.values())
    return sum(map(_numbers, data)) if isinstance(data, list | tuple) else 1
