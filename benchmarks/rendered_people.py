"""Rendered people that nothing was tuned to: what of their movement counts, by where one stands.

    python -m benchmarks.rendered_people [--people 8] [--others 2] [--seed 9000]
        [--out docs/accuracy.md]

Each is another body in another style, pace, room and light. Drawing and tracking them takes half
an hour of two cores, once: what is tracked is kept as that of `benchmarks.recordings`. What they do
is known exactly; how well they stand for real people is not.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.bootstrap import ratio
from benchmarks.command_line import OUT, PROCESSES, command_line
from benchmarks.filmed import small, tracked
from benchmarks.measures import count
from benchmarks.processes import in_processes, own_core
from benchmarks.report import part, publish, table
from benchmarks.variants import Observation
from people.assets import Assets
from people.clips import Clip, random_clip
from people.motions import EXERCISES, MOTIONS
from people.script import Script
from service.core import Core

MARK = "measured rendered people"
VIEWS = ("front", "oblique front", "side", "oblique rear", "rear")
"""Each of 36 degrees to either side; in front of somebody face down is beyond his head."""
_VIEW_DEGREES = 180 / len(VIEWS)
OTHERS = tuple(name for name in MOTIONS if name not in {*EXERCISES, "burpee", "chair_pose"})
"""What must not count. In a burpee is a push-up, and a brief chair pose is a squat."""
SEED = 9000
"""People from here on are those that nothing is tuned to; thresholds are looked at on others."""


def scene(motion: str, number: int, seed: int = SEED) -> Clip:
    """Somebody who does three to eight of a movement; the view goes round with the number."""
    clip = random_clip(motion, seed + number)
    turn = _VIEW_DEGREES * (number % len(VIEWS)) + abs(clip.azimuth) % _VIEW_DEGREES
    return small(replace(clip, azimuth=math.copysign(turn, clip.azimuth)))


def view(clip: Clip) -> str:
    """Which of `VIEWS` a scene is seen from."""
    return VIEWS[int(abs(clip.azimuth) // _VIEW_DEGREES)]


@dataclass(frozen=True)
class Outcome:
    """What became of one person's repetitions."""

    motion: str
    view: str
    done: int
    """Whole repetitions."""
    counted: int
    """How many of them."""
    invented: int
    """Counted in what is none: another movement, or one that stops half-way."""
    seconds: float


def outcome(clip: Clip, observations: Sequence[Observation], core: Core) -> Outcome:
    """Counts what was seen of a scene."""
    whole = [rep for rep in Script(clip.parts).reps if rep.full]
    found = count(core, observations)
    right = sum(
        any(
            one.exercise == rep.exercise and rep.start_s <= one.bottom_s <= rep.end_s
            for one in found
        )
        for rep in whole
    )
    return Outcome(
        motion=clip.name.rpartition("_")[0],
        view=view(clip),
        done=len(whole),
        counted=right,
        invented=len(found) - right,
        seconds=observations[-1][0],
    )


def view_table(outcomes: Sequence[Outcome]) -> str:
    """One line an exercise and view, as Markdown."""
    rows = [
        _row(
            (exercise, view),
            [one for one in outcomes if (one.motion, one.view) == (exercise, view)],
        )
        for exercise in EXERCISES
        for view in VIEWS
    ]
    totals = [
        _row((exercise, "all"), [one for one in outcomes if one.motion == exercise])
        for exercise in EXERCISES
    ]
    return table(
        ("exercise", "view", "people", "repetitions", "counted", "invented"), [*rows, *totals]
    )


def _row(names: tuple[str, str], outcomes: Sequence[Outcome]) -> tuple[object, ...]:
    each = [(str(number), one.counted, one.done) for number, one in enumerate(outcomes) if one.done]
    return (
        *names,
        len(outcomes),
        sum(one.done for one in outcomes),
        ratio(each).percent() if each else "–",
        sum(one.invented for one in outcomes),
    )


def others_line(outcomes: Sequence[Outcome]) -> str:
    """What is invented in what must not count, as a sentence."""
    others = [one for one in outcomes if one.motion not in EXERCISES]
    invented: Counter[str] = Counter()
    for one in others:
        invented[one.motion] += one.invented
    told = ", ".join(f"{count} in `{motion}`" for motion, count in invented.most_common() if count)
    minutes = sum(one.seconds for one in others) / 60
    return (
        f"Of {len({one.motion for one in others})} other movements, {minutes:.0f} minutes of "
        f"{len(others)} people, nothing counts in {part(one.invented == 0 for one in others)}; "
        f"invented: {told or 'none'}."
    )


_own_assets = cache(Assets)


def _outcome(clip: Clip) -> Outcome:
    core = own_core()
    return outcome(clip, tracked(clip, _own_assets(), core), core)


def scenes(people: int, others: int, seed: int = SEED) -> Iterator[Clip]:
    """So many people of each exercise and view, and of each other movement."""
    for number in range(people * len(VIEWS)):
        yield from (scene(exercise, number, seed) for exercise in EXERCISES)
    for place, motion in enumerate(OTHERS):
        # not the same two views for every movement, nor two that are next to each other
        yield from (scene(motion, place + 2 * number, seed) for number in range(others))


def main() -> None:
    """Draw, track and count everybody, and print the tables or put them into a document."""
    parser = command_line(__doc__, PROCESSES, OUT)
    parser.add_argument("--people", type=int, default=8, help="of each exercise in each view")
    parser.add_argument("--others", type=int, default=2, help="of each other movement")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first of them")
    arguments = parser.parse_args()
    wanted = scenes(arguments.people, arguments.others, arguments.seed)
    outcomes = []
    for one in in_processes(_outcome, wanted, processes=arguments.processes):
        print(one, flush=True)
        outcomes.append(one)
    text = f"{view_table(outcomes)}\n\n{others_line(outcomes)}"
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
