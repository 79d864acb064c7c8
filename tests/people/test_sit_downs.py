"""People who sit down on a chair, as BlazePose saw them: no squat, and each time a reason."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.events import Reason, RepRejected
from classifiers.library import Library
from pose_engine.landmarks import Pose

TRACKED = Path(__file__).with_name("sit_downs.npz")
"""What the tracker saw of people of benchmarks.sitting, rendered: each sits down three times. Ten
of the twelve were counted before it was asked where the weight is."""


@pytest.mark.parametrize("seed", [0, 5, 10, 13])
def test_tracked_people_who_sit_down_are_refused(library: Library, seed: int) -> None:
    with np.load(TRACKED) as arrays:
        at_s = arrays[f"{seed}/at_s"].tolist()
        worlds = arrays[f"{seed}/world_mm"].astype(np.float32) / 1000
        images = arrays[f"{seed}/image_tenths"].astype(np.float32) / 10
        seen = arrays[f"{seed}/visibility"].astype(np.float32) / 100
    session, events = library.session(), []
    for at, world, image, visibility in zip(at_s, worlds, images, seen, strict=True):
        pose = Pose(image=image, world=world, visibility=visibility, presence=visibility)
        events += session.observe(pose, at)
    events += session.finish()
    assert session.counts == {"squat": 0, "push_up": 0}
    refused = [e for e in events if isinstance(e, RepRejected) and e.exercise == "squat"]
    assert len(refused) >= 3
    assert Reason.WRONG_POSTURE in {event.reason for event in refused}
