"""An exercise folder: what may stand in it, and what is said of a wrong one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.embedding import ANGLES, angle_degrees, embed, overhang
from classifiers.exercise import Exercise, ExerciseError, Hold, Kind, read_exercise
from classifiers.grade import GradeRules
from classifiers.library import Library
from classifiers.samples import SamplesError, SampleSet
from pose_engine.landmarks import Landmark
from tests.classifiers.figures import as_pose, bend, samples, sit_down, squat

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
    samples().write(tmp_path / "squat" / "samples.csv")
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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Squat"', "", "'title' is missing"),
        ('"legs"', '"tail"', "parts must be some of torso, arms, legs"),
        ('"knee"', '"nose"', "must be one of elbow, shoulder, hip, knee"),
        ("85", "170", "bottom_degrees < top_degrees"),
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
        ("title =", 'kind = "hold"\ntitle =', "a hold has no depth"),
    ],
)
def test_a_wrong_file_names_the_field(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "exercise.toml").write_text(_TOML.replace(old, new))
    with pytest.raises(ExerciseError, match=message):
        read_exercise(folder)


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
    with pytest.raises(SamplesError, match="no sample is labelled squat_high or squat_forearm"):
        Library.load(folder.parent)


@pytest.mark.parametrize("kept", [1, 2])
def test_a_class_with_too_few_samples_is_named(folder: Path, kept: int) -> None:
    every = SampleSet.read(folder / "samples.csv")
    keep = np.ones(len(every), bool)
    keep[[i for i, label in enumerate(every.labels) if label == "squat_down"][kept:]] = False
    every.where(keep).write(folder / "samples.csv")
    with pytest.raises(SamplesError, match="fewer than 3 samples are labelled squat_down"):
        Library.load(folder.parent)


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
