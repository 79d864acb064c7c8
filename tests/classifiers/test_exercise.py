"""An exercise folder: what may stand in it, and what is said of a wrong one."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from classifiers.embedding import ANGLES, NAMES, angle_degrees, embed, overhang
from classifiers.exercise import Exercise, Hold, Kind
from classifiers.exercise_file import ExerciseError, read_exercise
from classifiers.library import Library
from classifiers.rules import GradeRules
from classifiers.samples import SamplesError, SampleSet
from pose_engine.landmarks import Landmark
from tests.classifiers.figures import as_pose, bend, repetitions, samples, sit_down, squat

_TOML = """
title = "Squat"
description = "Down and up."
parts = ["torso", "legs"]
measures = ["knee"]
[depth]
angle = "knee"
top_degrees = 165
bottom_degrees = 85
top_lift = 0.96
bottom_lift = 0.5
[rules]
counted_depth = 0.6
[grades]
full_depth = 0.7
"""


_HOLD = """
kind = "hold"
title = "Plank"
description = "Still."
parts = ["torso", "arms", "legs"]
variants = ["high", "forearm"]
[rules]
least_s = 5.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "squat").mkdir()
    (tmp_path / "squat" / "exercise.toml").write_text(_TOML)
    every = samples()
    pushed = np.char.startswith(np.array(every.labels), "push_up")
    every.where(~pushed).write(tmp_path / "squat" / "samples.csv")
    return tmp_path / "squat"


def _counted(folder: Path) -> Exercise:
    exercise = read_exercise(folder)
    assert isinstance(exercise, Exercise)
    return exercise


def test_a_folder_is_an_exercise(folder: Path) -> None:
    exercise = _counted(folder)
    assert exercise.kind is Kind.REPS
    assert (exercise.name, exercise.title, exercise.needs_legs) == ("squat", "Squat", True)
    assert exercise.rules.counted_depth == 0.6
    assert Library.load(folder.parent).names == ("squat",)


def test_measures_and_grades_are_data(folder: Path) -> None:
    exercise = _counted(folder)
    assert exercise.measures == ("knee",)
    assert exercise.grades == GradeRules(full_depth=0.7, deep_depth=1.25)


def test_the_joint_that_tells_the_depth_is_measured_by_default(folder: Path) -> None:
    (folder / "exercise.toml").write_text(_TOML.replace('measures = ["knee"]', ""))
    assert _counted(folder).measures == ("knee",)


def test_depth_is_the_share_of_the_range_of_motion(folder: Path) -> None:
    exercise = _counted(folder)
    assert exercise.depth(embed(as_pose(squat(0)))) == 0
    assert exercise.depth(embed(as_pose(squat(1)))) == pytest.approx(1.18, abs=0.02)


def test_what_points_away_from_the_camera_is_deeper_than_it_looks(folder: Path) -> None:
    toml = _TOML.replace("top_lift", "away_gain = 1.5\ntop_lift", 1)
    (folder / "exercise.toml").write_text(toml)
    exercise, half = _counted(folder), embed(as_pose(squat(0.4)))
    across = exercise.depth(half)
    assert 0.2 < across < 0.8
    assert exercise.depth(half, 1.0) == pytest.approx(1.5 * across)
    assert exercise.depth(half, 0.5) == pytest.approx(1.25 * across)
    assert exercise.depth(embed(as_pose(squat(1))), 1.0) == 1.5, "no deeper than that"


def test_a_bent_knee_alone_is_half_as_deep(folder: Path) -> None:
    exercise = _counted(folder)
    standing = squat(0)
    for side in ("LEFT", "RIGHT"):
        standing[Landmark[f"{side}_KNEE"]] += np.array([0, 0, -0.4], np.float32)
    assert angle_degrees(embed(as_pose(standing)), "knee") < 100
    assert exercise.depth(embed(as_pose(standing))) < 0.8
    angle_alone = replace(exercise, lifts=None)
    assert angle_alone.depth(embed(as_pose(standing))) > 0.8


