"""Poses in, explained events out: the whole chain on stick figures."""

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from classifiers.events import (
    Advice,
    Guidance,
    Phase,
    Reason,
    RepCounted,
    RepRejected,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
)
from classifiers.exercise import Exercise
from classifiers.guidance import ABSENT_S
from classifiers.knn import PoseClassifier
from classifiers.library import Library, UnknownExercise
from classifiers.session import (
    UNKNOWN,
    ExerciseSession,
    SnapshotError,
    TimeWentBackwards,
)
from pose_engine.landmarks import FloatArray, Landmark
from tests.classifiers.figures import (
    EXERCISES,
    Observations,
    Posture,
    as_pose,
    bend,
    by,
    events_of,
    from_above,
    later,
    push_up,
    repetitions,
    rolled,
    samples,
    sit_down,
    squat,
    turned,
)

FEET = tuple(Landmark(i) for i in range(27, 33))


@pytest.mark.parametrize(("gain", "heading", "count"), [(1, 180, 0), (2, 180, 4), (2, 0, 0)])
def test_push_ups_from_beyond_the_feet_are_deeper_than_they_look(
    library: Library, gain: float, heading: float, count: int
) -> None:
    def shallow(depth: float) -> FloatArray:
        return turned(push_up(depth), heading - 40)  # `repetitions` turns by 40

    (exercise,) = library.pick("push_up")
    assert isinstance(exercise, Exercise)
    session = ExerciseSession([replace(exercise, away_gain=gain)], library.classifier)
    events_of(session, repetitions(shallow, [0.75] * 4))
    assert session.counts == {"push_up": count}


def test_knees_are_bent_as_in_the_picture(library: Library) -> None:
    """A net straightens in its world points what is bent."""

    def straighter(depth: float) -> FloatArray:
        return turned(squat(0.9 * depth), 50)  # `repetitions` turns by 40: seen from the side

    def true(depth: float) -> FloatArray:
        return turned(squat(depth), 50)

    def knee(observations: Observations) -> float:
        (exercise,) = library.pick("squat")
        assert isinstance(exercise, Exercise)
        session = ExerciseSession([replace(exercise, measures=("knee",))], library.classifier)
        (one,) = (e for e in events_of(session, observations) if isinstance(e, RepCounted))
        return one.measures["knee_bottom"].value

    pairs = zip(repetitions(straighter, [0.9]), repetitions(true, [0.9]), strict=True)
    seen = [(at, replace(pose, image=picture.image)) for (at, pose), (_, picture) in pairs]
    assert knee(seen) == pytest.approx(knee(repetitions(true, [0.9])), abs=1)
    assert knee(repetitions(straighter, [0.9])) > knee(seen) + 5


@pytest.mark.parametrize("fps", [8, 10, 15, 30])
def test_auto_tells_the_exercises_apart(library: Library, fps: float) -> None:
    session = library.session("auto")
    squats = repetitions(squat, [0.9] * 3, fps=fps)
    push_ups = repetitions(push_up, [0.9] * 2, fps=fps)
    events = events_of(session, chain(squats, later(20, push_ups)))
    assert session.counts == {"squat": 3, "push_up": 2}
    assert sum(isinstance(event, RepCounted) for event in events) == 5


def test_only_the_named_exercise_is_counted(library: Library) -> None:
    session = library.session("push_up")
    events_of(session, repetitions(squat, [0.9] * 3))
    assert session.counts == {"push_up": 0}


def test_bending_is_not_squatting(library: Library) -> None:
    session = library.session()
    events_of(session, repetitions(bend, [0.9] * 3))
    assert session.counts == {"squat": 0, "push_up": 0}


def test_a_half_rep_is_refused_with_its_reason(library: Library) -> None:
    events = events_of(library.session(), repetitions(squat, [0.9, 0.4, 0.9]))
    rejected = [event for event in events if isinstance(event, RepRejected)]
    assert [(event.reason, event.count) for event in rejected] == [(Reason.TOO_SHALLOW, 1)]


def test_the_person_is_lost_and_found(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(t / 10, pose if t < 10 or t > 40 else None) for t in range(50)]
    events = events_of(library.session(), seen)
    said = [e for e in events if isinstance(e, SubjectFound | SubjectLost)]
    assert [type(e) for e in said] == [SubjectFound, SubjectLost, SubjectFound]
    assert [e.at_s for e in said] == pytest.approx([0.0, 2.0, 4.1])


def test_losing_the_person_neither_makes_nor_takes_a_rep(library: Library) -> None:
    session = library.session()
    events_of(
        session,
        ((at, None if at % 2.5 < 0.3 else pose) for at, pose in repetitions(squat, [0.9] * 4)),
    )
    assert session.counts["squat"] == 4


