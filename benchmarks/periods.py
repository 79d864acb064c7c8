"""How well movement that is no known exercise is counted, and what is counted that does not repeat.

    python -m benchmarks.periods [--data ../shared/data] [--out docs/exercise_accuracy.md]

Synthetic people, none of them drawn, as in benchmarks.holds: every scene is somebody of another
body, style, view and pace, who does something 3 to 15 times. At 30 and 10 frames a second the
counter alone sees it, and at 10 a session that knows the exercises too. Then those who do nothing
that repeats, and those who do a known exercise. Clips, rendered and real, are tracked and beside
them stands a count by eye, from `periods.toml`. Errors are as RepNet's are told (Dwibedi et al.
2020): off by at most one (OBO), and the mean of the error as a share of the truth (MAE).
"""

import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bootstrap import mean, ratio
from benchmarks.checkout import CLIPS
from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.guesses import guessed
from benchmarks.movements import (
    FPS,
    REPEATING,
    SLOW_FPS,
    Movement,
    everyday,
    known,
    repeating,
    standing,
    still,
    walking,
)
from benchmarks.processes import own_core
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.report import publish, table
from benchmarks.variants import ORIGINAL, Observation
from classifiers.periods import PeriodCounter
from classifiers.session import UNKNOWN
from people.assets import Assets
from people.motions import EXERCISES
from service.core import Core, Library
from service.startup import load_library

MARK = "measured periods"
EYE_COUNTS = Path(__file__).with_suffix(".toml")
ALONE, SLOW, SESSION = f"{FPS} fps", f"{SLOW_FPS} fps", "session"
IDLE = {
    "all kinds of things, each once": everyday,
    "standing about, arms moving": standing,
    "walking about": walking,
    "keeping still": still,
}
_THINNED = FPS // SLOW_FPS
_ROUNDS = 5

Seen = Sequence[Observation]


@dataclass(frozen=True)
class Result:
    """A count beside the truth."""

    name: str
    times: int
    count: int

    @property
    def error(self) -> int:
        """How far it is off."""
        return abs(self.count - self.times)


def alone(seen: Iterable[Observation]) -> int:
    """What the counter makes of somebody, whatever he does."""
    counter = PeriodCounter()
    for at_s, pose in seen:
        if pose is not None:
            counter.observe(pose, at_s)
    counter.finish()
    return counter.count


def in_session(library: Library, seen: Iterable[Observation], *, unknown: bool) -> dict[str, int]:
    """What a session counts that is told nothing of the exercise."""
    session = library.session("auto", unknown=unknown)
    for at_s, pose in seen:
        session.observe(pose, at_s)
    session.finish()
    return session.counts


def results(movement: Movement, assets: Assets, library: Library) -> dict[str, Result]:
    """One repeating movement, by the way it is counted."""
    seen = [*guessed(movement.clip, assets)]
    slow = seen[::_THINNED]
    counts = {
        ALONE: alone(seen),
        SLOW: alone(slow),
        SESSION: in_session(library, slow, unknown=True)[UNKNOWN],
    }
    name = movement.clip.name
    return {way: Result(name, movement.times, count) for way, count in counts.items()}


def repeated_row(name: str, found: Sequence[Mapping[str, Result]], *, sure: bool) -> list[str]:
    """Scenes, and by every way exact, OBO and MAE; `sure`: with their confidence intervals."""
    cells = [name, f"{len(found)}"]
    for way in (ALONE, SLOW, SESSION):
        of = [one[way] for one in found]
        exact, near = (mean((r.name, float(r.error <= most)) for r in of) for most in (0, 1))
        off = mean((r.name, r.error / r.times) for r in of)
        if sure:
            cells += [exact.percent(), near.percent(), off.number(".2f")]
        else:
            cells += [f"{exact.value:.0%}", f"{near.value:.0%}", f"{off.value:.2f}"]
    return cells


def repeated_table(found: Mapping[str, Sequence[Mapping[str, Result]]]) -> str:
    """One line a motion, and all together."""
    ways = (ALONE, SLOW, f"{SESSION}, {SLOW}")
    figures = [f"{way}: {figure}" for way in ways for figure in ("exact", "OBO", "MAE")]
    every = [one for of in found.values() for one in of]
    rows = [repeated_row(name.replace("_", " "), of, sure=False) for name, of in found.items()]
    return table(["motion", "scenes", *figures], [*rows, repeated_row("all", every, sure=True)])


def idle_row(
    kind: str, movements: Sequence[Movement], assets: Assets, library: Library
) -> list[str]:
    """Scenes, minutes and false counts of those who do not repeat anything."""
    rows = []
    for movement in movements:
        seen = [*guessed(movement.clip, assets)]
        count = in_session(library, seen, unknown=True)[UNKNOWN]
        rows.append((movement.clip.name, float(count), seen[-1][0] / 60))
    minutes, false = sum(row[2] for row in rows), sum(row[1] for row in rows)
    rate = ratio(rows).number(".2f")
    return [kind, f"{len(rows)}", f"{minutes:.1f}", f"{false:.0f}", rate]


