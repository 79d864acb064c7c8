"""Teaching an exercise: what clips of its repetitions make of it, and which clips make nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from classifiers.events import RepCounted
from classifiers.exercise import Exercise
from classifiers.exercise_file import ExerciseError, read_exercise
from classifiers.library import Library, check_name
from classifiers.lifter import Lifter, as_they_are
from classifiers.samples import SampleSet
from classifiers.session import ExerciseSession
from classifiers.teaching import PARTS_OF, SAMPLES, Lesson, TeachingError, Track, follow, learn
from pose_engine.landmarks import Landmark, Pose
from tests.classifiers.figures import Posture, as_pose, bend, curl, press, repetitions, squat

_BUNDLED = Path(__file__).parents[2] / "models" / "exercises"
_WRISTS = (Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST)
_DEPTHS = [1.0, 0.95, 1.0, 0.97]


def _track(posture: Posture, fps: float = 15, depths: list[float] = _DEPTHS) -> Track:
    return [*repetitions(posture, depths, fps=fps)]


def _taught(*tracks: Track, name: str = "mine", angle: str = "elbow") -> Lesson:
    lift = Lifter.read()
    courses = [follow(track, angle, lift) for track in tracks]
    return learn(name, angle, PARTS_OF[angle], courses)


def _counts(session: ExerciseSession, track: Track) -> dict[str, int]:
    for at_s, pose in track:
        session.observe(pose, at_s)
    session.finish()
    return {name: count for name, count in session.counts.items() if count}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Posture], Library]:
    """The exercises that come with blazereps and one that was taught."""
    made: dict[Posture, Library] = {}

    def library(posture: Posture) -> Library:
        if posture not in made:
            folder = tmp_path_factory.mktemp("own")
            _taught(_track(posture)).write(folder / "mine")
            made[posture] = Library.load(_BUNDLED, folder)
        return made[posture]

    return library


@pytest.mark.parametrize("posture", [curl, press])
@pytest.mark.parametrize("fps", [8, 15, 30])
def test_what_was_taught_counts_at_any_rate(
    beside: Callable[[Posture], Library], posture: Posture, fps: float
) -> None:
    assert _counts(beside(posture).session(), _track(posture, fps)) == {"mine": 4}


@pytest.mark.parametrize(("posture", "counts"), [(squat, {"squat": 4}), (bend, {}), (press, {})])
def test_nothing_else_counts_as_it(
    beside: Callable[[Posture], Library], posture: Posture, counts: dict[str, int]
) -> None:
    assert _counts(beside(curl).session(), _track(posture)) == counts


def test_all_that_begin_standing_count_beside_each_other(tmp_path: Path) -> None:
    _taught(_track(curl)).write(tmp_path / "mine")
    _taught(_track(bend), name="good_morning", angle="hip").write(tmp_path / "good_morning")
    library = Library.load(_BUNDLED, tmp_path)
    session = library.session()
    session.observe(as_pose(squat(0)), 0)
    tops = {name: share for name, share in session.confidences.items() if name.endswith("_up")}
    assert {name for name, share in tops.items() if share > 0.4} == {
        "mine_up", "good_morning_up", "squat_up",
    }  # fmt: skip
    counts = [_counts(library.session(), _track(one)) for one in (curl, bend, squat)]
    assert counts == [{"mine": 4}, {"good_morning": 4}, {"squat": 4}]


def test_the_top_is_where_clips_begin_and_end() -> None:
    curled, pressed = _taught(_track(curl)), _taught(_track(press))
    assert curled.degrees[0] > curled.degrees[1] + 90
    assert pressed.degrees[0] < pressed.degrees[1] - 80


def test_what_opens_on_the_way_down_is_measured_at_the_right_ends(
    beside: Callable[[Posture], Library],
) -> None:
    session = beside(press).session()
    events = [event for at_s, pose in _track(press) for event in session.observe(pose, at_s)]
    for rep in (event for event in events if isinstance(event, RepCounted)):
        assert rep.measures["elbow_top"].value < 65
        assert rep.measures["elbow_bottom"].value > 140


def test_repetitions_are_told_for_each_clip() -> None:
    assert _taught(_track(curl), _track(curl, depths=[1.0] * 2)).repetitions == (4, 2)


def test_a_clip_of_one_repetition_helps_beside_others() -> None:
    assert _taught(_track(curl), _track(curl, depths=[1.0])).repetitions == (4, 1)


def test_it_is_written_as_an_exercise(tmp_path: Path) -> None:
    lesson = _taught(_track(curl))
    lesson.write(tmp_path / "own" / "mine")
    exercise = read_exercise(tmp_path / "own" / "mine")
    assert isinstance(exercise, Exercise)
    assert (exercise.title, exercise.angle) == ("Mine", "elbow")
    assert exercise.parts == ("torso", "arms", "legs")
    assert exercise.reach == 1.2
    assert exercise.degrees == tuple(round(degrees) for degrees in lesson.degrees)
    labels = SampleSet.read(tmp_path / "own" / "mine" / "samples.csv").labels
    assert [labels.count(name) for name in exercise.classes] == [SAMPLES, SAMPLES]
    with pytest.raises(OSError, match="not empty"):
        lesson.write(tmp_path / "own" / "mine")
    assert [*(tmp_path / "own").iterdir()] == [tmp_path / "own" / "mine"]


def test_the_same_clips_teach_the_same(tmp_path: Path) -> None:
    for name in ("one", "other"):
        _taught(_track(curl)).write(tmp_path / name)
    one, other = (tmp_path / name / "samples.csv" for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


def _hidden(*joints: Landmark) -> Track:
    return [(at_s, as_pose(curl(0), joints)) for at_s in range(9)]


@pytest.mark.parametrize(
    ("track", "said"),
    [
        ([(0.0, None), (0.1, None)], "nobody is in view"),
        ([], "nobody is in view"),
        (_hidden(*_WRISTS), "the elbow is never in view"),
        (_track(squat, depths=[0.1] * 4), "the elbow hardly moves"),
        (_track(curl, depths=[1.0, 1.0]), "the elbow shows 2 repetitions; 3 are needed"),
        (_track(curl, fps=4, depths=[1.0] * 3), "poses are mine_down; 20 are needed"),
    ],
)
def test_clips_that_teach_nothing_are_refused(track: Track, said: str) -> None:
    with pytest.raises(TeachingError, match=re.escape(said)):
        _taught(track)


@pytest.mark.parametrize("name", ["none", "auto", "Curl", "curl-2", "", "c" * 60])
def test_names_that_exercises_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(ExerciseError, match=r"means something else|names and labels have"):
        check_name(name)
    check_name("biceps_curl_2")


def test_poses_without_the_joint_are_left_out() -> None:
    track = _track(curl)
    last_s = track[-1][0]
    unseen: list[tuple[float, Pose | None]] = [
        (last_s + at_s, as_pose(squat(1), _WRISTS)) for at_s in (0.1, 0.2)
    ]
    course = follow([*track, *unseen, (last_s + 0.3, None)], "elbow", as_they_are)
    assert len(course.points) == len(course.degrees) == len(course.smooth) == len(track)
