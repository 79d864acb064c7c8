"""Whether a count depends on how a clip was taken: every clip counted in many variants of itself.

    python -m benchmarks.invariance [--data ../shared/data | --bundled] [--clips 20]
        [--only "8 fps"] [--out docs/invariance.md]

A variant counts as the original when every exercise has the same count; as landmarks, when every
event is the same; twice in a row, when every count is twice the original's. At the join a clip that
ends on the way down and opens on the way up makes one repetition that neither has alone, and cut
otherwise it may lose one: where a labelled bottom is within 0.75 s of an end, or the labels allow
two counts, one more or less is right. Exact and MAE are against the labels, as in
benchmarks.accuracy.
"""

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import EXERCISES, Label, Score, read_labels
from benchmarks.report import write_between_marks
from benchmarks.variants import LANDMARKS, ORIGINAL, TWICE, names, take, tally, variants
from pose_engine.clips import ClipError
from service.core import Core
from service.results import Tally
from service.settings import Settings
from service.startup import load_core

BUNDLED = Path(__file__).parents[1] / "tests" / "clips"
SETTINGS = Settings(models=None)
_CUT_S = 0.75
_SAME_BOTTOM_S = 0.5
_SPEEDS = {variant.name: variant.speed for variant in variants("")}


@dataclass(frozen=True)
class Result:
    """One clip, counted in several variants."""

    label: Label
    tallies: dict[str, Tally]
    lap_s: float

    def score(self, name: str) -> Score:
        """A variant against the label."""
        label = self._label_twice() if name == TWICE else self.label
        return Score(label, self.tallies[name].counts)

    def same(self, name: str) -> bool:
        """Whether a variant counts what the original counts."""
        original, variant = self.tallies[ORIGINAL], self.tallies[name]
        if name == LANDMARKS:
            return variant == original
        if name != TWICE:
            return variant.counts == original.counts
        gaps = (
            variant.counts.get(exercise, 0) - 2 * original.counts.get(exercise, 0)
            for exercise in EXERCISES
        )
        return sum(abs(gap) for gap in gaps) <= self._slack

    def differences(self, name: str) -> str:
        """The repetitions that came and went, by the time of their bottom in the original."""
        clock = 1 / _SPEEDS.get(name, 1)
        starts_s = (0, self.lap_s) if name == TWICE else (0,)
        original, variant = self.tallies[ORIGINAL], self.tallies[name]
        then = [
            (rep.exercise, clock * rep.bottom_s + start_s)
            for start_s in starts_s
            for rep in original.reps
        ]
        now = [(rep.exercise, rep.bottom_s) for rep in variant.reps]
        lost = (
            f"lost {at_s / clock:.1f} s{_why(variant, exercise, at_s)}"
            for exercise, at_s in _without(then, now)
        )
        new = (f"new {at_s / clock:.1f} s" for _, at_s in _without(now, then))
        return ", ".join((*lost, *new))

    @property
    def _slack(self) -> int:
        ends = (0.0, self.lap_s)
        cut = any(abs(at - end) < _CUT_S for at in self.label.bottoms_s for end in ends)
        return int(cut or len(self.label.counts) > 1)

    def _label_twice(self) -> Label:
        counts = self.label.counts
        more = range(-self._slack, self._slack + 1)
        right = sorted({a + b + d for a in counts for b in counts for d in more})
        return replace(self.label, counts=(2 * counts[0], *right))


Bottom = tuple[str, float]


def _without(bottoms: Sequence[Bottom], others: Sequence[Bottom]) -> Iterator[Bottom]:
    """Bottoms that have no counterpart."""
    for exercise, at_s in bottoms:
        same = (at for name, at in others if name == exercise)
        if not any(abs(at - at_s) < _SAME_BOTTOM_S for at in same):
            yield exercise, at_s


def _why(tally: Tally, exercise: str, at_s: float) -> str:
    near = (
        one.reason
        for one in tally.rejected
        if one.exercise == exercise and one.start_s - 0.2 <= at_s <= one.end_s + 0.2
    )
    return f" ({reason})" if (reason := next(near, None)) else ""