@pytest.mark.parametrize(("name", "wrong"), [("knee", 0.0), ("knee_lift", -1.0)])
def test_a_joint_or_a_limb_alone_goes_half_way_however_wrong_it_is(
    folder: Path, name: str, wrong: float
) -> None:
    vector = embed(as_pose(squat(0)))
    vector[NAMES.index(name)] = wrong
    assert _counted(folder).depth(vector) == 0.75


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Squat"', "", "'title' is missing"),
        ("title =", "name =", "a counted exercise has unknown fields: name"),
        ("measures =", "measure =", "a counted exercise has unknown fields: measure"),
        ("[rules]", "[rule]", "a counted exercise has unknown fields: rule"),
        ("top_degrees", "top_degress", "depth has unknown fields: top_degress"),
        ("top_degrees = 165", 'top_degrees = "165"', "depth.top_degrees must be a number"),
        ("full_depth = 0.7", 'full_depth = "0.7"', "grades.full_depth must be a number"),
        ("title =", 'upright = "false"\ntitle =', "upright must be true or false, not 'false'"),
        ("title =", 'reach = "1"\ntitle =', "exercise.reach must be a number, not '1'"),
        ("title =", "reach = 0\ntitle =", "reach must be more than 0 and at most 3"),
        ("title =", "reach = inf\ntitle =", "reach must be more than 0 and at most 3"),
        ('["torso", "legs"]', '"legs"', "parts must be some of"),
        ('["torso", "legs"]', "[]", "parts must not be empty"),
        ('"legs"', '"tail"', "parts must be some of torso, arms, legs"),
        ('"knee"', '"nose"', "must be one of elbow, shoulder, hip, knee"),
        ("85", "165", "top_degrees and bottom_degrees in 0..180 that differ"),
        ("85", "181", "top_degrees and bottom_degrees in 0..180 that differ"),
        ("0.96", "0.4", "bottom_lift < top_lift"),
        ("top_lift", "away_gain = 3.1\ntop_lift", "away_gain must be in 1..3"),
        ("top_lift = 0.96", "", "'top_lift' is missing"),
        ('"knee"', '"hip"', "no lift for the hip"),
        ("[rules]", '[rules]\nturn = "0.1"', "rules.turn must be a number, not '0.1'"),
        ("[rules]", "[rules]\nturn = nan", "rules.turn must be a number"),
        ("[rules]", "[rules]\nlost_s = -1", "rules.lost_s must not be below 0"),
        ("counted_depth", "counted_deepness", "unknown fields: counted_deepness"),
        ("[depth]", "[depth", "exercise.toml"),
        ('["knee"]', '["nose"]', "measures must be some of elbow, .*, torso_lean, hip_sag"),
        ('["knee"]', "7", "exercise.toml"),
        ("full_depth = 0.7", "full_depth = 1.3", "0 < full_depth < deep_depth"),
        ("full_depth", "fullness", "grades has unknown fields: fullness"),
        ("title =", 'kind = "dance"\ntitle =', "kind must be one of reps, hold"),
        ("title =", 'kind = "hold"\ntitle =', "a hold has unknown fields: depth, grades, measures"),
    ],
)
def test_a_wrong_file_names_the_field(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "exercise.toml").write_text(_TOML.replace(old, new))
    with pytest.raises(ExerciseError, match=message):
        read_exercise(folder)


@pytest.mark.parametrize("wrong", ["rules = 5", "rules = []", "grades = 'x'", "depth = 5"])
def test_what_is_no_table_is_named(folder: Path, wrong: str) -> None:
    name = wrong.split(maxsplit=1)[0]
    head, *tables = _TOML.split("\n[")
    others = [table for table in tables if not table.startswith(name)]
    (folder / "exercise.toml").write_text("\n[".join([f"{wrong}\n{head}", *others]))
    with pytest.raises(ExerciseError, match=f"exercise.toml: {name} must be a table"):
        read_exercise(folder)


@pytest.mark.parametrize("name", ["biceps-curl", "Curl", "my curl", "liegest\u00fctz", "a" * 60])
def test_a_name_is_one_that_workouts_can_be_found_by(folder: Path, name: str) -> None:
    """`a` * 60 and `_down` are longer than a label may be."""
    with pytest.raises(ExerciseError, match=f"at most 64 characters.*'{name}"):
        read_exercise(folder.rename(folder.with_name(name)))


