"""Two pose trackers beside each other on the same clips: their scores, and tables of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.bootstrap import Interval, ratio
from benchmarks.factorial import FLOOR, LYING, Condition
from benchmarks.keypoints import Array
from benchmarks.report import table

NEAR, NEARER = 0.2, 0.1
"""How far from the truth a joint may be to be right, in torso lengths."""
OURS, THEIRS = "blazereps", "MediaPipe"


@dataclass(frozen=True)
class Score:
    """What a tracker made of a clip: joints in view that are within `NEAR` and within `NEARER` of
    the truth, and frames in which it found somebody."""

    near: int
    nearer: int
    found: int

    @classmethod
    def of(cls, errors: Array, in_view: NDArray[np.bool_]) -> "Score":
        """`errors`: (n, 17) torso lengths, infinite where nobody is found; `in_view`: (n, 17)."""
        near, nearer = (int((in_view & (errors < limit)).sum()) for limit in (NEAR, NEARER))
        return cls(near, nearer, int(np.isfinite(errors).any(1).sum()))


@dataclass(frozen=True)
class Compared:
    """A clip: its frames, the joints in view in all of them, and the scores of either tracker by
    run, which is a variant, smoothed or not."""

    condition: Condition
    frames: int
    joints: int
    ours: Mapping[str, Score]
    theirs: Mapping[str, Score]


Clips = Sequence[Compared]
Runs = Sequence[str]
Key = Callable[[Condition], str]
Count = Callable[[Score], int]


def near(score: Score) -> int:
    """What PCK@0.2 counts."""
    return score.near


def nearer(score: Score) -> int:
    """What PCK@0.1 counts."""
    return score.nearer


def difference(clips: Clips, run: str, count: Count = near) -> Interval:
    """Ours minus theirs, clip by clip, as a share of the joints in view."""
    pairs = ((clip, count(clip.ours[run]) - count(clip.theirs[run])) for clip in clips)
    return ratio((clip.condition.name, gain, clip.joints) for clip, gain in pairs)


def grouped(clips: Clips, key: Key) -> dict[str, list[Compared]]:
    """The clips by the key's values, in the order in which these come."""
    groups: dict[str, list[Compared]] = {}
    for clip in clips:
        groups.setdefault(key(clip.condition), []).append(clip)
    return groups


def totals(clips: Clips, runs: Runs) -> str:
    """Either tracker on all clips, and the difference."""
    rows = [row for run in runs for row in _total(clips, run)]
    return table(("run", "tracker", "PCK@0.2", "PCK@0.1", "frames with somebody"), rows)


def _total(clips: Clips, run: str) -> Iterator[Sequence[str]]:
    frames = sum(clip.frames for clip in clips)
    trackers = {OURS: [c.ours[run] for c in clips], THEIRS: [c.theirs[run] for c in clips]}
    for name, scores in trackers.items():
        shares = (_pck(clips, scores, count).percent() for count in (near, nearer))
        yield run, name, *shares, f"{sum(score.found for score in scores)} of {frames}"
    yield (
        run,
        "difference",
        *(difference(clips, run, count).points() for count in (near, nearer)),
        "",
    )


def _pck(clips: Clips, scores: Sequence[Score], count: Count) -> Interval:
    """`scores`: of one tracker, clip by clip."""
    pairs = zip(clips, scores, strict=True)
    return ratio((clip.condition.name, count(score), clip.joints) for clip, score in pairs)


def breakdown(clips: Clips, runs: Runs, title: str, key: Key) -> str:
    """PCK@0.2 of both, and the difference, for each value of the key."""
    groups = grouped(clips, key).items()
    rows = ((name, len(group), *(_cell(group, run) for run in runs)) for name, group in groups)
    return table((title, "clips", *runs), rows)


def _cell(clips: Clips, run: str) -> str:
    """Bold when it is surely lower."""
    ours, theirs = (
        100 * _pck(clips, scores, near).value
        for scores in ([c.ours[run] for c in clips], [c.theirs[run] for c in clips])
    )
    gap = difference(clips, run)
    mark = "**" if gap.high < 0 else ""
    return f"{ours:.1f} / {theirs:.1f}, {mark}{gap.points()}{mark}"


def verdict(clips: Clips, runs: Runs, key: Key) -> str:
    """In how many cells of key and run ours is at least equal, and surely above or below."""
    gaps = [difference(group, run) for group in grouped(clips, key).values() for run in runs]
    equal = sum(gap.value >= 0 for gap in gaps)
    above, under = sum(gap.low > 0 for gap in gaps), sum(gap.high < 0 for gap in gaps)
    return (
        f"Of {len(gaps)} cells ours is at least equal in {equal}. The whole interval is above 0 in "
        f"{above}, below 0 in {under}."
    )


def below(clips: Clips, runs: Runs, key: Key) -> str:
    """The cells in which ours is lower: by how much, in which clip most, and without that clip."""
    rows = []
    for name, group in grouped(clips, key).items():
        for run in runs:
            gap = difference(group, run)
            if gap.value < 0:
                worst = _worst(group, run)
                rest = difference([clip for clip in group if clip is not worst], run)
                what = f"{worst.condition.body}, {worst.condition.distance}"
                rows.append((gap.value, name, run, gap.points(), what, f"{100 * rest.value:+.1f}"))
    header = ("", "run", "difference", "lowest in the clip of", "without it")
    return table(header, (row[1:] for row in sorted(rows)))


def _worst(clips: Clips, run: str) -> Compared:
    return min(clips, key=lambda clip: difference([clip], run).value)


def people_found(clips: Clips, runs: Runs) -> str:
    """Frames in which either finds somebody, of the exercises on the floor."""
    exercises = {name: (name,) for name in FLOOR} | {"lying: the last three": LYING}
    rows = (
        (name, *_found([c for c in clips if c.condition.exercise in which], runs))
        for name, which in exercises.items()
    )
    return table(("exercise", "frames", *(f"{run}: {OURS} / {THEIRS}" for run in runs)), rows)


def _found(clips: Clips, runs: Runs) -> Iterator[str]:
    yield str(sum(clip.frames for clip in clips))
    for run in runs:
        ours, theirs = (
            sum(score.found for score in scores)
            for scores in ([c.ours[run] for c in clips], [c.theirs[run] for c in clips])
        )
        yield f"{ours} / {theirs}"
