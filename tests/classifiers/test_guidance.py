"""Advice: the right one, for trouble that lasts, rarely."""

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.events import (
    Advice,
    Event,
    Guidance,
    Phase,
    Reason,
    RepCounted,
    RepRejected,
    SubjectSwitched,
)
from classifiers.guidance import ABSENT_S, QUIET_S, REPEAT_S, Coach
from classifiers.knn import PoseClassifier
from classifiers.session import ExerciseSession
from pose_engine.landmarks import FloatArray, Landmark, Pose
from tests.classifiers.figures import (
    CHAIR,
    EXERCISES,
    PLANK,
    Posture,
    as_pose,
    push_back,
    push_up,
    repetitions,
    rolled,
    samples,
    squat,
    turned,
)

SQUAT, PUSH_UP = EXERCISES
TOP = {"squat": Phase.TOP, "push_up": Phase.AWAY}
AWAY = dict.fromkeys(TOP, Phase.AWAY)

LEGS = tuple(Landmark(i) for i in range(25, 33))
FEET = LEGS[2:]
STANDING = as_pose(squat(0))
NO_FEET = as_pose(squat(0), hidden=FEET)
NO_LEGS = as_pose(squat(0), hidden=LEGS)
HEAD_ALONE = as_pose(squat(0), hidden=tuple(Landmark(i) for i in range(11, 33)))
HIDDEN_KNEES = replace(
    STANDING, visibility=np.where(np.isin(np.arange(33), LEGS[:2]), 0, 1).astype(np.float32)
)
LYING = as_pose(turned(push_up(0), 90))
LYING_WITHOUT_FEET = as_pose(turned(push_up(0), 90), hidden=FEET)


@dataclass(frozen=True)
class Stretch:
    """Some seconds in which the same is seen, opened by what the counters say."""

    seconds: float
    pose: Pose | None
    phases: dict[str, Phase]
    events: Sequence[Event] = ()


def _moments(
    stretches: Iterable[Stretch], fps: float
) -> Iterable[tuple[Pose | None, dict[str, Phase], Sequence[Event], float]]:
    frame, begins_s = 0, 0.0
    for stretch in stretches:
        events = stretch.events
        while frame / fps < begins_s + stretch.seconds:
            yield stretch.pose, stretch.phases, events, frame / fps
            frame, events = frame + 1, ()
        begins_s += stretch.seconds


def _advice(*stretches: Stretch, coach: Coach | None = None, fps: float = 15) -> list[Guidance]:
    coach = coach or Coach(EXERCISES)
    return [one for moment in _moments(stretches, fps) for one in coach.advise(*moment)]


def _told(*stretches: Stretch, coach: Coach | None = None) -> list[tuple[Advice, str]]:
    return [(one.advice, one.text) for one in _advice(*stretches, coach=coach)]


def _rotated(pose: Pose, degrees: int) -> Pose:
    """As a picture shows it that is turned clockwise."""
    cos, sin = round(np.cos(np.radians(degrees))), round(np.sin(np.radians(degrees)))
    image = pose.image.copy()
    image[:, :2] = pose.image[:, :2] @ np.array([[cos, sin], [-sin, cos]], np.float32)
    return replace(pose, image=image)


def _rejected(reason: Reason, depth: float = 0.45, exercise: str = "squat") -> RepRejected:
    return RepRejected(exercise, 1, reason, 0.0, 1.0, depth)


COUNTED = RepCounted("squat", 1, 0.0, 0.5, 1.0, 0.9, 1.0)


def test_somebody_in_full_view_is_left_in_peace() -> None:
    assert _told(Stretch(60, STANDING, TOP), Stretch(60, LYING, AWAY)) == []


def test_nobody_is_asked_into_view_once() -> None:
    (told,) = _advice(Stretch(120, None, AWAY))
    assert (told.advice, told.text, told.parts) == (Advice.STEP_INTO_VIEW, "Step into view.", ())
    assert told.at_s == pytest.approx(ABSENT_S, abs=0.1)


