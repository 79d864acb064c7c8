"""The committed clips and their truth: complete, small, and as their documents say."""

from pathlib import Path

import av
import numpy as np
import pytest

from classifiers.events import Phase
from people.bundled import CLIPS
from people.script import Script
from people.truth import Truth

FOLDER = Path(__file__).parents[1] / "clips"
NAMES = sorted(path.stem for path in FOLDER.glob("*.mp4"))
LIMIT = 5_500_000


def test_they_are_few_and_small() -> None:
    assert len(NAMES) == 10
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LIMIT


@pytest.mark.parametrize("name", NAMES)
def test_video_and_truth_agree(name: str) -> None:
    truth = Truth.load(FOLDER / f"{name}.json")
    with av.open(str(FOLDER / f"{name}.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (truth.camera.width, truth.camera.height)
        assert stream.average_rate == truth.fps
        assert sum(1 for _ in video.demux(stream)) - 1 == len(truth.depth)
    count = len(truth.depth)
    assert truth.image.shape == (count, 33, 2)
    assert truth.world.shape == (count, 33, 3)
    assert truth.visible.shape == (count, 33)
    assert len(truth.phases) == count
    assert 7 < count / truth.fps < 15


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_is_its_script_s(name: str) -> None:
    truth, script = Truth.load(FOLDER / f"{name}.json"), Script(CLIPS[name].parts)
    assert len(truth.reps) == len(script.reps)
    for kept, meant in zip(truth.reps, script.reps, strict=True):
        assert (kept.exercise, kept.full) == (meant.exercise, meant.full)
        assert kept.bottom_s == pytest.approx(meant.bottom_s, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_reps_are_where_the_hips_or_shoulders_are_low(name: str) -> None:
    truth = Truth.load(FOLDER / f"{name}.json")
    for rep in truth.reps:
        height = truth.world[:, [11, 12, 23, 24], 1].mean(1)
        start, bottom, end = (
            height[min(round(at * truth.fps), len(height) - 1)]
            for at in (rep.start_s, rep.bottom_s, rep.end_s)
        )
        assert bottom < min(start, end) - 0.04
        assert truth.phases[round(rep.bottom_s * truth.fps)] in (Phase.BOTTOM, Phase.UP, Phase.DOWN)


def test_what_they_hold() -> None:
    truths = {name: Truth.load(FOLDER / f"{name}.json") for name in NAMES}
    assert {name: truth.counts for name, truth in truths.items()} == {
        "squat_front": {"squat": 5},
        "squat_oblique": {"squat": 4},
        "squat_side_portrait": {"squat": 4},
        "squat_passed_by": {"squat": 4},
        "squat_side_by_side": {"squat": 5},
        "push_up_side": {"push_up": 5},
        "push_up_oblique": {"push_up": 4},
        "lunges": {},
        "standing_about": {},
        "floor_work": {},
    }
    partial = [rep for truth in truths.values() for rep in truth.reps if not rep.full]
    assert sorted(rep.exercise for rep in partial) == ["push_up", "squat"]


@pytest.mark.parametrize("name", NAMES)
def test_landmarks_project_to_the_image(name: str) -> None:
    truth = Truth.load(FOLDER / f"{name}.json")
    np.testing.assert_allclose(truth.camera.project(truth.world), truth.image, atol=0.6)