def test_two_people_never_make_one_rep(library: Library) -> None:
    """One goes down, the other is seen coming up."""
    down_and_up = list(repetitions(squat, [0.9]))
    session = library.session("squat")
    observations = chain(by(1, down_and_up[:30]), by(2, down_and_up[30:]))
    events = events_of(session, observations)
    assert session.counts == {"squat": 0}
    switched = [event for event in events if isinstance(event, SubjectSwitched)]
    assert [event.at_s for event in switched] == [down_and_up[30][0]]
    rejected = [event for event in events if isinstance(event, RepRejected)]
    assert rejected[0].reason is Reason.SUBJECT_LOST
    assert rejected[0].end_s == down_and_up[29][0]
    assert events.index(switched[0]) < events.index(rejected[0])


def test_counts_go_on_with_another_person(library: Library) -> None:
    session = library.session("squat")
    first, second = repetitions(squat, [0.9] * 2), repetitions(squat, [0.9])
    events = events_of(session, chain(by(1, first), by(2, later(20, second))))
    assert session.counts == {"squat": 3}
    assert sum(isinstance(event, SubjectSwitched) for event in events) == 1
    assert not any(isinstance(event, RepRejected) for event in events)


def test_a_person_who_comes_back_is_not_another_one(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(0.0, replace(pose, subject=4)), (1.5, None), (3.0, replace(pose, subject=4))]
    events = events_of(library.session(), seen)
    assert not any(isinstance(event, SubjectSwitched) for event in events)


def test_somebody_else_who_is_found_is_a_switch_too(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(0.0, pose), (1.5, None), (3.0, replace(pose, subject=2))]
    events = events_of(library.session(), seen)
    said = [e for e in events if isinstance(e, SubjectFound | SubjectLost | SubjectSwitched)]
    assert [type(e) for e in said] == [SubjectFound, SubjectLost, SubjectFound, SubjectSwitched]


def test_a_restored_session_knows_its_person(library: Library) -> None:
    first = library.session()
    first.observe(as_pose(squat(0)), 0.0)
    second = library.restore(json.loads(json.dumps(first.snapshot())))
    assert second.observe(replace(as_pose(squat(0)), subject=2), 0.1)[0] == SubjectSwitched(0.1)


def test_push_ups_count_without_legs_and_squats_do_not(library: Library) -> None:
    legs = tuple(Landmark(i) for i in range(25, 33))
    session = library.session()
    for posture, start in ((push_up, 0), (squat, 20)):
        for at, pose in repetitions(posture, [0.9] * 2):
            assert pose.world is not None
            session.observe(as_pose(pose.world, hidden=legs), start + at)
    assert session.counts == {"squat": 0, "push_up": 2}


def test_what_would_help_is_said(library: Library) -> None:
    """He stands too close, then does half squats in full view, then real ones."""
    close = [(t / 15, as_pose(squat(0), hidden=FEET)) for t in range(75)]
    half = repetitions(squat, [0.5] * 3)
    whole = repetitions(squat, [0.9] * 3)
    events = events_of(library.session("squat"), chain(close, later(8, half), later(20, whole)))
    told = [event for event in events if isinstance(event, Guidance)]
    assert [one.advice for one in told] == [Advice.STEP_BACK, Advice.GO_DEEPER]
    assert all(one.at_s < 20 for one in told)


def test_the_state_can_be_asked_for(library: Library) -> None:
    session = library.session()
    assert (session.subject, session.confidences) == (False, {})
    session.observe(as_pose(squat(0)), 0.0)
    assert session.subject
    assert session.phases == {"squat": Phase.TOP, "push_up": Phase.AWAY}
    assert session.confidences["squat_up"] > 0.9


@pytest.mark.parametrize("at", [1.0, 0.5, float("nan")])
def test_time_must_go_on(library: Library, at: float) -> None:
    session = library.session()
    session.observe(None, 1.0)
    with pytest.raises(TimeWentBackwards):
        session.observe(None, at)


@pytest.mark.parametrize("cut", [0, 1, 40, 77, 150])
def test_a_session_goes_on_from_a_snapshot(library: Library, cut: int) -> None:
    observations = list(repetitions(squat, [0.9, 0.4, 0.9]))
    whole = events_of(library.session(), observations)
    first = library.session()
    begun = [e for at, pose in observations[:cut] for e in first.observe(pose, at)]
    second = library.restore(json.loads(json.dumps(first.snapshot())))
    assert begun + events_of(second, observations[cut:]) == whole


def test_another_exercise_may_be_chosen_and_counts_stay(library: Library) -> None:
    session = library.session("squat")
    events_of(session, repetitions(squat, [0.9, 0.9]))
    assert session.counts == {"squat": 2}
    session.choose(library.pick("push_up"))
    events_of(session, later(20, repetitions(push_up, [0.9])))
    assert session.counts == {"squat": 2, "push_up": 1}
    assert session.phases.keys() == {"push_up"}
    session = library.restore(json.loads(json.dumps(session.snapshot())))
    session.choose(library.pick("squat"))
    events_of(session, later(40, repetitions(squat, [0.9])))
    assert session.counts == {"squat": 3, "push_up": 1}