def test_whoever_goes_away_again_is_asked_again() -> None:
    gone, back = Stretch(40, None, AWAY), Stretch(5, STANDING, TOP)
    assert [one.at_s for one in _advice(gone, back, gone)] == pytest.approx([3, 48], abs=0.1)


def test_who_was_not_looked_for_has_not_been_away() -> None:
    coach = Coach(EXERCISES)
    assert _told(Stretch(5, STANDING, TOP), coach=coach) == []
    coach.look_away()
    told: list[float] = []
    for pose, phases, events, at in _moments([Stretch(4, None, AWAY)], 15):
        told += [one.at_s for one in coach.advise(pose, phases, events, at + 65)]
    assert told == pytest.approx([65 + ABSENT_S], abs=0.1)


def test_losing_somebody_for_a_moment_is_not_worth_a_word() -> None:
    flicker = [Stretch(2, None, AWAY), Stretch(0.5, STANDING, TOP)]
    assert _told(*flicker * 20) == []


def test_feet_out_of_view_in_a_squat() -> None:
    (told,) = _advice(Stretch(20, NO_FEET, TOP))
    assert told == Guidance(
        Advice.STEP_BACK, "Step back: ankles out of view.", ("ankles",), "squat", told.at_s
    )
    assert told.at_s == pytest.approx(2.8, abs=0.2)


def test_before_an_exercise_is_known_the_whole_body_should_be_seen() -> None:
    (told,) = _advice(Stretch(20, NO_LEGS, AWAY))
    assert (told.text, told.exercise) == ("Step back: knees and ankles out of view.", None)


def test_of_whom_there_is_little_in_view_is_asked_into_it() -> None:
    (told,) = _advice(Stretch(20, HEAD_ALONE, AWAY))
    assert told.advice is Advice.STEP_INTO_VIEW
    assert told.text.startswith("Step into view: shoulders, elbows, wrists, hips, knees and ankles")


def test_push_ups_do_not_need_the_feet() -> None:
    phases = {"squat": Phase.AWAY, "push_up": Phase.TOP}
    assert _told(Stretch(60, LYING_WITHOUT_FEET, phases)) == []


def test_an_exercise_is_meant_for_a_while_after_its_posture_was_seen() -> None:
    phases = {"squat": Phase.AWAY, "push_up": Phase.TOP}
    told = _advice(Stretch(1, LYING, phases), Stretch(30, LYING_WITHOUT_FEET, AWAY))
    assert [one.at_s for one in told] == pytest.approx([11], abs=0.1)


def test_the_only_exercise_is_always_meant() -> None:
    told = Stretch(60, LYING_WITHOUT_FEET, AWAY)
    assert _told(told, coach=Coach([PUSH_UP])) == []
    (advice, *_) = _advice(told, coach=Coach([SQUAT]))
    assert (advice.advice, advice.exercise) == (Advice.STEP_BACK, "squat")


def test_who_holds_is_told_what_is_out_of_view() -> None:
    told = _told(Stretch(20, NO_LEGS, {"chair": Phase.AWAY}), coach=Coach([CHAIR]))
    assert told == [(Advice.STEP_BACK, "Step back: knees and ankles out of view.")]
    told = _told(Stretch(20, LYING_WITHOUT_FEET, {"plank": Phase.AWAY}), coach=Coach([PLANK]))
    assert told == [(Advice.STEP_BACK, "Step back: ankles out of view.")]


def test_a_hold_needs_what_it_is_judged_by() -> None:
    arms = Coach([replace(PLANK, parts=("torso", "arms"))])
    assert _told(Stretch(60, LYING_WITHOUT_FEET, {"plank": Phase.AWAY}), coach=arms) == []


def test_while_a_hold_is_under_way_the_view_is_good_enough() -> None:
    held = Stretch(60, LYING_WITHOUT_FEET, {"plank": Phase.BOTTOM})
    assert _told(held, coach=Coach([PLANK])) == []


