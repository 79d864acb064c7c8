"""Tracks: frames where nobody is found, and nothing tracked twice."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.factorial import Condition, Filmed
from benchmarks.keypoints import Array
from benchmarks.tracks import kept, points
from people.truth import Truth
from pose_engine.frames import Frame
from pose_engine.landmarks import Pose

CLIPS = Path(__file__).parents[1] / "clips"


def filmed(name: str) -> Filmed:
    video = CLIPS / f"{name}.mp4"
    return Filmed(
        Condition(name, "side", "man", "near"), video, Truth.load(video.with_suffix(".json"))
    )


def every_other(frame: Frame, at: float) -> Pose | None:
    """Somebody at the frame's end, in every other of 30 frames a second."""
    if round(at * 30) % 2:
        return None
    image = np.full((33, 3), frame.width, np.float32)
    return Pose(image, None, np.ones(33, np.float32), np.ones(33, np.float32))


def test_points_are_those_of_the_frames_with_somebody() -> None:
    clip = filmed("squat_front")
    found = points(clip, every_other)
    assert found.shape == clip.truth.image.shape
    assert (found[::2] == 640).all()
    assert np.isnan(found[1::2]).all()


class Tracker:
    """Gives as many points as it was asked about clips, and remembers them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, clips: Sequence[Filmed]) -> Iterator[Array]:
        for clip in clips:
            self.asked.append(clip.condition.name)
            yield np.full((1, 33, 2), len(self.asked), np.float64)


def test_only_what_is_missing_is_tracked(tmp_path: Path) -> None:
    one, two = filmed("squat_front"), filmed("lunges")
    tracker = Tracker()
    first = kept(tmp_path / "tracks", [one], tracker)
    both = kept(tmp_path / "tracks", [two, one], tracker)
    assert tracker.asked == [one.condition.name, two.condition.name]
    np.testing.assert_array_equal(both[one.condition.name], first[one.condition.name])
    assert both[two.condition.name][0, 0, 0] == 2


def test_tracking_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    one, two = filmed("squat_front"), filmed("lunges")

    def breaking(clips: Sequence[Filmed]) -> Iterator[Array]:
        yield np.zeros((1, 33, 2))
        raise RuntimeError("MediaPipe ended early")

    with pytest.raises(RuntimeError, match="ended early"):
        kept(tmp_path, [one, two], breaking)
    tracker = Tracker()
    kept(tmp_path, [one, two], tracker)
    assert tracker.asked == [two.condition.name]
