"""Poses in, explained events out: the whole chain on stick figures."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from classifiers.events import (
    Advice,
    Event,
    Guidance,
    HoldEnded,
    HoldStarted,
    Phase,
    Reason,
    RepCounted,
    RepRejected,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
)
from classifiers.exercise import Exercise, Hold
from classifiers.guidance import ABSENT_S
from classifiers.knn import PoseClassifier
from classifiers.library import Library, UnknownExercise
from classifiers.session import (
    UNKNOWN,
    ExerciseSession,
    SnapshotError,
    TimeWentBackwards,
)
from pose_engine.landmarks import FloatArray, Landmark, Pose
from tests.classifiers.figures import (
    CHAIR,
    EXERCISES,
    PLANK,
    Posture,
    as_pose,
    bend,
    from_above,
    held_samples,
    push_up,
    repetitions,
    rolled,
    samples,
    sit_down,
    squat,
    turned,
)

FEET = tuple(Landmark(i) for i in range(27, 33))
Observations = Iterable[tuple[float, Pose | None]]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(EXERCISES, PoseClassifier(EXERCISES, samples()))


def _run(session: ExerciseSession, observations: Observations) -> list[Event]:
    events = [event for at, pose in observations for event in session.observe(pose, at)]
    return events + session.finish()


def _later(seconds: float, observations: Observations) -> Iterator[tuple[float, Pose | None]]:
    return ((at + seconds, pose) for at, pose in observations)


@pytest.mark.parametrize(("gain", "heading", "count"), [(1, 180, 0), (2, 180, 4), (2, 0, 0)])
def test_push_ups_from_beyond_the_feet_are_deeper_than_they_look(
    library: Library, gain: float, heading: float, count: int
) -> None:
    def shallow(depth: float) -> FloatArray:
        return turned(push_up(depth), heading - 40)  # `repetitions` turns by 40

    (exercise,) = library.pick("push_up")
    assert isinstance(exercise, Exercise)
    session = ExerciseSession([replace(exercise, away_gain=gain)], library.classifier)
    _run(session, repetitions(shallow, [0.75] * 4))
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
        (one,) = (e for e in _run(session, observations) if isinstance(e, RepCounted))
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
    events = _run(session, chain(squats, _later(20, push_ups)))
    assert session.counts == {"squat": 3, "push_up": 2}
    assert sum(isinstance(event, RepCounted) for event in events) == 5


def test_only_the_named_exercise_is_counted(library: Library) -> None:
    session = library.session("push_up")
    _run(session, repetitions(squat, [0.9] * 3))
    assert session.counts == {"push_up": 0}


def test_bending_is_not_squatting(library: Library) -> None:
    session = library.session()
    _run(session, repetitions(bend, [0.9] * 3))
    assert session.counts == {"squat": 0, "push_up": 0}


def test_a_half_rep_is_refused_with_its_reason(library: Library) -> None:
    events = _run(library.session(), repetitions(squat, [0.9, 0.4, 0.9]))
    rejected = [event for event in events if isinstance(event, RepRejected)]
    assert [(event.reason, event.count) for event in rejected] == [(Reason.TOO_SHALLOW, 1)]


def test_the_person_is_lost_and_found(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(t / 10, pose if t < 10 or t > 40 else None) for t in range(50)]
    events = _run(library.session(), seen)
    said = [e for e in events if isinstance(e, SubjectFound | SubjectLost)]
    assert [type(e) for e in said] == [SubjectFound, SubjectLost, SubjectFound]
    assert [e.at_s for e in said] == pytest.approx([0.0, 2.0, 4.1])


def test_losing_the_person_neither_makes_nor_takes_a_rep(library: Library) -> None:
    session = library.session()
    _run(
        session,
        ((at, None if at % 2.5 < 0.3 else pose) for at, pose in repetitions(squat, [0.9] * 4)),
    )
    assert session.counts["squat"] == 4


def _by(person: int, observations: Observations) -> Iterator[tuple[float, Pose | None]]:
    return ((at, pose and replace(pose, subject=person)) for at, pose in observations)


def test_two_people_never_make_one_rep(library: Library) -> None:
    """One goes down, the other is seen coming up."""
    down_and_up = list(repetitions(squat, [0.9]))
    session = library.session("squat")
    observations = chain(_by(1, down_and_up[:30]), _by(2, down_and_up[30:]))
    events = _run(session, observations)
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
    events = _run(session, chain(_by(1, first), _by(2, _later(20, second))))
    assert session.counts == {"squat": 3}
    assert sum(isinstance(event, SubjectSwitched) for event in events) == 1
    assert not any(isinstance(event, RepRejected) for event in events)


def test_a_person_who_comes_back_is_not_another_one(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(0.0, replace(pose, subject=4)), (1.5, None), (3.0, replace(pose, subject=4))]
    events = _run(library.session(), seen)
    assert not any(isinstance(event, SubjectSwitched) for event in events)


def test_somebody_else_who_is_found_is_a_switch_too(library: Library) -> None:
    pose = as_pose(squat(0))
    seen = [(0.0, pose), (1.5, None), (3.0, replace(pose, subject=2))]
    events = _run(library.session(), seen)
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
    events = _run(library.session("squat"), chain(close, _later(8, half), _later(20, whole)))
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
    whole = _run(library.session(), observations)
    first = library.session()
    begun = [e for at, pose in observations[:cut] for e in first.observe(pose, at)]
    second = library.restore(json.loads(json.dumps(first.snapshot())))
    assert begun + _run(second, observations[cut:]) == whole


def test_another_exercise_may_be_chosen_and_counts_stay(library: Library) -> None:
    session = library.session("squat")
    _run(session, repetitions(squat, [0.9, 0.9]))
    assert session.counts == {"squat": 2}
    session.choose(library.pick("push_up"))
    _run(session, _later(20, repetitions(push_up, [0.9])))
    assert session.counts == {"squat": 2, "push_up": 1}
    assert session.phases.keys() == {"push_up"}
    session = library.restore(json.loads(json.dumps(session.snapshot())))
    session.choose(library.pick("squat"))
    _run(session, _later(40, repetitions(squat, [0.9])))
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
    _run(session, observations)
    assert [event.reason for event in refused] == [Reason.INCOMPLETE]
    assert session.counts == {"squat": 0}


@pytest.mark.parametrize(("posture", "count"), [(squat, 2), (sit_down, 0)])
def test_a_camera_from_above_makes_no_squat_of_sitting_down(posture: Posture, count: int) -> None:
    """Before it the weight of who sits seems to be back by 0.4, and by 0.55 of where it seemed to
    be when he stood."""
    rules = replace(EXERCISES[0].rules, most_set_back=0.47)
    exercises = (replace(EXERCISES[0], rules=rules),)
    session = ExerciseSession(exercises, PoseClassifier(EXERCISES, samples()))
    _run(session, repetitions(lambda depth: from_above(posture(depth), 10), [1, 1]))
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
    _run(session, [(at, as_pose(rolled(pose.image, degrees))) for at, pose in observations])
    assert session.counts == {"squat": count}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_looking_ahead_changes_nothing(timing: Library, size: int) -> None:
    observations: list[tuple[float, Pose | None]] = [*repetitions(squat, [0.9, 0.4, 0.9])]
    observations[20] = (observations[20][0], None)
    session, events = timing.session(), []
    for start in range(0, len(observations), size):
        some = observations[start : start + size]
        timing.look_ahead([(session, pose, at) for at, pose in some if pose is not None])
        events += [event for at, pose in some for event in session.observe(pose, at)]
    assert events + session.finish() == _run(timing.session(), observations)


def test_looking_ahead_for_several_sessions_changes_nothing(timing: Library) -> None:
    """Of each another exercise, and a hold that the others do not time."""
    observations = [*repetitions(squat, [0.9, 0.4, 0.9])]
    names = ("auto", "squat", "push_up", "chair", "plank")
    sessions = [timing.session(name) for name in names]
    events: list[list[Event]] = [[] for _ in names]
    for at, pose in observations:
        timing.look_ahead([(session, pose, at) for session in sessions])
        for told, session in zip(events, sessions, strict=True):
            told.extend(session.observe(pose, at))
    alone = [timing.session(name) for name in names]
    assert events == [[e for at, p in observations for e in one.observe(p, at)] for one in alone]
    assert [one.snapshot() for one in sessions] == [one.snapshot() for one in alone]


def test_what_does_not_come_as_expected_is_looked_at_alone(timing: Library) -> None:
    """Some is left out, and what is counted changes on the way."""
    observations = [*repetitions(squat, [0.9, 0.4, 0.9])]
    session, alone = timing.session(), timing.session()
    for start in range(0, len(observations), 8):
        some = observations[start : start + 8]
        timing.look_ahead([(session, pose, at) for at, pose in some])
        for number, (at, pose) in enumerate(some):
            if number == 5:
                exercises = timing.pick("squat" if start % 16 else "auto")
                assert session.choose(exercises) == alone.choose(exercises)
            if number not in (2, 7):
                assert session.observe(pose, at) == alone.observe(pose, at)
    assert session.snapshot() == alone.snapshot()


def test_a_session_of_before_an_update_goes_on(library: Library) -> None:
    observations = [*repetitions(squat, [0.9] * 4)]
    half = len(observations) // 2
    first = library.session("squat")
    _run(first, observations[:half])
    kept = first.snapshot() | {"version": 7}
    for counter in kept["counters"].values():
        del counter["missed"]
    second = library.restore(json.loads(json.dumps(kept)))
    assert _run(second, observations[half:]) == _run(first, observations[half:])
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


@pytest.fixture(scope="module")
def timing() -> Library:
    """With a plank, which is a push-up's top, and a chair pose, which is a squat's bottom."""
    exercises: tuple[Exercise | Hold, ...] = (*EXERCISES, PLANK, CHAIR)
    return Library(exercises, PoseClassifier(exercises, samples() + held_samples()))


def _held(
    posture: Posture, depth: float, seconds: float, *, hidden: tuple[Landmark, ...] = ()
) -> list[tuple[float, Pose | None]]:
    """Two seconds down to a depth, kept there, and two seconds back."""
    observations: list[tuple[float, Pose | None]] = []
    for frame in range(round((seconds + 4) * 15)):
        share = min(frame / 30, 1, (seconds + 4 - frame / 15) / 2)
        observations.append((frame / 15, as_pose(posture(depth * share), hidden=hidden)))
    return observations


def _holds(events: Iterable[Event]) -> list[HoldEnded]:
    return [event for event in events if isinstance(event, HoldEnded)]


def test_a_squat_that_stays_down_is_a_chair_pose(timing: Library) -> None:
    session = timing.session("auto")
    events = _run(session, _held(squat, 1.0, 6))
    (started,) = (event for event in events if isinstance(event, HoldStarted))
    (ended,) = _holds(events)
    assert ended.exercise == started.exercise == "chair"
    assert ended.start_s == pytest.approx(2, abs=0.4)
    assert ended.end_s == pytest.approx(8, abs=0.4)
    assert ended.confidence > 0.9


@pytest.mark.parametrize(("posture", "name"), [(squat, "squat"), (push_up, "push_up")])
@pytest.mark.parametrize("seconds", [1.0, 2.0, 4.0])
def test_repetitions_are_counted_and_not_timed(
    timing: Library, posture: Posture, name: str, seconds: float
) -> None:
    session = timing.session("auto")
    assert _holds(_run(session, repetitions(posture, [0.95] * 4, seconds=seconds))) == []
    assert session.counts[name] == 4


def test_a_pause_at_the_top_of_a_push_up_is_no_plank(timing: Library) -> None:
    paused = repetitions(push_up, [0.95] * 4, seconds=2.5, rest=1.5)
    assert _holds(_run(timing.session("plank"), paused)) == []


def test_only_the_named_hold_is_timed(timing: Library) -> None:
    session = timing.session("chair")
    assert _holds(_run(session, repetitions(push_up, [0.0] * 4))) == []
    assert (session.counts, session.phases) == ({}, {})
    assert _holds(_run(timing.session("plank"), repetitions(push_up, [0.0] * 4)))
    assert _holds(_run(timing.session("squat"), _held(squat, 1.0, 6))) == []


def test_what_is_counted_is_the_same_with_holds(library: Library, timing: Library) -> None:
    observations = list(chain(repetitions(squat, [0.9, 0.4, 0.9]), _later(9, _held(squat, 1, 5))))
    both = _run(timing.session(), observations)
    counted = [event for event in both if not isinstance(event, HoldStarted | HoldEnded)]
    assert len(counted) < len(both)
    assert counted == _run(library.session(), observations)


def test_a_hold_under_way_can_be_asked_for(timing: Library) -> None:
    session = timing.session()
    asked = []
    for at, pose in _held(squat, 1.0, 6):
        session.observe(pose, at)
        asked.append(session.holds)
    assert asked[0] == asked[60] == asked[-1] == {}
    assert asked[105] == {"chair": pytest.approx(5, abs=0.4)}
    assert session.confidences["chair"] < 0.1


def test_another_person_ends_a_hold(timing: Library) -> None:
    observations = _held(squat, 1.0, 10)
    events = _run(timing.session(), chain(_by(1, observations[:105]), _by(2, observations[105:])))
    first, second = _holds(events)
    assert first.end_s == observations[104][0]
    assert second.start_s == observations[105][0]


def test_a_hold_needs_its_limbs_in_view(timing: Library) -> None:
    legs = tuple(Landmark(i) for i in range(25, 33))
    assert _holds(_run(timing.session(), _held(squat, 1.0, 6, hidden=legs))) == []


@pytest.mark.parametrize("cut", [20, 60, 100, 125])
def test_a_hold_goes_on_from_a_snapshot(timing: Library, cut: int) -> None:
    observations = _held(squat, 1.0, 6)
    whole = _run(timing.session(), observations)
    first = timing.session()
    begun = [e for at, pose in observations[:cut] for e in first.observe(pose, at)]
    second = timing.restore(json.loads(json.dumps(first.snapshot())))
    assert begun + _run(second, observations[cut:]) == whole


def test_who_holds_with_his_legs_out_of_view_is_told_so(timing: Library) -> None:
    legs = tuple(Landmark(i) for i in range(25, 33))
    events = _run(timing.session("chair"), _held(squat, 1.0, 6, hidden=legs))
    (told,) = [event for event in events if isinstance(event, Guidance)]
    assert (told.advice, told.exercise) == (Advice.STEP_BACK, "chair")
    assert told.parts == ("knees", "ankles")


def test_one_anew_counts_from_zero(library: Library) -> None:
    """As a new one does, of what was chosen last."""
    session = library.session(unknown=True)
    _run(session, repetitions(squat, [0.9]))
    session.choose(library.pick("squat"))
    again = session.anew()
    assert again.counts == {"squat": 0, UNKNOWN: 0}
    whole = _run(library.session("squat", unknown=True), repetitions(squat, [0.9, 0.9]))
    assert _run(again, repetitions(squat, [0.9, 0.9])) == whole