def test_knees_hidden_by_the_body() -> None:
    (told,) = _advice(Stretch(20, HIDDEN_KNEES, TOP))
    assert (told.advice, told.text) == (Advice.TURN_SIDEWAYS, "Turn sideways: knees hidden.")


def test_hidden_joints_matter_only_to_an_exercise_that_judges_by_them() -> None:
    phases = {"squat": Phase.AWAY, "push_up": Phase.TOP}
    assert _told(Stretch(60, HIDDEN_KNEES, phases), Stretch(60, HIDDEN_KNEES, AWAY)) == []


@pytest.mark.parametrize("phase", [Phase.DOWN, Phase.BOTTOM, Phase.UP])
def test_nothing_is_said_into_a_movement(phase: Phase) -> None:
    assert _told(Stretch(20, NO_FEET, TOP | {"squat": phase})) == []


def test_while_repetitions_are_counted_the_view_is_good_enough() -> None:
    assert _told(*[Stretch(5, NO_FEET, TOP, [COUNTED])] * 10) == []


def test_trouble_that_comes_and_goes_is_no_trouble() -> None:
    assert _told(*[Stretch(1, NO_FEET, TOP), Stretch(1, STANDING, TOP)] * 20) == []


@pytest.mark.parametrize(
    ("reason", "phase", "text"),
    [
        (Reason.TOO_SHALLOW, Phase.TOP, "Go deeper: too shallow to count."),
        (Reason.TOO_FAST, Phase.TOP, "Slow down: too fast to count."),
        (Reason.INCOMPLETE, Phase.DOWN, "Come all the way up before you go down again."),
    ],
)
def test_two_refusals_for_the_same_reason(reason: Reason, phase: Phase, text: str) -> None:
    once = Stretch(2, STANDING, TOP | {"squat": phase}, [_rejected(reason)])
    assert _told(once) == []
    told = _advice(once, once, once)
    assert [(one.text, one.exercise) for one in told] == [(text, "squat")]
    assert told[0].at_s == pytest.approx(2)


@pytest.mark.parametrize(
    "between",
    [
        Stretch(2, STANDING, TOP, [COUNTED]),
        Stretch(2, STANDING, TOP, [_rejected(Reason.WRONG_POSTURE)]),
        Stretch(2, STANDING, TOP, [SubjectSwitched(0.0)]),
        Stretch(20, STANDING, TOP),
    ],
    ids=["counted", "another reason", "another person", "long ago"],
)
def test_not_in_a_row(between: Stretch) -> None:
    shallow = Stretch(2, STANDING, TOP, [_rejected(Reason.TOO_SHALLOW)])
    assert _told(shallow, between, shallow) == []


def test_refusals_of_two_exercises_are_not_in_a_row() -> None:
    events = [_rejected(Reason.TOO_SHALLOW, exercise=name) for name in TOP]
    assert _told(Stretch(2, STANDING, TOP, events)) == []


@pytest.mark.parametrize(
    ("refused", "phase"),
    [
        (_rejected(Reason.TOO_SHALLOW, depth=0.3), Phase.TOP),
        (_rejected(Reason.INCOMPLETE), Phase.TOP),
        (_rejected(Reason.INCOMPLETE), Phase.AWAY),
        (_rejected(Reason.SUBJECT_LOST), Phase.AWAY),
    ],
    ids=["a bounce", "a rise alone", "a descent alone", "no fault of his"],
)
def test_what_was_no_try_is_not_advised_on(refused: RepRejected, phase: Phase) -> None:
    assert _told(*[Stretch(2, STANDING, AWAY | {"squat": phase}, [refused])] * 5) == []


def test_of_several_exercises_only_one_that_was_counted_is_advised_on() -> None:
    refused = replace(_rejected(Reason.TOO_SHALLOW), count=0)
    shallow = [Stretch(2, STANDING, TOP, [refused])] * 3
    assert _told(*shallow) == []
    assert [advice for advice, _ in _told(*shallow, coach=Coach([SQUAT]))] == [Advice.GO_DEEPER]