def test_nobody_is_lost_by_the_first_look_after_a_pause(library: Library) -> None:
    session = library.session()
    session.observe(as_pose(squat(0)), 0.0)
    session.interrupt()
    assert session.observe(None, 60.0) == []
    assert session.subject
    assert any(isinstance(e, SubjectLost) for e in session.observe(None, 61.1))


def test_guidance_is_rare_however_often_the_exercise_changes(library: Library) -> None:
    session, told = library.session("squat"), list[float]()
    for frame in range(100 * 15):
        if frame % 60 == 0:
            session.choose(library.pick(("squat", "push_up")[frame // 60 % 2]))
        told += [e.at_s for e in session.observe(None, frame / 15) if isinstance(e, Guidance)]
    assert told == pytest.approx([ABSENT_S], abs=0.1)


def test_exercises_keep_their_order_in_a_snapshot(library: Library) -> None:
    session = library.session("push_up")
    session.choose(library.pick("auto"))
    restored = library.restore(json.loads(json.dumps(session.snapshot())))
    assert [*restored.phases] == [*session.phases] == ["squat", "push_up"]


def test_a_movement_that_is_interrupted_is_no_repetition(library: Library) -> None:
    session = library.session("squat")
    observations = repetitions(squat, [0.9])
    while session.phases["squat"] is not Phase.UP:
        at, pose = next(observations)
        session.observe(pose, at)
    refused = [e for e in session.interrupt() if isinstance(e, RepRejected)]
    events_of(session, observations)
    assert [event.reason for event in refused] == [Reason.INCOMPLETE]
    assert session.counts == {"squat": 0}


@pytest.mark.parametrize(("posture", "count"), [(squat, 2), (sit_down, 0)])
def test_a_camera_from_above_makes_no_squat_of_sitting_down(posture: Posture, count: int) -> None:
    """Before it the weight of who sits seems to be back by 0.4, and by 0.55 of where it seemed to
    be when he stood."""
    rules = replace(EXERCISES[0].rules, most_set_back=0.47)
    exercises = (replace(EXERCISES[0], rules=rules),)
    session = ExerciseSession(exercises, PoseClassifier(EXERCISES, samples()))
    events_of(session, repetitions(lambda depth: from_above(posture(depth), 10), [1, 1]))
    assert session.counts == {"squat": count}


@pytest.mark.parametrize("degrees", [-15, 0, 15])
@pytest.mark.parametrize(("posture", "count"), [(squat, 2), (sit_down, 0)])
def test_before_a_rolled_camera_it_is_the_same(
    posture: Posture, count: int, degrees: float
) -> None:
    rules = replace(EXERCISES[0].rules, most_set_back=0.47)
    exercises = (replace(EXERCISES[0], rules=rules),)
    session = ExerciseSession(exercises, PoseClassifier(EXERCISES, samples()))
    observations = repetitions(posture, [1, 1])
    events_of(session, [(at, as_pose(rolled(pose.image, degrees))) for at, pose in observations])
    assert session.counts == {"squat": count}


def test_a_session_of_before_an_update_goes_on(library: Library) -> None:
    observations = [*repetitions(squat, [0.9] * 4)]
    half = len(observations) // 2
    first = library.session("squat")
    events_of(first, observations[:half])
    kept = first.snapshot() | {"version": 7}
    for counter in kept["counters"].values():
        del counter["missed"]
    second = library.restore(json.loads(json.dumps(kept)))
    assert events_of(second, observations[half:]) == events_of(first, observations[half:])
    assert second.counts == {"squat": 4}


@pytest.mark.parametrize("snapshot", [{}, {"version": 99}, {"version": 6, "counters": {}}])
def test_a_wrong_snapshot_is_refused(library: Library, snapshot: dict[str, object]) -> None:
    with pytest.raises(SnapshotError):
        library.restore(snapshot)


def test_an_unknown_exercise_names_the_known_ones(library: Library) -> None:
    with pytest.raises(UnknownExercise, match="auto, squat, push_up"):
        library.session("yoga")


def test_a_folder_without_exercises_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no exercise in it"):
        Library.load(tmp_path)


def test_one_anew_counts_from_zero(library: Library) -> None:
    """As a new one does, of what was chosen last."""
    session = library.session(unknown=True)
    events_of(session, repetitions(squat, [0.9]))
    session.choose(library.pick("squat"))
    again = session.anew()
    assert again.counts == {"squat": 0, UNKNOWN: 0}
    whole = events_of(library.session("squat", unknown=True), repetitions(squat, [0.9, 0.9]))
    assert events_of(again, repetitions(squat, [0.9, 0.9])) == whole