@pytest.mark.parametrize("name", ["auto", "unknown", "none", "near"])
def test_a_name_means_nothing_else(folder: Path, name: str) -> None:
    folder.rename(folder.with_name(name))
    with pytest.raises(ExerciseError, match=f"{name} means something else already"):
        Library.load(folder.parent)


def test_a_label_is_one_exercise_s(folder: Path) -> None:
    toml = _HOLD.replace('["high", "forearm"]', '["high", "high"]')
    (folder / "exercise.toml").write_text(toml)
    with pytest.raises(ExerciseError, match="squat_high means something else already"):
        Library.load(folder.parent)


@pytest.mark.parametrize(
    ("file", "error"), [("exercise.toml", ExerciseError), ("samples.csv", SamplesError)]
)
def test_a_folder_without_one_of_its_files_is_not_left_out(
    folder: Path, file: str, error: type[Exception]
) -> None:
    other = copytree(folder, folder.with_name("squat_too"))
    (other / file).unlink()
    with pytest.raises(error, match=f"squat_too/{file}: No such file"):
        Library.load(folder.parent)


def test_of_two_collections_the_later_one_s_squat_is_counted(folder: Path) -> None:
    before, own = folder.parent, folder.parent / "own"
    copytree(folder, own / "squat")
    toml = (folder / "exercise.toml").read_text()
    (own / "squat" / "exercise.toml").write_text(toml.replace("0.6", "0.9"))
    copytree(folder, before / "lunge")
    path = before / "lunge" / "samples.csv"
    path.write_text(path.read_text().replace("squat_", "lunge_"))
    library = Library.load(before, own)
    assert library.names == ("lunge", "squat")
    squat_ = library.pick("squat")[0]
    assert isinstance(squat_, Exercise)
    assert squat_.rules.counted_depth == 0.9


def test_poses_of_none_are_those_of_all_collections(folder: Path) -> None:
    """Where what is a squat in one is none in the other, it does not count."""
    before, own = folder.parent, folder.parent / "own"
    assert _squats(Library.load(before)) == 2
    (own / "none").mkdir(parents=True)
    bottoms = np.stack([squat(depth) for depth in np.linspace(0.5, 1, 400)])
    SampleSet(("none",) * 400, ("figure",) * 400, bottoms).write(own / "none" / "samples.csv")
    assert _squats(Library.load(before, own)) == 0


def test_a_collection_without_an_exercise_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="mistyped: no exercise in it"):
        Library.load(folder.parent, tmp_path / "mistyped")


def test_a_misspelt_label_is_named(folder: Path) -> None:
    path = folder / "samples.csv"
    path.write_text(path.read_text().replace("squat_up", "squat_uo", 1))
    with pytest.raises(SamplesError, match=r"samples.csv: no exercise .* labelled 'squat_uo'"):
        Library.load(folder.parent)


def test_a_hold_is_a_pose_in_its_variants(folder: Path) -> None:
    (folder / "exercise.toml").write_text(_HOLD)
    hold = read_exercise(folder)
    assert isinstance(hold, Hold)
    assert (hold.kind, hold.needs_legs, hold.rules.least_s) == (Kind.HOLD, True, 5.0)
    assert hold.classes == ("squat_high", "squat_forearm")


def test_a_hold_without_variants_is_one_class(folder: Path) -> None:
    (folder / "exercise.toml").write_text(_HOLD.replace("variants", "# variants"))
    hold = read_exercise(folder)
    assert isinstance(hold, Hold)
    assert hold.classes == ("squat",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"legs"', '"tail"', "parts must be some of torso, arms, legs"),
        ("least_s", "longest_s", "unknown fields: longest_s"),
        ("5.0", "-5.0", "least_s must be above 0"),
        ("5.0", '"5.0"', "rules.least_s must be a number, not '5.0'"),
        ("title", "upright = true\ntitle", "a hold has unknown fields: upright"),
        ('["high", "forearm"]', '"high"', "variants must be a list of names, not 'high'"),
        ('"high"', '"on hands"', "'squat_on hands'"),
        ('description = "Still."', "", "'description' is missing"),
    ],
)
def test_a_wrong_hold_names_the_field(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "exercise.toml").write_text(_HOLD.replace(old, new))
    with pytest.raises(ExerciseError, match=message):
        read_exercise(folder)


