"""Stick figures with exact joint angles: the poses that the classifier tests observe."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from classifiers.events import Event
from classifiers.exercise import Exercise, Hold
from classifiers.rules import CountingRules, HoldRules
from classifiers.samples import SampleSet
from classifiers.session import ExerciseSession
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray, Landmark, Pose

Posture = Callable[[float], FloatArray]
Observations = Iterable[tuple[float, Pose | None]]
_HALF_WIDTH = 0.17

EXERCISES = tuple(
    Exercise(name, name, name, parts, angle, degrees, lifts, CountingRules())
    for name, parts, angle, degrees, lifts in (
        ("squat", ("torso", "legs"), "knee", (165.0, 85.0), (0.96, 0.5)),
        ("push_up", ("torso", "arms", "legs"), "elbow", (150.0, 85.0), (0.93, 0.5)),
    )
)

PARTS = ("torso", "arms", "legs")
PLANK = Hold("plank", "Plank", "The top of a push-up, kept.", PARTS, (), HoldRules())
CHAIR = Hold("chair", "Chair pose", "The bottom of a squat, kept.", PARTS, (), HoldRules())


def _along(degrees: float, length: float) -> FloatArray:
    """A step in the figure's plane: 0 is straight up, 90 is the way it faces (towards -z)."""
    angle = np.radians(degrees)
    return np.array([0, -np.cos(angle), -np.sin(angle)], np.float32) * length


def _figure(
    torso: float, thigh: float, shank: float, upper_arm: float, forearm: float
) -> FloatArray:
    """Landmarks (33, 3) in metres from the hips' middle; each limb by its direction, downwards."""
    shoulder = _along(torso, 0.5)
    knee = _along(thigh, 0.42)
    ankle = knee + _along(shank, 0.42)
    elbow = shoulder + _along(upper_arm, 0.28)
    wrist = elbow + _along(forearm, 0.26)
    nose = shoulder + _along(torso, 0.2)
    points = np.tile(nose, (LANDMARK_COUNT, 1))
    at = {"SHOULDER": shoulder, "ELBOW": elbow, "WRIST": wrist, "KNEE": knee, "ANKLE": ankle}
    at |= {"HIP": np.zeros(3, np.float32), "PINKY": wrist, "INDEX": wrist, "THUMB": wrist}
    at |= {"HEEL": ankle, "FOOT_INDEX": ankle + _along(90, 0.2)}
    for side, sign in (("LEFT", 1), ("RIGHT", -1)):
        side_step = np.array([sign * _HALF_WIDTH, 0, 0], np.float32)
        for name, point in at.items():
            points[Landmark[f"{side}_{name}"]] = point + side_step
    return points


def squat(depth: float) -> FloatArray:
    """Standing at 0, thighs level at 1: the knee goes from 176 to 64 degrees."""
    return _figure(
        3 + 36 * depth, 176 - 86 * depth, 180 + 26 * depth, 170 - 80 * depth, 165 - 75 * depth
    )


def push_up(depth: float) -> FloatArray:
    """Arms straight at 0, chest low at 1: the elbow goes from 170 to 100 degrees."""
    return _figure(
        75 + 12 * depth, 255 + 8 * depth, 255 + 8 * depth, 175 + 80 * depth, 185 - 10 * depth
    )


def push_back(depth: float) -> FloatArray:
    """The top of a push-up at 0, hips pushed back at 1; hands and feet stay, arms are straight.

    The knee goes from 180 to 60 degrees. From the ankles' middle.
    """
    back = _along(90, -0.45 * depth)
    feet = _along(255, 0.84) - back
    thigh, shank = _two_limbs(feet, 0.42, 0.42)
    torso, arm = _two_limbs(_along(75, 0.5) + _along(180, 0.52) - back, 0.5, 0.54)
    return _figure(torso, thigh, shank, arm, arm) - feet


def _two_limbs(way: FloatArray, first: float, second: float) -> tuple[float, float]:
    """The directions of two limbs that together lead there, the first one turned up or forward."""
    reach = float(np.linalg.norm(way))
    towards = float(np.degrees(np.arctan2(-way[2], -way[1])))
    cosine = (reach**2 + first**2 - second**2) / (2 * reach * first)
    start = towards % 360 - float(np.degrees(np.arccos(min(cosine, 1))))
    rest = way - _along(start, first)
    return start, float(np.degrees(np.arctan2(-rest[2], -rest[1])))