def test_the_view_comes_before_the_form() -> None:
    refused = [_rejected(Reason.TOO_SHALLOW)]
    on_the_way = Stretch(5, NO_FEET, TOP | {"squat": Phase.UP}, refused)
    told = _told(on_the_way, Stretch(2, NO_FEET, TOP, refused))
    assert [advice for advice, _ in told] == [Advice.STEP_BACK]


def _on_his_feet(depth: float) -> FloatArray:
    """A squat whose feet stay where they are."""
    points = squat(depth)
    points -= points[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]].mean(0)
    return points


def _told_of(posture: Posture, upright: bool = True) -> list[tuple[Advice, str]]:
    """Of six repetitions after three seconds of rest, by a whole session."""
    exercises = [replace(SQUAT, upright=upright), PUSH_UP]
    session = ExerciseSession(exercises, PoseClassifier(exercises, samples()))
    events: list[Event] = []
    for at_s, pose in repetitions(posture, [0.0, *[1.0] * 6], rest=1):
        events += session.observe(pose, at_s)
    return [(one.advice, one.text) for one in events if isinstance(one, Guidance)]


@pytest.mark.parametrize("turn", [90, 270])
def test_who_squats_lying_on_his_side_is_in_a_picture_that_is_turned(turn: int) -> None:
    told = _told_of(lambda depth: rolled(_on_his_feet(depth), turn))
    text = f"Check the rotation: turned by {360 - turn} degrees the picture is upright."
    assert told == [(Advice.CHECK_ROTATION, text)]
    assert _told_of(lambda depth: rolled(_on_his_feet(depth), turn), upright=False) == []


@pytest.mark.parametrize(
    "posture",
    [
        _on_his_feet,
        lambda depth: rolled(squat(depth), 90),
        lambda depth: turned(push_up(depth), 90),
    ],
    ids=["standing", "drawing up the legs", "push-ups"],
)
def test_whoever_does_anything_else_is_told_nothing_of_rotation(posture: Posture) -> None:
    assert Advice.CHECK_ROTATION not in [advice for advice, _ in _told_of(posture)]


@pytest.mark.parametrize("yaw", [60, 75, 90, 120, -60, -75, -90, -120])
def test_who_pushes_his_hips_back_from_a_plank_is_told_nothing_of_rotation(yaw: float) -> None:
    chance = np.random.default_rng(0)

    def shaky(depth: float) -> FloatArray:
        """As a net sees it, depth worst; repetitions are turned by 40 degrees anyhow."""
        points = turned(push_back(depth), yaw - 40)
        return points + chance.normal(0, (0.02, 0.02, 0.06), points.shape).astype(np.float32)

    assert _told_of(shaky) == []


def _told_squatter(poses: Iterable[Pose]) -> list[Advice]:
    """By a coach who is kept and restored each second."""
    coach, told = Coach([replace(SQUAT, upright=True)]), list[Advice]()
    for number, pose in enumerate(poses):
        if number % 30 == 0:
            kept = json.loads(json.dumps(coach.snapshot()))
            coach = Coach([replace(SQUAT, upright=True)]).restored(kept)
        told += [one.advice for one in coach.advise(pose, TOP, (), number / 30)]
    return told


def test_squats_before_he_lay_down_do_not_count() -> None:
    standing = [pose for _, pose in repetitions(_on_his_feet, [1.0] * 4)]
    lying = [as_pose(rolled(pose.image / np.float32(400), 90)) for pose in standing]
    still = lying[:1] * 150
    assert _told_squatter([*standing, *still]) == []
    assert _told_squatter([*still, *lying]) == [Advice.CHECK_ROTATION]


def test_two_squats_long_after_each_other_do_not_count() -> None:
    lying = [
        as_pose(rolled(pose.image / np.float32(400), 90))
        for _, pose in repetitions(_on_his_feet, [0.0, 1.0])
    ]
    rest = lying[:1] * (30 * 15)
    assert _told_squatter([*lying, *rest, *lying]) == []
    assert _told_squatter([*lying, *rest, *lying, *lying]) == [Advice.CHECK_ROTATION]


