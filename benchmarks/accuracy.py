"""Remakes the accuracy card and the invariance tables from the labelled clips.

    python -m benchmarks.accuracy [--data ../shared/data] [--processes 2] [--out docs]
        [--clips squat__] [--only original] [--only "8 fps"]

`labels.csv` names each clip's exercise, its repetitions, other right answers and the times of the
deepest points; `baseline.json` holds what MediaPipe Pose full with ML Kit's k-NN counted on every
frame. The exercise is `auto` throughout: nothing is told. A clip is exact when its exercise has a
right count and no other exercise was counted; its error is the distance to the nearest right count
plus whatever else was counted. What was tracked comes from `benchmarks.recordings`; what is missing
there is tracked first. Writes between the marks of accuracy.md and invariance.md, and
accuracy/*.svg.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import card, invariance, misses, times
from benchmarks.command_line import DATA, PROCESSES, command_line
from benchmarks.counted import Counted, count_all
from benchmarks.labels import Label, Score, read_baseline, read_labels
from benchmarks.real_data import needed
from benchmarks.report import write_between_marks
from benchmarks.variants import ORIGINAL, names
from classifiers.exercise import Exercise
from classifiers.library import Library
from pose_engine.footage import ClipError
from service.fitting import EXERCISES


def accuracy(
    counted: Sequence[Counted],
    reference: Mapping[str, Score],
    causes: Mapping[str, str],
    variants: Sequence[str],
) -> str:
    """The card, as Markdown."""
    sections = {
        "Totals": card.totals(counted, reference),
        "By view": card.by_view(counted, reference),
        "By resolution": card.by_resolution(counted, reference),
        "By what is done to the clip": card.by_variant(counted, variants),
        "Nothing to count": "\n\n".join(
            (card.negatives(counted, reference), card.apart(counted, reference))
        ),
        "Holds": card.holds(counted),
        "Times": _times(counted),
        "Misses": misses.report(counted, reference, causes),
        "Every clip": card.clips(counted, reference),
    }
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())


def _times(counted: Sequence[Counted]) -> str:
    original = times.sanity(c.original for c in counted)
    every = times.sanity(tally for c in counted for tally in c.tallies.values())
    return (
        f"{times.bottoms(counted)}\n"
        f"- Starts and ends that can be right: {original} counted repetitions, "
        f"{every} in all variants together."
    )


def _counted(arguments: argparse.Namespace, labels: Sequence[Label]) -> list[Counted]:
    clips, wanted = arguments.data / "clips", arguments.only or (ORIGINAL, *names())
    try:
        return list(count_all(labels, clips, wanted, processes=arguments.processes))
    except ClipError as error:
        raise SystemExit(f"a clip could not be read: {error}") from error


def _counted_exercises() -> list[Exercise]:
    return [one for one in Library.load(EXERCISES).exercises if isinstance(one, Exercise)]


def main() -> None:
    """Count the clips and write the card."""
    parser = command_line(__doc__, DATA, PROCESSES)
    parser.add_argument("--clips", default="", help="only clips with this in their name")
    parser.add_argument(
        "--only", action="append", choices=(ORIGINAL, *names()), help="may be given again"
    )
    parser.add_argument(
        "--out", type=Path, help="where the two files are: docs, or nowhere if not all is counted"
    )
    arguments = parser.parse_args()
    labels = read_labels(needed(arguments.data / "labels.csv"))
    chosen = [label for label in labels if arguments.clips in label.file]
    if not chosen:
        raise SystemExit(f"no clip has {arguments.clips!r} in its name")
    counted = _counted(arguments, chosen)
    reference = read_baseline(arguments.data / "baseline.json", chosen)
    variants = [name for name in (ORIGINAL, *names()) if name in counted[0].tallies]
    causes = misses.read_causes()
    extent = f"{len(counted)} of {len(labels)} clips in {len(variants)} variants."
    text = accuracy(counted, reference, causes, variants)
    changes = invariance.report(counted, variants)
    whole = len(counted) == len(labels) and not arguments.only
    if out := arguments.out or (Path("docs") if whole else None):
        write_between_marks(out / "accuracy.md", f"{extent}\n\n{text}")
        write_between_marks(out / "invariance.md", f"{extent}\n\n{changes}")
        misses.draw(counted, _counted_exercises(), out / "accuracy")
    else:
        print(f"{text}\n\n{changes}")
    for miss in misses.misses(counted):
        print(f"wrong: {miss.label.file}: {miss.score()}")


if __name__ == "__main__":
    main()
