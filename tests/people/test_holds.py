"""Synthetic people hold poses and do other things: the holds are timed, and nothing else is."""

from collections.abc import Iterable

import pytest

from classifiers.events import Event, HoldEnded
from classifiers.library import Library
from people.motions.chair import Seated
from people.motions.floor import AllFours, Cobra, DownwardDog, LieOnFront, Plank
from people.motions.motion import Motion
from people.motions.push_up import PushUp
from people.motions.squat import Squat
from people.motions.standing import Idle, Walk
from people.motions.yoga import ChairPose, WarriorII
from people.script import Part, Script, Stroke
from people.skeleton import Skeleton
from tests.people.bones import seen

FPS = 8
VIEWS = (15, 90, 140)
STILL = Stroke(down_s=1.2, hold_s=8, up_s=1.2, rest_s=0.5)
FLAT = Stroke(depth=0, down_s=0.1, hold_s=8, up_s=0.1, rest_s=0)
HELD: dict[str, tuple[Motion, ...]] = {
    "plank": (Plank(kind="straight"), Plank(kind="forearms")),
    "chair_pose": (ChairPose(), ChairPose(arms="chest"), ChairPose(raised=10)),
    "warrior_ii": (WarriorII(), WarriorII(side="r", thigh=80)),
}
OTHERS: dict[str, Part] = {
    "push-ups": Part(motion=PushUp(), strokes=(Stroke(),) * 6),
    "slow push-ups": Part(motion=PushUp(), strokes=(Stroke(down_s=2, up_s=2, rest_s=2),) * 3),
    "squats": Part(motion=Squat(), strokes=(Stroke(),) * 6),
    "squats with a pause": Part(motion=Squat(), strokes=(Stroke(hold_s=1.5, rest_s=1),) * 3),
    "walking": Part(motion=Walk(), strokes=(Stroke(depth=8, down_s=9),)),
    "standing": Part(motion=Idle(left="wide"), strokes=(STILL,)),
    "sitting": Part(motion=Seated(left="knees"), strokes=(STILL,)),
    "on all fours": Part(motion=AllFours(kind="still"), strokes=(STILL,)),
    "a cobra": Part(motion=LieOnFront(), strokes=(STILL,)),
    "an upward dog": Part(motion=LieOnFront(top=66, hands=0.25), strokes=(STILL,)),
    "a cobra on straight arms": Part(motion=Cobra(), strokes=(STILL,)),
    "a downward dog": Part(motion=DownwardDog(), strokes=(STILL,)),
}


def _run(library: Library, skeleton: Skeleton, parts: list[Part], azimuth: float) -> list[Event]:
    """What a session says of a film without noise, seen from a side."""
    session, script = library.session(), Script(parts)
    events: list[Event] = []
    for frame in range(int(script.duration_s * FPS)):
        points = script.posture(skeleton, frame / FPS).landmarks()
        events += session.observe(seen(points, azimuth), frame / FPS)
    return events + session.finish()


def _holds(events: Iterable[Event]) -> list[HoldEnded]:
    return [event for event in events if isinstance(event, HoldEnded)]


@pytest.mark.parametrize("azimuth", VIEWS)
@pytest.mark.parametrize(("name", "motion"), [(n, m) for n, of in HELD.items() for m in of])
def test_a_held_pose_is_timed(
    library: Library, skeleton: Skeleton, name: str, motion: Motion, azimuth: float
) -> None:
    around, stroke = ([Part(motion=AllFours())], FLAT) if name == "plank" else ([], STILL)
    part = Part(motion=motion, exercise=name, strokes=(stroke,), rest_s=0)
    parts = [*around, part, *around]
    (hold,) = _holds(_run(library, skeleton, parts, azimuth))
    middle_s = Script(parts).reps[0].bottom_s
    assert hold.exercise == name
    assert hold.start_s == pytest.approx(middle_s - 4, abs=0.7)
    assert hold.end_s == pytest.approx(middle_s + 4, abs=0.7)


@pytest.mark.parametrize("azimuth", VIEWS)
@pytest.mark.parametrize("what", OTHERS)
def test_other_things_are_no_holds(
    library: Library, skeleton: Skeleton, what: str, azimuth: float
) -> None:
    assert _holds(_run(library, skeleton, [OTHERS[what]], azimuth)) == []