def known_row(
    exercise: str, movements: Sequence[Movement], assets: Assets, library: Library
) -> list[str]:
    """Repetitions of a known exercise, without and with the unknown counted, and its periods."""
    told = []
    for movement in movements:
        seen = [*guessed(movement.clip, assets)]
        told.append([in_session(library, seen, unknown=on) for on in (False, True)])
    same = sum(off == {k: n for k, n in on.items() if k != UNKNOWN} for off, on in told)
    sums = [sum(counts[exercise] for counts in of) for of in zip(*told, strict=True)]
    invented = sum(on[UNKNOWN] for _, on in told)
    truth = sum(movement.times for movement in movements)
    scenes = f"{same} of {len(movements)}"
    return [exercise, f"{len(movements)}", f"{truth}", *map(str, sums), scenes, f"{invented}"]


def read_eye_counts(path: Path = EYE_COUNTS) -> dict[str, dict[str, Any]]:
    """What was counted by eye, by clip: `times`, and what is odd `about` it."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def clip_rows(
    eye_counts: Mapping[str, Mapping[str, Any]], data: Path, core: Core
) -> Iterator[list[str]]:
    """Of every clip that is there: by eye, unknown, and what else was counted."""
    for name, eye in eye_counts.items():
        paths = [path for path in (CLIPS / name, data / "clips" / name) if path.exists()]
        if not paths:
            continue
        taken = recorded(paths[0], core, limits=SETTINGS.clip_limits, alone=True)
        off, on = (
            in_session(core.library, taken.observations[ORIGINAL], unknown=unknown)
            for unknown in (False, True)
        )
        others = {key: n for key, n in on.items() if key != UNKNOWN}
        told = ", ".join(f"{key} {n}" for key, n in others.items() if n) or "–"
        right = "/".join(map(str, eye["times"]))
        same = "yes" if off == others else "no"
        yield [f"`{name}`", right, f"{on[UNKNOWN]}", told, same, eye.get("about", "")]


def milliseconds(library: Library, seen: Seen, *, unknown: bool) -> float:
    """CPU time of a session for one observation."""
    begun = time.process_time()
    in_session(library, seen, unknown=unknown)
    return 1000 * (time.process_time() - begun) / len(seen)


def speed(assets: Assets, library: Library) -> str:
    """What it costs, in a sentence: the least of some rounds, without and with in turn."""
    seen = [*guessed(repeating("jumping_jack", 0).clip, assets)]
    rounds = [
        [milliseconds(library, seen, unknown=unknown) for unknown in (False, True)]
        for _ in range(_ROUNDS)
    ]
    off, on = (min(spent) for spent in zip(*rounds, strict=True))
    begun = time.process_time()
    alone(seen)
    counter = 1000 * (time.process_time() - begun) / len(seen)
    return (
        f"CPU time of a session for one observation, at {FPS} frames a second: {off:.2f} ms "
        f"without, {on:.2f} ms with `unknown`; the counter alone {counter:.2f} ms."
    )


def synthetic(scenes: int, idle: int) -> Iterator[str]:
    """The tables of synthetic people, and the speed."""
    assets, library = Assets(), load_library()
    found = {}
    for name in REPEATING:
        movements = [repeating(name, seed) for seed in range(scenes)]
        found[name] = [results(one, assets, library) for one in movements]
        print(name, *repeated_row(name, found[name], sure=False)[1:], flush=True)
    yield repeated_table(found)
    rows = [
        idle_row(kind, [make(seed) for seed in range(idle)], assets, library)
        for kind, make in IDLE.items()
    ]
    yield table(["nothing repeats", "scenes", "minutes", "false counts", "a minute"], rows)
    rows = [
        known_row(name, [known(name, seed) for seed in range(scenes)], assets, library)
        for name in EXERCISES
    ]
    columns = ("reps", "counted without", "with `unknown`", "same", "`unknown` periods")
    yield table(["known", "scenes", *columns], rows)
    yield speed(assets, library)


def main() -> None:
    """Play the scenes and the clips, print the tables, or put them into a document."""
    parser = command_line(__doc__, DATA, OUT)
    parser.add_argument("--scenes", type=int, default=10, help="of every motion that repeats")
    parser.add_argument("--idle", type=int, default=5, help="of every kind that does not")
    arguments = parser.parse_args()
    columns = ("by eye", "`unknown`", "known", "known the same without", "what is odd")
    clips = table(["clip", *columns], clip_rows(read_eye_counts(), arguments.data, own_core()))
    print(clips, flush=True)
    text = "\n\n".join([*synthetic(arguments.scenes, arguments.idle), clips])
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
