"""What is right for a clip, and how far a counter is from it."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

EXERCISES = ("squat", "push_up")
_CUT_S = 0.75


@dataclass(frozen=True)
class Label:
    """What is right for a clip, and how it was filmed."""

    file: str
    exercise: str
    counts: tuple[int, ...]
    """Every right count, the best first."""
    bottoms_s: tuple[float, ...] = ()
    view: str = ""
    short_side: int = 0
    """Pixels."""
    duration_s: float = 0.0

    @property
    def source(self) -> str:
        """Whose clip it is: clips of one source are alike."""
        return self.file.split("__")[1]

    @property
    def negative(self) -> bool:
        """Whether nothing is to be counted."""
        return self.exercise not in EXERCISES

    @property
    def in_totals(self) -> bool:
        """Whether the clip belongs to the totals: burpees hold squats and push-ups."""
        return "burpee" not in self.exercise

    def slack(self, lap_s: float) -> int:
        """How many repetitions the clip may gain or lose where it follows itself after `lap_s`.

        At the join a clip that ends on the way down and opens on the way up makes one repetition
        that neither has alone, and cut otherwise it may lose one.
        """
        cut = any(abs(at - end) < _CUT_S for at in self.bottoms_s for end in (0.0, lap_s))
        return int(cut or len(self.counts) > 1)

    def twice(self, slack: int) -> "Label":
        """The label of the clip followed by itself, give or take `slack` at the join."""
        more = range(-slack, slack + 1)
        right = sorted({a + b + d for a in self.counts for b in self.counts for d in more})
        return replace(self, counts=(2 * self.counts[0], *right))


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
    def exact(self) -> bool:
        """Whether it is right."""
        return self.error == 0

    @property
    def near(self) -> bool:
        """Whether it is off by at most one."""
        return self.error <= 1

    @property
    def share(self) -> float:
        """The error as a share of the truth."""
        return self.error / max(self.label.counts[0], 1)

    def __str__(self) -> str:
        """The counts, as `squat 3`."""
        return ", ".join(f"{name} {count}" for name, count in self.counts.items() if count) or "0"


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
        view=row["view"],
        short_side=min(int(row["width"]), int(row["height"])),
        duration_s=float(row["duration_s"]),
    )


def read_baseline(path: Path, labels: Iterable[Label]) -> dict[str, Score]:
    """The reference counter's scores, by clip."""
    rows = {row["file"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    return {
        label.file: Score(label, {name: int(rows[label.file][name]) for name in EXERCISES})
        for label in labels
    }
