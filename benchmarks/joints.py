"""How far joints are from where they are, as the pose net places them and lifted.

    python -m benchmarks.joints [--people 8] [--seed 9000] [--out docs/exercise_accuracy.md]

The people of `benchmarks.rendered_people` who do an exercise, as they were tracked for it. Off are
shoulders, elbows, wrists, hips, knees, ankles and feet, each body put on the truth by the middle of
its hips and scaled to fit; and the angle of the joint that the exercise bends, on both sides. Who
is never seen is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.command_line import OUT, command_line
from benchmarks.filmed import tracked
from benchmarks.processes import own_core
from benchmarks.rendered_people import SEED, VIEWS, scenes, view
from benchmarks.report import publish, table
from benchmarks.variants import Observation
from classifiers.embedding import points_of
from classifiers.lifter import LIMBS, Lifter
from classifiers.quantities import read_points
from people.assets import Assets
from people.body import Body
from people.clips import Clip
from people.film import frame_people
from people.motions import EXERCISES
from people.script import Script
from people.skeleton import Skeleton
from pose_engine.landmarks import FloatArray, Landmark, Pose

MARK = "measured joints"
JOINTS = {"squat": "knee", "push_up": "elbow"}
_BOTTOM_S = 0.15
_HIPS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]

Points = Callable[[Sequence[Pose]], FloatArray]
"""Of n poses, (n, 33, 3)."""


@dataclass(frozen=True)
class Errors:
    """Of one person in n pictures by each of `SOURCES`; `bottom`: (n,) at the bottom or not.

    `millimetres`: (sources, n), the mean of the limbs. `degrees`: (sources, n, 2), left and right,
    more where the joint is told too straight.
    """

    exercise: str
    view: str
    bottom: NDArray[np.bool_]
    millimetres: NDArray[np.float64]
    degrees: NDArray[np.float64]


def as_the_net_says(poses: Sequence[Pose]) -> FloatArray:
    """The world points."""
    return np.array([pose.world for pose in poses])


def lifted(poses: Sequence[Pose]) -> FloatArray:
    """As the classifiers have them."""
    return Lifter.read()(points_of(poses))


SOURCES: dict[str, Points] = {"net": as_the_net_says, "lifted": lifted}


def true_points(clip: Clip, skeleton: Skeleton, at_s: Sequence[float]) -> FloatArray:
    """Where the person truly is at those times, (n, 33, 3) metres, as the camera sees it."""
    script = Script(clip.parts)
    world = np.array([script.posture(skeleton, at).landmarks() for at in at_s])
    points: FloatArray = (world @ frame_people(clip, [skeleton]).axes.T).astype(np.float32)
    return points


def errors(clip: Clip, skeleton: Skeleton, observations: Sequence[Observation]) -> Errors:
    """How far off somebody is wherever he is seen, which must be once at least."""
    seen = [(at_s, pose) for at_s, pose in observations if pose is not None]
    at_s, poses = [at for at, _ in seen], [pose for _, pose in seen]
    exercise = str(clip.parts[0].exercise)
    true = true_points(clip, skeleton, at_s)
    found = [points(poses) for points in SOURCES.values()]
    angles = [degrees(points, exercise) for points in (true, *found)]
    bottoms = [rep.bottom_s for rep in Script(clip.parts).reps]
    return Errors(
        exercise,
        view(clip),
        bottom=np.abs(np.subtract.outer(at_s, bottoms)).min(1) <= _BOTTOM_S,
        millimetres=np.array([off(points, true) for points in found]),
        degrees=np.array(angles[1:]) - angles[0],
    )


def degrees(points: FloatArray, exercise: str) -> NDArray[np.float64]:
    """The angle of the joint that the exercise bends, (n, 2)."""
    seen = np.ones(points.shape[:2], np.float32)
    angles: NDArray[np.float64] = read_points(points, seen, [JOINTS[exercise]])[:, 0, :, 0]
    return angles


def off(points: FloatArray, true: FloatArray) -> NDArray[np.float64]:
    """How far limbs are off, (n, 33, 3) in any unit and the truth in metres -> (n,) millimetres."""
    one, other = (of - of[:, _HIPS].mean(1, keepdims=True) for of in (points, true))
    one, other = one[:, LIMBS], other[:, LIMBS]
    scale = (one * other).sum((1, 2)) / (one**2).sum((1, 2))
    distances = np.linalg.norm(one * scale[:, None, None] - other, axis=2)
    millimetres: NDArray[np.float64] = distances.mean(1) * 1000
    return millimetres


def joint_table(found: Sequence[Errors]) -> str:
    """One line an exercise and view, as Markdown."""
    names = [*SOURCES]
    header = ["exercise", "view", "pictures"]
    header += [f"joints off, {name}" for name in names]
    header += [f"{'/'.join(JOINTS.values())} off, {name}" for name in names]
    header += [f"too straight at the bottom, {name}" for name in names]
    rows = [
        _row(exercise, where, [one for one in found if one.exercise == exercise])
        for exercise in EXERCISES
        for where in (*VIEWS, "all")
    ]
    return table(header, rows)


def _row(exercise: str, where: str, found: Sequence[Errors]) -> list[object]:
    some = [one for one in found if where in {one.view, "all"}]
    if not some:
        return [exercise, where, 0, *["–"] * 3 * len(SOURCES)]
    millimetres = np.concatenate([one.millimetres for one in some], 1)
    angles = np.concatenate([one.degrees for one in some], 1)
    bottom = angles[:, np.concatenate([one.bottom for one in some])]
    return [
        exercise,
        where,
        millimetres.shape[1],
        *(f"{value:.0f} mm" for value in millimetres.mean(1)),
        *(f"{value:.0f}°" for value in np.abs(angles).mean((1, 2))),
        *(f"{value:.0f}°" for value in bottom.mean((1, 2))),
    ]


def main() -> None:
    """Draw and track whoever is not yet, and print the table or put it into a document."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--people", type=int, default=8, help="of each exercise in each view")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first of them")
    arguments = parser.parse_args()
    core, assets = own_core(), Assets()
    each = [
        (clip, tracked(clip, assets, core)) for clip in scenes(arguments.people, 0, arguments.seed)
    ]
    found = [
        errors(clip, Body(assets, clip.shape).skeleton, observations)
        for clip, observations in each
        if any(pose for _, pose in observations)
    ]
    text = joint_table(found)
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
