"""How near the measures of repetitions come to the truth, and what they are on real clips.

    python -m benchmarks.measures [--data ../shared/data] [--out docs/exercise_accuracy.md]

Against the truth: the rendered clips, tracked and counted as any clip, their counted repetitions
beside the angles of the rendered person at the same moments. On the labelled real clips there is
no truth: what is given is the range, and how far a clip and its mirror image are apart where both
are sure. The exercise is `auto`.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.checkout import CLIPS
from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.labels import read_labels
from benchmarks.processes import own_core
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import publish
from benchmarks.variants import ORIGINAL, Observation, take
from classifiers.events import Measure, RepCounted
from classifiers.quantities import QUANTITIES, both_sides, left_against_right, read
from people.script import Rep
from people.truth import Truth
from pose_engine.landmarks import LANDMARK_COUNT, Pose
from service.core import Core

SURE = 0.5
"""The certainty from which on a measure is compared with its mirror image."""


def count(core: Core, observations: Iterable[Observation]) -> list[RepCounted]:
    """The repetitions that a session counts."""
    session = core.library.session("auto")
    events = [event for at_s, pose in observations for event in session.observe(pose, at_s)]
    return [event for event in events + session.finish() if isinstance(event, RepCounted)]


def true_pose(truth: Truth, frame: int) -> Pose:
    """The rendered person as a pose that is seen whole, upright as the room is."""
    world = (truth.world[frame] * (1, -1, -1)).astype(np.float32)
    seen = np.ones(LANDMARK_COUNT, np.float32)
    return Pose(world, world, seen, seen)


def true_measures(truth: Truth, rep: Rep, names: Iterable[str]) -> dict[str, float]:
    """What the measures of a rendered repetition should be, by the definitions of `Quantity`."""
    start, bottom, end = (
        round(at_s * truth.fps) for at_s in (rep.start_s, rep.bottom_s, rep.end_s)
    )
    at = {"top": start, "bottom": bottom, "asymmetry": bottom}
    measures = {}
    for name in names:
        quantity, _, place = name.rpartition("_")
        if name in QUANTITIES:
            reads = [read(true_pose(truth, i), [name])[0] for i in range(start, end + 1)]
            measures[name] = max((both_sides(one)[0] for one in reads), key=abs)
        else:
            reading = read(true_pose(truth, at[place]), [quantity])[0]
            told = left_against_right if place == "asymmetry" else both_sides
            measures[name] = told(reading)[0]
    return measures


def rendered_errors(core: Core, clip: Path) -> Iterator[tuple[str, float, Measure]]:
    """Of each measure of each counted repetition: its name, the truth and what was measured."""
    truth = Truth.load(clip.with_suffix(".json"))
    taken = take(clip, core, (), limits=SETTINGS.clip_limits)
    for rep in count(core, taken.observations[ORIGINAL]):
        meant = [one for one in truth.reps if same(rep, one.exercise, one.bottom_s)]
        if meant:
            true = true_measures(truth, meant[0], rep.measures)
            yield from ((name, true[name], rep.measures[name]) for name in true)


def mirror_differences(
    reps: Iterable[RepCounted], mirrored: Sequence[RepCounted]
) -> Iterator[tuple[str, float]]:
    """How far the measures are from those of the mirrored clip, where both are sure."""
    for rep in reps:
        for other in (one for one in mirrored if same(rep, one.exercise, one.bottom_s)):
            for name in rep.measures.keys() & other.measures.keys():
                one, two = rep.measures[name], other.measures[name]
                if min(one.certainty, two.certainty) >= SURE:
                    sign = -1 if name.endswith("_asymmetry") else 1
                    yield name, abs(one.value - sign * two.value)


def same(rep: RepCounted, exercise: str, bottom_s: float) -> bool:
    """Whether this is the repetition of that exercise and bottom."""
    return rep.exercise == exercise and abs(rep.bottom_s - bottom_s) < 0.3


def rendered_table(core: Core, clips: Iterable[Path]) -> Iterator[str]:
    """One line a clip and measure, as Markdown."""
    yield "| rendered clip | measure | reps | truth | measured | mean error | certainty |"
    yield "|---|---|---|---|---|---|---|"
    for clip in clips:
        found: dict[str, list[tuple[float, float, float]]] = {}
        for name, true, measure in rendered_errors(core, clip):
            found.setdefault(name, []).append((true, measure.value, measure.certainty))
        for name, rows in found.items():
            true, value, certainty = np.mean(rows, axis=0)
            error = np.mean([abs(row[0] - row[1]) for row in rows])
            yield (
                f"| {clip.stem} | {name} | {len(rows)} | {true:.0f}° | {value:.0f}° "
                f"| {error:.0f}° | {certainty:.2f} |"
            )


def real_table(core: Core, folder: Path) -> Iterator[str]:
    """One line an exercise and measure, over every repetition that is rightly counted as one."""
    values: dict[tuple[str, str], list[Measure]] = {}
    apart: dict[tuple[str, str], list[float]] = {}
    for label in read_labels(folder / "labels.csv"):
        if label.negative:
            continue
        taken = recorded(folder / "clips" / label.file, core, limits=SETTINGS.clip_limits)
        reps, mirrored = (
            [rep for rep in count(core, taken.observations[name]) if rep.exercise == label.exercise]
            for name in (ORIGINAL, "mirrored")
        )
        for rep in reps:
            for name, measure in rep.measures.items():
                values.setdefault((label.exercise, name), []).append(measure)
        for name, difference in mirror_differences(reps, mirrored):
            apart.setdefault((label.exercise, name), []).append(difference)
    yield "| exercise | measure | reps | 5 % | median | 95 % | sure | mirrored |"
    yield "|---|---|---|---|---|---|---|---|"
    for (exercise, name), measures in values.items():
        low, middle, high = np.percentile([one.value for one in measures], (5, 50, 95))
        sure = np.mean([one.certainty >= SURE for one in measures])
        mirror = f"{np.median(apart[exercise, name]):.0f}°" if (exercise, name) in apart else ""
        yield (
            f"| {exercise} | {name} | {len(measures)} | {low:.0f}° | {middle:.0f}° | {high:.0f}° "
            f"| {sure:.0%} | {mirror} |"
        )


def main() -> None:
    """Print the tables, or put them into a document."""
    arguments = command_line(__doc__, DATA, OUT).parse_args()
    core = own_core()
    lines = [*rendered_table(core, sorted(CLIPS.glob("*.mp4")))]
    if (arguments.data / "labels.csv").exists():
        lines += ["", *real_table(core, arguments.data)]
    else:
        print(f"{arguments.data} has no labels.csv: no real clips")
    text = "\n".join(lines)
    publish(text, arguments.out)


if __name__ == "__main__":
    main()
