"""Clips as the core counts them in every variant, from the recordings of what was tracked."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.labels import Label, Score
from benchmarks.processes import in_processes, own_core
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.variants import ORIGINAL, TWICE, Observation, tally
from blazereps_client.results import Tally
from service.core import Core

_END_S = 0.2


@dataclass(frozen=True)
class Counted:
    """One clip, counted in several variants."""

    label: Label
    tallies: dict[str, Tally]
    """By variant, the original's always there."""
    lap_s: float
    """When the clip begins again in `TWICE`."""
    seen: Sequence[Observation] = ()
    """The original's."""

    @property
    def original(self) -> Tally:
        """What the clip as it is counts."""
        return self.tallies[ORIGINAL]

    @property
    def slack(self) -> int:
        """How many repetitions the clip may gain or lose where it follows itself.

        As the label says, or because a movement was under way when the clip ended.
        """
        under_way = any(
            refused.reason == "incomplete" and refused.end_s > self.lap_s - _END_S
            for refused in self.original.rejected
        )
        return max(self.label.slack(self.lap_s), int(under_way))

    def score(self, variant: str = ORIGINAL) -> Score:
        """A variant against the label."""
        label = self.label.twice(self.slack) if variant == TWICE else self.label
        return Score(label, self.tallies[variant].counts)


def count(label: Label, clips: Path, core: Core, wanted: Collection[str]) -> Counted:
    """Count one clip as it is and in every wanted variant; raises ClipError."""
    taken = recorded(clips / label.file, core, limits=SETTINGS.clip_limits)
    tallies = {
        name: tally(core, seen)
        for name, seen in taken.observations.items()
        if name == ORIGINAL or name in wanted
    }
    return Counted(label, tallies, taken.lap_s, taken.observations[ORIGINAL])


def count_all(
    labels: Sequence[Label], clips: Path, wanted: Collection[str], *, processes: int
) -> Iterator[Counted]:
    """Count every clip, saying how far it is; raises ClipError."""
    work = partial(_count, clips=clips, wanted=wanted)
    for n, counted in enumerate(in_processes(work, labels, processes=processes), start=1):
        print(f"{n:3} of {len(labels)}  {counted.label.file}", flush=True)
        yield counted


def _count(label: Label, clips: Path, wanted: Collection[str]) -> Counted:
    return count(label, clips, own_core(), wanted)
