"""Counting while somebody walks through the picture, on rendered people with exact truth.

    python -m benchmarks.crossings [--clips 24]

Random squats, each clip rendered twice: alone, and with somebody who crosses the view, three times
of four in front. Found: full repetitions counted with their bottom within 0.35 s of the true one;
invented: all others counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.checkout import KEPT
from benchmarks.command_line import command_line
from benchmarks.processes import own_core
from benchmarks.recordings import SETTINGS
from people.assets import Assets
from people.clips import Clip, random_crossing
from people.film import film
from people.truth import Truth
from service.core import Core
from service.count import count_clip

FOLDER = KEPT / "crossings"
_WITHIN_S = 0.35
_SIZE, _FPS = (480, 360), 15


def crossings(count: int) -> list[Clip]:
    """The clips with somebody crossing."""
    return [replace(random_crossing(seed), size=_SIZE, fps=_FPS) for seed in range(count)]


def alone(clip: Clip) -> Clip:
    """The same without the one who crosses."""
    return replace(clip, name=f"{clip.name}_alone", others=())


def count_all(clips: Iterable[Clip], core: Core, fps: float) -> tuple[int, int, int]:
    """Full repetitions in them, those found, and those invented."""
    totals = (0, 0, 0)
    for clip in clips:
        path = FOLDER / f"{clip.name}.mp4"
        result = count_clip(
            path,
            core,
            name=clip.name,
            exercise="auto",
            fps=fps,
            adaptive=False,
            limits=SETTINGS.clip_limits,
        )
        truth = [rep for rep in Truth.load(path.with_suffix(".json")).reps if rep.full]
        bottoms = [rep.bottom_s for rep in result.reps if rep.exercise == "squat"]
        found = sum(_near(rep.bottom_s, bottoms) for rep in truth)
        totals = (
            totals[0] + len(truth), totals[1] + found, totals[2] + len(result.reps) - found
        )  # fmt: skip
    return totals


def _near(at_s: float, times: Sequence[float]) -> bool:
    return any(abs(at_s - time) <= _WITHIN_S for time in times)


def main() -> None:
    """Render what is not rendered yet, count it, print a table."""
    parser = command_line(__doc__)
    parser.add_argument("--clips", type=int, default=24)
    with_somebody = crossings(parser.parse_args().clips)
    sets = {"with somebody crossing": with_somebody, "alone": [*map(alone, with_somebody)]}
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = [c for s in sets.values() for c in s if not (FOLDER / f"{c.name}.json").exists()]
    assets = Assets() if missing else None
    for clip in missing:
        print(f"rendering {clip.name}", flush=True)
        assert assets is not None
        film(clip, FOLDER, assets)
    core = own_core()
    print("clips                     fps    reps   found   invented")
    for name, clips in sets.items():
        for fps in (15.0, 8.0):
            reps, found, invented = count_all(clips, core, fps)
            print(f"{name:24}{fps:5.0f}{reps:8}{found:8}{invented:11}")


if __name__ == "__main__":
    main()
