"""What grades repetitions get whose depth is known: people are rendered, tracked and counted.

    python -m benchmarks.grades [--people 8] [--out docs/exercise_accuracy.md]

Each person, of another body, style and view, does five squats or push-ups from half-way down to as
deep as the styles go.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.command_line import OUT, command_line
from benchmarks.filmed import filmed
from benchmarks.measures import count, same, true_pose
from benchmarks.processes import own_core
from benchmarks.report import publish, table
from classifiers.embedding import embed, lift
from classifiers.events import Grade
from people.assets import Assets
from people.clips import Clip, random_clip
from people.script import Part, Stroke
from people.truth import Truth
from pose_engine.landmarks import Landmark
from service.core import Core

STYLES: Mapping[str, Mapping[str, Any]] = {"squat": {"deepest": 110.0}, "push_up": {"lowest": 0.11}}
"""The deepest that is drawn."""
STROKES = tuple(
    Stroke(depth=depth, down_s=0.8, hold_s=0.3, up_s=0.8) for depth in (0.9, 0.65, 0.8, 0.72, 1.0)
)
_THIGHS = (
    (Landmark.LEFT_HIP, Landmark.LEFT_KNEE),
    (Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE),
)
NOT_COUNTED = "not counted"


@dataclass(frozen=True)
class Band:
    """Bottoms that are at least so deep, by the number that `low` gives."""

    exercise: str
    least: float
    about: str


BANDS = (
    Band("squat", -90, "thighs more than 5° above level"),
    Band("squat", -5, "thighs within 5° of level"),
    Band("squat", 5, "thighs 5° to 15° below level"),
    Band("squat", 15, "thighs more than 15° below level"),
    Band("push_up", -1, "shoulders above the hands by more than 0.45 of an arm"),
    Band("push_up", -0.45, "by 0.3 to 0.45"),
    Band("push_up", -0.3, "by less than 0.3"),
)


def low(exercise: str, truth: Truth, frame: int) -> float:
    """How low somebody really is; more is deeper.

    In a squat how far the thighs are below level, degrees, the mean of both. In a push-up how far
    the shoulders are above the hands, in lengths of the arm, negative.
    """
    if exercise == "push_up":
        return -lift(embed(true_pose(truth, frame)), "elbow")
    points = truth.world[frame]
    thighs = [points[knee] - points[hip] for hip, knee in _THIGHS]
    return float(np.mean([np.degrees(np.arcsin(t[1] / np.linalg.norm(t))) for t in thighs]))


def scene(exercise: str, seed: int) -> Clip:
    """Somebody does five repetitions, each as deep as its stroke says."""
    clip = random_clip(exercise, seed)
    motion = replace(clip.parts[0].motion, **STYLES[exercise])
    part = Part(motion=motion, exercise=exercise, strokes=STROKES, rest_s=0.8)
    return replace(clip, parts=[part], fps=10)


def graded(clip: Clip, assets: Assets, core: Core) -> Iterator[tuple[Band, str]]:
    """The band that each repetition belongs to, and its grade, or that it was not counted."""
    truth, observations = filmed(clip, assets, core)
    counted = count(core, observations)
    for rep in truth.reps:
        depth = low(rep.exercise, truth, round(rep.bottom_s * truth.fps))
        grades = [str(one.grade) for one in counted if same(one, rep.exercise, rep.bottom_s)]
        yield band(rep.exercise, depth), (grades or [NOT_COUNTED])[0]


def band(exercise: str, depth: float) -> Band:
    """The deepest band that a depth reaches."""
    return [one for one in BANDS if one.exercise == exercise and one.least <= depth][-1]


def grade_table(found: Sequence[tuple[Band, str]]) -> str:
    """One line a band, as Markdown."""
    columns = (*map(str, Grade), NOT_COUNTED)
    counts = Counter(found)
    rows = []
    for one in BANDS:
        cells = [counts[one, column] for column in columns]
        rows.append((one.exercise, one.about, sum(cells), *cells))
    return table(("exercise", "truly, at the bottom", "reps", *columns), rows)


def main() -> None:
    """Print the table, or put it into a document."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--people", type=int, default=8, help="of each exercise")
    arguments = parser.parse_args()
    core, assets = own_core(), Assets()
    scenes = [scene(exercise, seed) for exercise in STYLES for seed in range(arguments.people)]
    text = grade_table([one for clip in scenes for one in graded(clip, assets, core)])
    publish(text, arguments.out, "measured grades")


if __name__ == "__main__":
    main()