def test_a_hold_is_seen_as_well_as_the_part_that_is_seen_worst(folder: Path) -> None:
    (folder / "exercise.toml").write_text(_HOLD)
    hold = read_exercise(folder)
    assert isinstance(hold, Hold)
    seen = dict.fromkeys(ANGLES, 1.0)
    assert hold.seen(seen) == 1
    assert hold.seen(seen | {"knee": 0.2, "elbow": 0.4}) == 0.2
    assert hold.seen(seen | {"hip": 0.2}) == 1


def test_a_variant_without_samples_is_named(folder: Path) -> None:
    (folder / "exercise.toml").write_text(_HOLD)
    held = SampleSet(("squat_high",) * 9, ("figure",) * 9, samples().points[:9])
    held.write(folder / "samples.csv")
    with pytest.raises(SamplesError, match="no sample is labelled squat_forearm"):
        Library.load(folder.parent)


@pytest.mark.parametrize("kept", [1, 7])
def test_a_class_with_too_few_samples_is_named(folder: Path, kept: int) -> None:
    every = SampleSet.read(folder / "samples.csv")
    keep = np.ones(len(every), bool)
    keep[[i for i, label in enumerate(every.labels) if label == "squat_down"][kept:]] = False
    every.where(keep).write(folder / "samples.csv")
    with pytest.raises(SamplesError, match="fewer than 8 samples are labelled squat_down"):
        Library.load(folder.parent)


def test_with_the_least_samples_that_are_allowed_it_counts(folder: Path) -> None:
    depths = np.linspace(0, 1, 16)
    labels = tuple(f"squat_{'down' if depth > 0.5 else 'up'}" for depth in depths)
    poses = np.stack([squat(depth) for depth in depths])
    SampleSet(labels, ("figure",) * 16, poses).write(folder / "samples.csv")
    assert _squats(Library.load(folder.parent)) == 2


def _squats(library: Library) -> int:
    """How many of two are counted."""
    session = library.session("squat")
    for at_s, pose in repetitions(squat, [0.9, 0.9]):
        session.observe(pose, at_s)
    session.finish()
    return session.counts["squat"]


def test_samples_of_nothing_else_are_not_needed(folder: Path) -> None:
    every = SampleSet.read(folder / "samples.csv")
    own = np.char.startswith(np.array(every.labels), "squat")
    every.where(own).write(folder / "samples.csv")
    assert Library.load(folder.parent).names == ("squat",)


def test_on_to_a_chair_the_weight_goes_back_as_the_hips_come_down(folder: Path) -> None:
    exercise = _counted(folder)
    backs = [exercise.set_back(embed(as_pose(one(1)))) for one in (squat, sit_down)]
    assert backs[0] < 0.1
    assert backs[1] > 0.7
    assert abs(exercise.set_back(embed(as_pose(squat(0))))) < 0.2


def test_of_who_is_seen_squarely_a_little_is_a_guess(folder: Path) -> None:
    exercise = _counted(folder)
    sitting = embed(as_pose(sit_down(1)))
    back = exercise.set_back(sitting)
    assert exercise.set_back(sitting, square=1) == pytest.approx(back - 0.15)
    assert back - 0.15 < exercise.set_back(sitting, square=0.5) < back


def test_who_leans_over_hanging_arms_stoops(folder: Path) -> None:
    """As far as the trunk leans, from upright to level and beyond; arms before the chest do not
    hang, however far he leans."""
    exercise = _counted(folder)
    stoops = [exercise.stoop(embed(as_pose(bend(share)))) for share in (0, 0.4, 0.8, 1)]
    leans = np.radians([3, 47, 91, 113])
    assert stoops == pytest.approx(1 - np.cos(leans), abs=0.01)
    assert exercise.stoop(embed(as_pose(squat(1)))) == 0


def test_hips_below_the_knees_are_on_no_chair(folder: Path) -> None:
    exercise = _counted(folder)
    points = sit_down(1)
    points[Landmark.LEFT_KNEE :, 1] -= 0.1
    vector = embed(as_pose(points))
    assert overhang(vector) > 0.2
    assert exercise.set_back(vector) == 0