def bundled_labels() -> list[Label]:
    """The labels of the clips that come with the tests."""
    return [_bundled(path) for path in sorted(BUNDLED.glob("*.json"))]


def _bundled(path: Path) -> Label:
    truth = json.loads(path.read_text(encoding="utf-8"))
    exercise, count = next(iter(truth["counts"].items()), ("none", 0))
    bottoms = (rep["bottom_s"] for rep in truth["reps"] if rep["full"])
    return Label(truth["clip"], exercise, (count,), tuple(bottoms))


def spread(labels: Sequence[Label], most: int) -> list[Label]:
    """At most so many, evenly from first to last."""
    if most >= len(labels):
        return list(labels)
    return [labels[n * len(labels) // most] for n in range(most)]


def count(label: Label, clips: Path, core: Core, wanted: Collection[str]) -> Result:
    """Count one clip in every wanted variant."""
    taken = take(clips / label.file, core, wanted, limits=SETTINGS.clip_limits)
    tallies = {name: tally(core, seen) for name, seen in taken.observations.items()}
    return Result(label, tallies, taken.lap_s)


def count_all(
    labels: Sequence[Label], clips: Path, core: Core, wanted: Collection[str]
) -> Iterator[Result]:
    """Count every clip, saying how far it is and what changed."""
    for n, label in enumerate(labels, start=1):
        print(f"{n:3} of {len(labels)}  {label.file}", flush=True)
        result = count(label, clips, core, wanted)
        for name in changed(result):
            print(f"     {name}: {_counts(result, name)}  {result.differences(name)}", flush=True)
        yield result


def changed(result: Result) -> list[str]:
    """The variants that do not count as the original."""
    return [name for name in result.tallies if name != ORIGINAL and not result.same(name)]


def report(results: Sequence[Result]) -> str:
    """The tables, as Markdown."""
    totals = [result for result in results if result.label.in_totals]
    lines = ["| variant | counted as the original | exact | MAE |", "|---|---|---|---|"]
    lines += [_row(name, totals) for name in (ORIGINAL, *names()) if name in totals[0].tallies]
    lines += ["", "| clip | right | original | variant | counted | repetitions |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [_change(result, name) for result in results for name in changed(result)]
    return "\n".join(lines)


def _row(name: str, results: Sequence[Result]) -> str:
    scores = [result.score(name) for result in results]
    same = sum(result.same(name) for result in results)
    exact = np.mean([not score.error for score in scores])
    share = [score.share for score in scores if not score.label.negative]
    mean = f"{np.mean(share):.3f}" if share else "-"
    return f"| {name} | {same} of {len(results)} | {exact:.1%} | {mean} |"


def _change(result: Result, name: str) -> str:
    cells = (
        result.label.file,
        "/".join(map(str, result.label.counts)),
        _counts(result, ORIGINAL),
        name,
        _counts(result, name),
        result.differences(name),
    )
    return f"| {' | '.join(cells)} |"


def _counts(result: Result, name: str) -> str:
    counts = result.tallies[name].counts
    return ", ".join(f"{exercise} {count}" for exercise, count in counts.items()) or "0"


def main() -> None:
    """Count the clips and print or write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--bundled", action="store_true", help="the clips of the tests instead")
    parser.add_argument("--clips", type=int, default=1000, help="at most so many, evenly spread")
    parser.add_argument("--only", action="append", choices=names(), help="may be given again")
    parser.add_argument("--out", type=Path, help="write between the marks of this Markdown file")
    arguments = parser.parse_args()
    if arguments.bundled:
        labels, clips = bundled_labels(), BUNDLED
    else:
        labels, clips = read_labels(arguments.data / "labels.csv"), arguments.data / "clips"
    chosen, core = spread(labels, arguments.clips), load_core(SETTINGS)
    try:
        results = list(count_all(chosen, clips, core, arguments.only or names()))
    except ClipError as error:
        raise SystemExit(f"a clip could not be read: {error}") from error
    text = report(results)
    print(text)
    if arguments.out:
        write_between_marks(arguments.out, f"{len(results)} of {len(labels)} clips.\n\n{text}")


if __name__ == "__main__":
    main()
