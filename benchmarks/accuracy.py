"""Counting accuracy on labelled clips, beside the reference counter on the same clips.

    python -m benchmarks.accuracy [--data ../shared/data] [--fps 15] [--out docs/accuracy.md]

`labels.csv` names each clip's exercise, its repetitions, other right answers and the times of the
deepest points; `baseline.json` holds what MediaPipe Pose full with ML Kit's k-NN counted on every
frame. The exercise is `auto` throughout: nothing is told. A clip is exact when its exercise has a
right count and no other exercise was counted; its error is the distance to the nearest right count
plus whatever else was counted. Burpees hold squats and push-ups: that clip is left out of totals.
"""

import argparse
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import write_between_marks
from pose_engine.clips import ClipError
from service.core import Core
from service.count import count_clip
from service.results import ClipResult
from service.settings import Settings
from service.startup import load_core

EXERCISES = ("squat", "push_up")
SETTINGS = Settings(models=None)


@dataclass(frozen=True)
class Label:
    """What is right for a clip."""

    file: str
    exercise: str
    counts: tuple[int, ...]
    bottoms_s: tuple[float, ...]

    @property
    def negative(self) -> bool:
        """Whether nothing is to be counted."""
        return self.exercise not in EXERCISES

    @property
    def in_totals(self) -> bool:
        """Whether the clip belongs to the totals."""
        return "burpee" not in self.exercise


@dataclass(frozen=True)
class Score:
    """One counter on one clip."""

    label: Label
    counts: Mapping[str, int]

    @property
    def error(self) -> int:
        """Repetitions missed or invented, those of a wrong exercise included."""
        wrong = sum(n for name, n in self.counts.items() if name != self.label.exercise)
        mine = self.counts.get(self.label.exercise, 0)
        return wrong + min(abs(mine - right) for right in self.label.counts)

    @property
    def share(self) -> float:
        """The error as a share of the truth."""
        return self.error / max(self.label.counts[0], 1)


def read_labels(path: Path) -> list[Label]:
    """The labels, in the file's order."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_label(row) for row in csv.DictReader(file)]


def _label(row: Mapping[str, str]) -> Label:
    right = [row["reps"], *row["also_right"].split(";")]
    return Label(
        file=row["file"],
        exercise=row["exercise"],
        counts=tuple(int(count) for count in right if count),
        bottoms_s=tuple(float(at) for at in row["bottoms_s"].split(";") if at),
    )


def read_baseline(path: Path, labels: Iterable[Label]) -> list[Score]:
    """The reference counter's scores."""
    rows = {row["file"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    return [Score(x, {name: int(rows[x.file][name]) for name in EXERCISES}) for x in labels]


def count_all(labels: Sequence[Label], clips: Path, core: Core, fps: float) -> Iterator[ClipResult]:
    """Count every clip, saying how far it is."""
    for n, label in enumerate(labels, start=1):
        print(f"{n:3} of {len(labels)}  {label.file}", flush=True)
        yield count_clip(
            clips / label.file,
            core,
            name=label.file,
            exercise="auto",
            fps=fps,
            limits=SETTINGS.clip_limits,
        )


def summary(scores: Iterable[Score], exercise: str) -> str:
    """A table row: clips, exact, off by at most one, mean error as a share of the truth."""
    ours = [s for s in scores if not s.label.negative and exercise in (s.label.exercise, "both")]
    exact, near = (np.mean([s.error <= most for s in ours]) for most in (0, 1))
    share = np.mean([s.share for s in ours])
    return f"{len(ours)} | {exact:.1%} | {near:.1%} | {share:.3f}"


def false_counts(scores: Iterable[Score]) -> str:
    """Of the clips with nothing to count: how many are clean, and repetitions invented."""
    negatives = [score for score in scores if score.label.negative and score.label.in_totals]
    clean = sum(not score.error for score in negatives)
    return f"{clean} of {len(negatives)} | {sum(score.error for score in negatives)}"


def bottoms(results: Iterable[tuple[Label, ClipResult]]) -> str:
    """The share of counted repetitions whose bottom is within 0.35 s of a labelled one."""
    gaps = [
        min(abs(rep.bottom_s - at) for at in label.bottoms_s)
        for label, result in results
        for rep in result.reps
        if label.bottoms_s and rep.exercise == label.exercise
    ]
    return f"{np.mean(np.array(gaps) <= 0.35):.1%} of {len(gaps)}"


def report(ours: Sequence[Score], theirs: Sequence[Score], results: Sequence[ClipResult]) -> str:
    """The tables, as Markdown."""
    counters = (("blazereps", ours), ("MediaPipe + ML Kit k-NN", theirs))
    lines = ["| counter | clips of | n | exact | off by ≤ 1 | MAE |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {exercise} | {summary(scores, exercise)} |"
        for exercise in (*EXERCISES, "both")
        for name, scores in counters
    ]
    lines += [
        "",
        "| counter | clips with nothing to count, clean | reps invented |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {false_counts(scores)} |" for name, scores in counters]
    labelled = [(score.label, result) for score, result in zip(ours, results, strict=True)]
    lines += ["", f"Bottoms within 0.35 s of the label: {bottoms(labelled)} counted reps.", ""]
    lines += ["| clip | right | blazereps | reference | refused |", "|---|---|---|---|---|"]
    lines += [_row(*scores) for scores in zip(ours, theirs, results, strict=True)]
    return "\n".join(lines)


def _row(ours: Score, theirs: Score, result: ClipResult) -> str:
    right = "/".join(map(str, ours.label.counts))
    mark = {True: "**", False: ""}
    cells = (f"{mark[s.error > 0]}{_counts(s.counts)}{mark[s.error > 0]}" for s in (ours, theirs))
    refused = ", ".join(f"{r.reason} {r.start_s:.1f}-{r.end_s:.1f} s" for r in result.rejected[:4])
    more = f" and {len(result.rejected) - 4} more" if len(result.rejected) > 4 else ""
    return f"| {ours.label.file} | {right} | {' | '.join(cells)} | {refused}{more} |"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "0"


def main() -> None:
    """Count the clips and print or write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fps", type=float, default=SETTINGS.clip_fps)
    parser.add_argument("--variant", default=SETTINGS.variant, choices=("lite", "full", "heavy"))
    parser.add_argument("--out", type=Path, help="write between the marks of this Markdown file")
    arguments = parser.parse_args()
    labels = read_labels(arguments.data / "labels.csv")
    core = load_core(SETTINGS.model_copy(update={"variant": arguments.variant}))
    try:
        results = list(count_all(labels, arguments.data / "clips", core, arguments.fps))
    except ClipError as error:
        raise SystemExit(f"a clip could not be read: {error}") from error
    ours = [Score(label, r.counts) for label, r in zip(labels, results, strict=True)]
    text = report(ours, read_baseline(arguments.data / "baseline.json", labels), results)
    print(text)
    if arguments.out:
        write_between_marks(arguments.out, text)


if __name__ == "__main__":
    main()
