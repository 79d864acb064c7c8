"""Photographs of people at the top and at the bottom, which no threshold was looked at on.

    python -m benchmarks.photos [--data ../shared/data] [--out docs/accuracy.md]

Each is tracked as a stream of one picture, as it is and as `benchmarks.other_takes` would have it.
Then the landmarks go from the one pose to the other and back, three times, in straight lines: the
ends are of real people, the way between them is made up.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.labels import EXERCISES, Label, Score
from benchmarks.other_takes import Cores, take_table, takes
from benchmarks.real_data import needed
from benchmarks.report import publish, table
from benchmarks.variants import ORIGINAL, Observation, Variant, tally
from blazereps_client.results import Tally
from pose_engine.frames import Frame, read_image
from pose_engine.landmarks import Pose
from service.core import Core

MARK = "measured photographs"
TIMES = 3
_FPS, _LOOKS = 15, 8
_WAY_S, _BOTTOM_S, _TOP_S = 0.9, 0.2, 0.4


@dataclass(frozen=True)
class Pair:
    """Two photographs of one person: where a movement begins, and where it turns."""

    name: str
    exercise: str
    """As the labels name it; `other:...` is not counted."""
    top: Path
    bottom: Path
    note: str = ""

    @property
    def label(self) -> Label:
        """What is right for it; each pair is a source of its own."""
        counts = (TIMES,) if self.exercise in EXERCISES else (0,)
        return Label(f"{self.exercise}__{self.name}__photographs", self.exercise, counts)


def read_pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder with `labels.csv`: file, exercise, phase, source and note of each."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(Path(row["file"]).stem.rpartition("_")[0], []).append(row)
    return [_pair(name, found, folder) for name, found in rows.items()]


def _pair(name: str, rows: Sequence[Mapping[str, str]], folder: Path) -> Pair:
    top, bottom = sorted(rows, key=lambda row: (row["phase"] == "down", row["file"]))
    note = "; ".join(dict.fromkeys(row["note"] for row in (top, bottom) if row["note"]))
    return Pair(name, top["exercise"], folder / top["file"], folder / bottom["file"], note)


def look(frame: Frame, core: Core) -> Pose | None:
    """Who is seen in one picture, once he has been followed for a moment."""
    tracker = core.engine.tracker()
    seen = [tracker.track(frame, number / _FPS) for number in range(_LOOKS)]
    return seen[-1]


def repeated(top: Pose, bottom: Pose) -> Iterator[Observation]:
    """Down and up again, `TIMES` times, as slow at both ends as people are."""
    period_s = _TOP_S + _WAY_S + _BOTTOM_S + _WAY_S
    for number in range(math.ceil((TIMES * period_s + _TOP_S) * _FPS)):
        at_s = number / _FPS
        yield at_s, between(top, bottom, _depth(at_s % period_s))


def _depth(at_s: float) -> float:
    """How far down, 0..1, so long after he came to the top."""
    down, up = at_s - _TOP_S, at_s - _TOP_S - _WAY_S - _BOTTOM_S
    share = min(max(down / _WAY_S, 0.0), 1.0) - max(up / _WAY_S, 0.0)
    return 0.5 - 0.5 * math.cos(math.pi * share)


def between(top: Pose, bottom: Pose, share: float) -> Pose:
    """The pose so far on the straight way from the one to the other; both have world points."""
    assert top.world is not None
    assert bottom.world is not None
    return Pose(
        image=top.image + share * (bottom.image - top.image),
        world=top.world + share * (bottom.world - top.world),
        visibility=top.visibility + share * (bottom.visibility - top.visibility),
        presence=top.presence + share * (bottom.presence - top.presence),
    )


def count(pair: Pair, take: Variant, cores: Cores) -> Tally | None:
    """What is counted of a pair in one take; None where a photograph has nobody in it."""
    core = cores.of(take)
    top, bottom = (
        look(take.edit(read_image(photo.read_bytes())), core) for photo in (pair.top, pair.bottom)
    )
    return tally(core, repeated(top, bottom)) if top and bottom else None


def all_takes(pair: Pair) -> tuple[Variant, ...]:
    """As it is first, then as another camera would have taken it."""
    return (Variant(ORIGINAL), *takes(pair.name))


def miss_table(pairs: Sequence[Pair], tallies: Sequence[Tally | None]) -> str:
    """What is wrong of the photographs as they are, one line a pair, as Markdown."""
    scores = [
        Score(pair.label, one.counts if one else {})
        for pair, one in zip(pairs, tallies, strict=True)
    ]
    rows = [
        (pair.name, pair.exercise, pair.note, score, _why(one))
        for pair, one, score in zip(pairs, tallies, scores, strict=True)
        if not score.exact
    ]
    return table(("pair", "exercise", "what is odd about it", "counted", "refused as"), rows)


def _why(one: Tally | None) -> str:
    """The reasons that were given, each once."""
    if one is None:
        return "nobody is found"
    reasons = dict.fromkeys(f"{refused.exercise}: {refused.reason}" for refused in one.rejected)
    return ", ".join(reasons) or "not noticed"


def main() -> None:
    """Count all pairs in all takes, and print the tables or put them into a document."""
    arguments = command_line(__doc__, DATA, OUT).parse_args()
    pairs, cores = read_pairs(needed(arguments.data / "photos")), Cores.load()
    found = [{take.name: count(pair, take, cores) for take in all_takes(pair)} for pair in pairs]
    counts = [{name: one.counts if one else {} for name, one in each.items()} for each in found]
    takes_of_all = take_table([pair.label for pair in pairs], counts)
    text = f"{takes_of_all}\n\n{miss_table(pairs, [each[ORIGINAL] for each in found])}"
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
