"""Who bends for a bar is refused, however low his hips are; who leans as far with his arms
elsewhere squats."""

import numpy as np
import pytest

from classifiers.events import Event, Reason, RepCounted, RepRejected
from classifiers.library import Library
from people.motions.hinge import Deadlift
from people.motions.motion import Motion
from people.motions.squat import Squat
from people.projection import Camera
from people.script import Part, Script, Stroke
from people.skeleton import Skeleton
from pose_engine.landmarks import LANDMARK_COUNT, Pose

FPS = 10


def _events(library: Library, skeleton: Skeleton, motion: Motion, azimuth: float) -> list[Event]:
    """Of three times down and up, as they truly are."""
    script = Script([Part(motion=motion, strokes=(Stroke(),) * 3, rest_s=0.8)])
    camera, seen = Camera(azimuth=azimuth), np.ones(LANDMARK_COUNT, np.float32)
    session, events = library.session(), []
    for frame in range(int(script.duration_s * FPS)):
        points = camera.view(script.posture(skeleton, frame / FPS).landmarks())
        world = (points - points[23:25].mean(0)).astype(np.float32)
        pose = Pose(image=world * 400, world=world, visibility=seen, presence=seen)
        events += session.observe(pose, frame / FPS)
    return events + session.finish()


@pytest.mark.parametrize("azimuth", [0, 50, 90, 270])
@pytest.mark.parametrize(("thigh", "lean"), [(55, 50), (60, 60), (70, 60)])
def test_who_bends_for_a_bar_does_not_squat(
    library: Library, skeleton: Skeleton, thigh: float, lean: float, azimuth: float
) -> None:
    motion = Deadlift(arms="sides", thigh=thigh, shin=14, lean=lean)
    events = _events(library, skeleton, motion, azimuth)
    reasons = {e.reason for e in events if isinstance(e, RepRejected) and e.exercise == "squat"}
    assert not any(isinstance(event, RepCounted) for event in events)
    assert reasons & {Reason.WRONG_POSTURE, Reason.TOO_SHALLOW}


@pytest.mark.parametrize("azimuth", [0, 50, 90, 270])
@pytest.mark.parametrize(
    ("arms", "count"), [("rack", 3), ("front", 3), ("goblet", 3), ("overhead", 3), ("sides", 0)]
)
def test_the_arms_tell_who_leans_as_far_and_squats(
    library: Library, skeleton: Skeleton, arms: str, count: int, azimuth: float
) -> None:
    motion = Squat(arms=arms, deepest=100, shin=26, lean=18)
    events = _events(library, skeleton, motion, azimuth)
    assert len([e for e in events if isinstance(e, RepCounted)]) == count
