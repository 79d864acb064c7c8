"""What passing pictures over changes: clips in every variant, each picture looked at, and fewer.

    python -m benchmarks.passed_over [--data ../shared/data]

Both count what `benchmarks.recordings` has tracked; what is missing there is tracked first. Fewer
are those that a live session or a clip looks at (`pose_engine.sampling`). They were tracked with
the others between them: what the tracker would have made of fewer pictures is not seen here.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.labels import Label, Score, read_labels
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import part, table
from benchmarks.variants import LANDMARKS, TWICE, Observation, tally
from pose_engine.sampling import AdaptiveSampler
from service.core import Core
from service.startup import load_core


@dataclass(frozen=True, slots=True)
class Passed:
    """One clip in one variant."""

    label: Label
    looked_at: float
    """The share of its pictures."""
    each: Mapping[str, int]
    """Counts where each picture is looked at."""
    fewer: Mapping[str, int]


def due(observations: Sequence[Observation]) -> Iterator[Observation]:
    """Those that are not passed over, where they come one by one."""
    sampler = AdaptiveSampler()
    for at_s, pose in observations:
        if sampler.due(at_s):
            sampler.observe(pose, at_s)
            yield at_s, pose


def passed(label: Label, observations: Sequence[Observation], core: Core) -> Passed:
    """Counts a recording twice."""
    fewer = [*due(observations)]
    counts = [tally(core, seen).counts for seen in (observations, fewer)]
    return Passed(label, len(fewer) / len(observations), *counts)


def row(clips: Sequence[Passed]) -> tuple[str, ...]:
    """Of a variant, as a row below `HEADER`."""
    labelled = [one for one in clips if one.label.in_totals]
    return (
        f"{np.mean([one.looked_at for one in clips]):.0%}",
        part(one.each == one.fewer for one in clips),
        part(Score(one.label, one.each).exact for one in labelled),
        part(Score(one.label, one.fewer).exact for one in labelled),
    )


HEADER = ("looked at", "counted alike", "right, each looked at", "right, fewer")


def main() -> None:
    """Count all clips, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data, core = parser.parse_args().data, load_core(SETTINGS)
    found: dict[str, list[Passed]] = defaultdict(list)
    for label in read_labels(data / "labels.csv"):
        taken = recorded(data / "clips" / label.file, core, limits=SETTINGS.clip_limits)
        for name, observations in taken.observations.items():
            if name not in {LANDMARKS, TWICE}:  # of landmarks none is passed over
                found[name].append(passed(label, observations, core))
    print(table(("variant", *HEADER), ((name, *row(clips)) for name, clips in found.items())))


if __name__ == "__main__":
    main()
