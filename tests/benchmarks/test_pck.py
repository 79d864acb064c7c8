"""The command's own part: from tracks to scores, the page, and which frames are shown."""

from pathlib import Path

import numpy as np

from benchmarks.factorial import Condition, Filmed
from benchmarks.keypoints import JOINTS
from benchmarks.pck import compare, report, worst
from benchmarks.tracks import RUNS
from people.truth import Truth

CLIPS = Path(__file__).parents[1] / "clips"


def filmed(name: str, exercise: str) -> Filmed:
    video = CLIPS / f"{name}.mp4"
    condition = Condition(exercise, "side", name, "near")
    return Filmed(condition, video, Truth.load(video.with_suffix(".json")))


def test_the_truth_scores_everything_and_nobody_nothing() -> None:
    clip = filmed("push_up_side", "push_up")
    truth = {clip.condition.name: clip.truth.image}
    nobody = {clip.condition.name: np.full_like(clip.truth.image, np.nan)}
    compared = compare(clip, {"full": truth}, {"full": nobody})
    assert compared.joints == clip.truth.visible[:, JOINTS].sum() > 0
    ours, theirs = compared.ours["full"], compared.theirs["full"]
    assert (ours.near, ours.nearer, ours.found) == (
        compared.joints,
        compared.joints,
        compared.frames,
    )
    assert (theirs.near, theirs.nearer, theirs.found) == (0, 0, 0)


def test_the_page_has_every_table() -> None:
    clips = [filmed("squat_front", "squat"), filmed("floor_work", "sit_up")]
    tracks = {c.condition.name: c.truth.image for c in clips}
    runs = dict.fromkeys(RUNS, tracks)
    text = report([compare(clip, runs, runs) for clip in clips])
    assert text.count("\n## ") == 7
    assert "ours is at least equal in 6." in text
    assert "standing, side" in text
    assert "on the floor, side" in text


def test_the_worst_clip_of_each_exercise_is_shown_the_worst_first() -> None:
    good, bad, other = (
        filmed("squat_front", "squat"), filmed("squat_oblique", "squat"), filmed("lunges", "lunge")
    )  # fmt: skip
    ours = {c.condition.name: c.truth.image.copy() for c in (good, bad, other)}
    ours[bad.condition.name][5] += 500
    ours[other.condition.name][3:9] = np.nan
    ours[other.condition.name][7] = 0
    shown = list(worst([good, bad, other], ours, ours))
    assert [figure.about for figure in shown] == [other.truth.about, bad.truth.about]
    np.testing.assert_array_equal(shown[0].ours, np.zeros((33, 2)))
    np.testing.assert_array_equal(shown[1].true, bad.truth.image[5])