def bend(depth: float) -> FloatArray:
    """Standing at 0, touching the toes with straight legs at 1."""
    return _figure(3 + 110 * depth, 178, 180, 178, 178)


def sit_down(depth: float) -> FloatArray:
    """Standing at 0, upright on a chair at 1, the trunk leaning forward on the way."""
    tip = 30 * float(np.sin(np.pi * depth))
    return _figure(3 + tip, 176 - 80 * depth, 180 + 6 * depth, 176 - tip, 170 - tip)


def curl(depth: float) -> FloatArray:
    """Standing with hanging arms at 0, the forearms up at 1: the elbow goes from 172 to 42."""
    return _figure(3, 176, 180, 178, 170 - 130 * depth)


def press(depth: float) -> FloatArray:
    """Standing with the hands at the shoulders at 0, overhead at 1: the elbow opens, 50 to 175."""
    return _figure(3, 176, 180, 150 - 145 * depth, 20 - 20 * depth)


def turned(points: FloatArray, heading: float) -> FloatArray:
    """The same body, turned about the vertical by `heading` degrees."""
    c, s = np.cos(np.radians(heading)), np.sin(np.radians(heading))
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    turned_points: FloatArray = (points @ rotation.T).astype(np.float32)
    return turned_points


def from_above(points: FloatArray, degrees: float) -> FloatArray:
    """The same body before a camera that looks down on it by so much, and does not know."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    seen: FloatArray = (points @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])).astype(np.float32)
    return seen


def rolled(points: FloatArray, degrees: float) -> FloatArray:
    """The same body in a picture that is turned clockwise by so much."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    seen: FloatArray = (points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])).astype(np.float32)
    return seen


def as_pose(points: FloatArray, hidden: tuple[Landmark, ...] = ()) -> Pose:
    """A pose that is seen whole, but for the hidden landmarks."""
    visibility = np.ones(LANDMARK_COUNT, np.float32)
    visibility[list(hidden)] = 0
    return Pose(points * 400, points, visibility, visibility)


def samples() -> SampleSet:
    """Forty samples of each class."""
    depths = np.linspace(0, 1, 80)
    labelled = [
        (f"{name}_{'down' if depth > 0.5 else 'up'}", posture(depth))
        for name, posture in (("squat", squat), ("push_up", push_up))
        for depth in depths
    ] + [("none", bend(depth)) for depth in np.linspace(0.4, 1, 40)]
    labels, points = zip(*labelled, strict=True)
    return SampleSet(labels, ("figure",) * len(labels), np.stack(points))


def held_samples() -> SampleSet:
    """Forty samples of each hold."""
    shares = np.linspace(0, 1, 40)
    points = [push_up(0.1 * share) for share in shares]
    points += [squat(0.8 + 0.2 * share) for share in shares]
    labels = ("plank",) * len(shares) + ("chair",) * len(shares)
    return SampleSet(labels, ("figure",) * len(labels), np.stack(points))


def repetitions(
    posture: Posture,
    depths: list[float],
    *,
    fps: float = 30,
    seconds: float = 2.0,
    rest: float = 0.5,
) -> Iterator[tuple[float, Pose]]:
    """Stand, then go down to each of the depths and come up again; (time, pose) at a frame rate."""
    at, frame = 0.0, 1 / fps
    for deepest in depths:
        for phase in np.arange(0, seconds, frame):
            depth = deepest * (0.5 - 0.5 * np.cos(2 * np.pi * phase / seconds))
            yield at, as_pose(turned(posture(depth), 40))
            at += frame
        for _ in range(int(rest * fps)):
            yield at, as_pose(turned(posture(0), 40))
            at += frame


def events_of(session: ExerciseSession, observations: Observations) -> list[Event]:
    """All that is said of a stream, to its end."""
    events = [event for at, pose in observations for event in session.observe(pose, at)]
    return events + session.finish()


def later(seconds: float, observations: Observations) -> Iterator[tuple[float, Pose | None]]:
    """The same so many seconds later."""
    return ((at + seconds, pose) for at, pose in observations)


def by(person: int, observations: Observations) -> Iterator[tuple[float, Pose | None]]:
    """The same of this `Pose.subject`."""
    return ((at, pose and replace(pose, subject=person)) for at, pose in observations)
