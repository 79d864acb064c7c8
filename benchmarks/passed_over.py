"""What passing pictures over changes: clips in some variants, each picture looked at, and fewer.

    python -m benchmarks.passed_over [--data ../shared/data] [--out docs/clips.md]

Fewer are those that a live session or a clip looks at (`pose_engine.sampling`), and they alone are
tracked: what a tracker makes of a picture depends on those that it saw before. Each is from
`benchmarks.recordings`; what is missing there is tracked first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.command_line import DATA, OUT, PROCESSES, command_line
from benchmarks.labels import Label, Score, read_labels
from benchmarks.processes import in_processes, own_core
from benchmarks.real_data import needed
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import part, publish, table
from benchmarks.variants import ORIGINAL, Follower, Observation, Variant, tally, variants
from pose_engine.clips import Clip
from pose_engine.frames import Frame
from pose_engine.sampling import AdaptiveSampler
from service.core import Core, Tracker

MARK = "measured passed over"
VARIANTS = (
    ORIGINAL, "30 fps", "10 fps", "10 % of frames dropped", "0.5 s gaps", "1.5 times the speed",
)  # fmt: skip


class Sparing(Follower):
    """Looks at those frames alone that are not passed over."""

    def __init__(self, variant: Variant, tracker: Tracker) -> None:
        super().__init__(variant, tracker)
        self._sampler = AdaptiveSampler()

    def look(self, at_s: float, frame: Frame) -> None:
        """Track the person in a frame where one is due."""
        if self._sampler.due(at_s):
            super().look(at_s, frame)
            self._sampler.observe(self.observations[-1][1], at_s)


@dataclass(frozen=True, slots=True)
class Passed:
    """One clip in one variant."""

    label: Label
    looked_at: float
    """The share of its pictures."""
    each: Mapping[str, int]
    """Counts where each picture is looked at."""
    fewer: Mapping[str, int]


def passed(
    label: Label, each: Sequence[Observation], fewer: Sequence[Observation], core: Core
) -> Passed:
    """Counts a clip twice."""
    counts = [tally(core, seen).counts for seen in (each, fewer)]
    return Passed(label, len(fewer) / len(each), *counts)


def spared(clip: Path, core: Core) -> dict[str, Sequence[Observation]]:
    """What who passes pictures over sees of a clip in each of `VARIANTS`; raises ClipError."""
    followers = {
        variant.name: Sparing(variant, core.engine.tracker())
        for variant in variants(clip.name)
        if variant.name in VARIANTS
    }
    with Clip.open(clip, limits=SETTINGS.clip_limits) as opened:
        for at_s, frame in opened.frames():
            for follower in followers.values():
                follower.see(at_s, frame)
    return {name: follower.observations for name, follower in followers.items()}


def row(clips: Sequence[Passed]) -> tuple[str, ...]:
    """Of a variant, as a row below `HEADER`."""
    labelled = [one for one in clips if one.label.in_totals]
    return (
        f"{np.mean([one.looked_at for one in clips]):.0%}",
        part(one.each == one.fewer for one in clips),
        part(Score(one.label, one.each).exact for one in labelled),
        part(Score(one.label, one.fewer).exact for one in labelled),
    )


def together(clips: Sequence[Passed]) -> str:
    """Of all variants, how many are right."""
    *_, each, fewer = row(clips)
    return f"All variants together: {each} right with each picture looked at, {fewer} with fewer."


HEADER = ("looked at", "counted alike", "right, each looked at", "right, fewer")


def _passed(clip: Path, label: Label) -> dict[str, Passed]:
    core = own_core()
    each = recorded(clip, core, limits=SETTINGS.clip_limits).observations
    fewer = spared(clip, core)
    return {name: passed(label, each[name], fewer[name], core) for name in VARIANTS}


def main() -> None:
    """Count all clips, and print a table or put it into a document."""
    arguments = command_line(__doc__, DATA, PROCESSES, OUT).parse_args()
    data: Path = arguments.data
    labels = read_labels(needed(data / "labels.csv"))
    clips = [data / "clips" / label.file for label in labels]
    found: dict[str, list[Passed]] = defaultdict(list)
    for one in in_processes(_passed, clips, labels, processes=arguments.processes):
        for name, counted in one.items():
            if counted.each != counted.fewer:
                told = counted.label.file, name, dict(counted.each), dict(counted.fewer)
                print(*told, flush=True)
            found[name].append(counted)
    rows = ((name, *row(found[name])) for name in VARIANTS)
    every = [one for clips in found.values() for one in clips]
    text = f"{table(('variant', *HEADER), rows)}\n\n{together(every)}"
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