def test_a_coach_goes_on_from_what_knew_no_crouches() -> None:
    coach = Coach([SQUAT])
    older = {name: kept for name, kept in coach.snapshot().items() if name != "crouches"}
    assert Coach([SQUAT]).restored(older | {"lying": {"count": 2}}).snapshot() == coach.snapshot()


def test_who_stands_on_his_head_for_long_is_in_a_picture_that_is_turned() -> None:
    told = _told(Stretch(5, _rotated(STANDING, 180), AWAY))
    assert [advice for advice, _ in told] == [Advice.CHECK_ROTATION]
    assert _told(Stretch(1.5, _rotated(STANDING, 180), AWAY)) == []


def test_who_only_lies_or_bends_is_told_nothing_of_rotation() -> None:
    lying = Stretch(6, _rotated(STANDING, 90), TOP)
    assert _told(lying, coach=Coach([replace(SQUAT, upright=True)])) == []
    assert Advice.CHECK_ROTATION not in [one for one, _ in _told(Stretch(6, LYING, AWAY))]


def test_another_person_is_not_told_what_the_first_one_s_trouble_was() -> None:
    switched = Stretch(2, NO_FEET, TOP, [SubjectSwitched(0.0)])
    assert _told(Stretch(2, NO_FEET, TOP), switched) == []


@pytest.mark.parametrize("fps", [8, 10, 60])
def test_every_frame_rate_is_told_the_same_at_the_same_time(fps: float) -> None:
    stretches = (
        Stretch(6, None, AWAY),
        Stretch(30, NO_FEET, TOP),
        Stretch(9, HIDDEN_KNEES, TOP),
        *[Stretch(3, STANDING, TOP, [_rejected(Reason.TOO_SHALLOW)])] * 3,
        Stretch(40, HEAD_ALONE, AWAY),
    )
    told, usual = _advice(*stretches, fps=fps), _advice(*stretches, fps=30)
    assert [one.advice for one in told] == [one.advice for one in usual]
    assert len({one.advice for one in told}) >= 4
    for one, other in zip(told, usual, strict=True):
        assert one.at_s == pytest.approx(other.at_s, abs=0.2)


stretches = st.lists(
    st.builds(
        Stretch,
        st.sampled_from([0.3, 1, 3, 8, 20]),
        st.sampled_from(
            [None, STANDING, NO_FEET, NO_LEGS, HEAD_ALONE, HIDDEN_KNEES, LYING, LYING_WITHOUT_FEET]
        ),
        st.fixed_dictionaries({name: st.sampled_from(Phase) for name in TOP}),
        st.lists(
            st.sampled_from([COUNTED, SubjectSwitched(0.0), *map(_rejected, Reason)]), max_size=2
        ),
    ),
    max_size=15,
)


@given(stretches)
def test_it_is_rare_and_one_at_once(some: list[Stretch]) -> None:
    told = _advice(*some, fps=8)
    for one, other in itertools.pairwise(told):
        assert other.at_s - one.at_s >= QUIET_S
    for advice in Advice:
        same = [one.at_s for one in told if one.advice is advice]
        assert all(b - a >= REPEAT_S for a, b in itertools.pairwise(same))


@given(stretches, st.floats(0, 1))
def test_it_goes_on_from_a_snapshot(some: list[Stretch], share: float) -> None:
    moments = list(_moments(some, 8))
    cut = round(share * len(moments))
    first, second, whole = (Coach(EXERCISES) for _ in range(3))
    begun = [one for moment in moments[:cut] for one in first.advise(*moment)]
    second.restored(json.loads(json.dumps(first.snapshot())))
    rest = [one for moment in moments[cut:] for one in second.advise(*moment)]
    assert begun + rest == [one for moment in moments for one in whole.advise(*moment)]


@pytest.mark.parametrize("snapshot", [{}, {"state": {"years": 3}, "view": {}}])
def test_a_wrong_snapshot_is_refused(snapshot: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Coach(EXERCISES).restored(snapshot)
