"""How many live sessions of 15 frames a second one core holds, ours beside a server on MediaPipe.

    python -m benchmarks.sessions [--data ../shared/data] [--seconds 20]

Each server alone on one core, its clients on the others, over real sockets, 720p JPEGs in real
time. More and more sessions, a quarter of one at a time, until the 95th percentile from a frame to
its answer is above 100 ms or more than 1 % of the frames due get none. Ours passes pictures over
while the person hardly moves, but for "each". Half a session is one at half the rate. A trial that
fails while others took part of the core is made again, once.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.frame_blocks import FPS
from benchmarks.hd_clips import hd_clips
from benchmarks.live_clients import Window
from benchmarks.live_trial import CONTESTANTS, HEADER, THEIRS, Contest, Trial, contest
from benchmarks.section import Ratio, Section, print_sections

STEP = 0.25
BARS = {"full": 2.2, "full, each": 2.2}
_WARM_S, _SECONDS = 4.0, 20.0
_FIRST = 1.0
_LIKELY = 0.8
"""Where the search begins: the share of the core that a first session says can be used."""


def largest(holds: Callable[[float], bool], guess: float) -> float:
    """The largest number of `STEP`s that holds, looked for from a guess on; 0 where none does.

    What holds, holds with less.
    """
    stride = round(1 / STEP)
    low = high = max(1, round(guess / STEP))
    if holds(low * STEP):
        high = low + stride
        while holds(high * STEP):
            low, high = high, high + stride
    else:
        low = max(high - stride, 0)
        while low and not holds(low * STEP):
            low, high = max(low - stride, 0), low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle * STEP) else (low, middle)
    return low * STEP


def searched(running: Contest, window: Window) -> Trial | None:
    """The largest that holds."""
    held: dict[float, Trial] = {}

    def holds(sessions: float) -> bool:
        trial = running.trial(sessions, window)
        if not trial.holds and trial.disturbed:
            trial = running.trial(sessions, window)
        if trial.holds:
            held[sessions] = trial
        return trial.holds

    first = running.trial(_FIRST, window)
    return held.get(largest(holds, _LIKELY / (first.ms_a_frame / 1000 * FPS)))


def sections(data: Path, seconds: float = _SECONDS) -> Iterator[Section]:
    """The table of the largest that hold."""
    clips = [clip.jpegs for clip in hd_clips(data)]
    window = Window(_WARM_S, seconds)
    found: dict[str, Trial] = {}
    for name in CONTESTANTS:
        with contest(name, clips) as running:
            if trial := searched(running, window):
                found[name] = trial
    yield section(found)


def section(found: Mapping[str, Trial]) -> Section:
    """The largest that each contestant holds."""
    rows = [(name, *(found[name].row() if name in found else ("none",))) for name in CONTESTANTS]
    ratios = [
        _ratio(f"sessions a core, {name}, by MediaPipe's", found[name], found[THEIRS], bar)
        for name, bar in BARS.items()
        if name in found and THEIRS in found
    ]
    note = f"The largest number that holds, in steps of {STEP:g}."
    return Section("Live sessions on one core", ("server", *HEADER), rows, note, ratios)


def _ratio(name: str, ours: Trial, theirs: Trial, bar: float) -> Ratio:
    """The spread is what a step more of either would make of it."""
    low, high = ours.sessions / (theirs.sessions + STEP), (ours.sessions + STEP) / theirs.sessions
    return Ratio(name, ours.sessions / theirs.sessions, low, high, bar, at_most=False)


def main() -> None:
    """Measure, and print the tables."""
    print_sections(__doc__, sections, seconds=_SECONDS)


if __name__ == "__main__":
    main()
