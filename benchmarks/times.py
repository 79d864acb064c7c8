"""Whether the times of counted repetitions are right, and whether they can be at all."""

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

import numpy as np

from benchmarks.bootstrap import Interval, ratio
from benchmarks.counted import Counted
from blazereps_client.results import Rep, Tally

NEAR_S = 0.35
_LEAST_S = 0.1


def matched(found_s: Sequence[float], labelled_s: Sequence[float]) -> list[tuple[float, float]]:
    """Pairs of a found and a labelled time, the closest first, each time in one pair at most."""
    pairs: list[tuple[float, float]] = []
    everything = ((found, labelled) for found in found_s for labelled in labelled_s)
    for found, labelled in sorted(everything, key=lambda pair: abs(pair[0] - pair[1])):
        used = any(found == a or labelled == b for a, b in pairs)
        if not used:
            pairs.append((found, labelled))
    return pairs


def bottoms_of(counted: Counted) -> list[float]:
    """When the repetitions of the clip's own exercise were deepest, in seconds."""
    return [r.bottom_s for r in counted.original.reps if r.exercise == counted.label.exercise]


def bottoms(counted: Iterable[Counted]) -> str:
    """How far counted bottoms are from labelled ones, as Markdown."""
    clips = [c for c in counted if c.label.bottoms_s]
    gaps = {
        c.label.file: [abs(a - b) for a, b in matched(bottoms_of(c), c.label.bottoms_s)]
        for c in clips
    }
    near = {file: sum(gap <= NEAR_S for gap in found) for file, found in gaps.items()}
    right = _share((c, near[c.label.file], len(bottoms_of(c))) for c in clips)
    found = _share((c, near[c.label.file], len(c.label.bottoms_s)) for c in clips)
    every = list(chain.from_iterable(gaps.values()))
    median, most = np.percentile(every, (50, 90)) if every else (np.nan, np.nan)
    return "\n".join(
        (
            f"- Counted repetitions whose bottom is within {NEAR_S} s of a labelled one: {right}.",
            f"- Labelled bottoms with a counted one within {NEAR_S} s: {found}.",
            f"- How far apart they are: median {median:.2f} s, 90th percentile {most:.2f} s.",
        )
    )


def _share(rows: Iterable[tuple[Counted, int, int]]) -> str:
    sums = [(c.label.source, float(part), float(of)) for c, part, of in rows if of]
    if not sums:
        return "none"
    share: Interval = ratio(sums)
    return f"{share.percent()} of {sum(of for *_, of in sums):.0f}"


def sane(tally: Tally) -> list[bool]:
    """Of each repetition, whether its start and end can be right.

    The start is before the bottom and the bottom before the end, the way down and the way up take
    0.1 s at least, and it begins no earlier than the one before of the same exercise ended.
    """
    by_exercise: dict[str, list[Rep]] = {}
    for rep in tally.reps:
        by_exercise.setdefault(rep.exercise, []).append(rep)
    return [
        rep.start_s + _LEAST_S <= rep.bottom_s <= rep.end_s - _LEAST_S
        and (before is None or before.end_s <= rep.start_s)
        for reps in by_exercise.values()
        for before, rep in pairwise((None, *reps))
        if rep is not None
    ]


def sanity(tallies: Iterable[Tally]) -> str:
    """How many repetitions of these are sane."""
    every = [one for tally in tallies for one in sane(tally)]
    return f"{sum(every)} of {len(every)}"
