"""Holds on synthetic people with known truth: how many are found, how well timed, and false ones.

    python -m benchmarks.holds [--scenes 40] [--others 3] [--only plank] [--filmed]

Each scene is somebody of another body, style and view. Held: into a plank, chair pose or warrior
II, kept for 5 to 20 s and out of it again. Moving: every other motion, at half to nearly double the
tempo. Still: the same motions' end positions kept for 10 s, which are no holds. What the pose net
would see is guessed: the true joints with depth squeezed, an error that stays and one that comes
and goes. With `--filmed` the scenes are rendered and really tracked, at 8 frames a second, not 15.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.command_line import command_line
from benchmarks.filmed import tracked
from benchmarks.guesses import guessed
from benchmarks.processes import own_core
from benchmarks.variants import Observation
from classifiers.events import HoldEnded
from classifiers.library import AUTO
from people.assets import Assets
from people.clips import Clip, random_clip
from people.motions import MOTIONS
from people.motions.floor import AllFours, Plank
from people.script import Part, Script, Stroke
from service.core import Library
from service.startup import load_library

HOLDS = ("plank", "chair_pose", "warrior_ii")
PLANKS = ("straight", "forearms")
OTHERS = tuple(name for name in MOTIONS if name not in HOLDS)
NOT_STILL = ("squat", "burpee", "get_down", "walk")
"""Whose end position is a hold after all, or none."""
_FPS, _FILMED_FPS = 15, 8


@dataclass(frozen=True)
class Scene:
    """One person doing one thing, and what of it is a hold: name, start and end in seconds."""

    clip: Clip
    truth: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A scene and what was said of it."""

    scene: Scene
    seconds: float
    said: tuple[HoldEnded, ...]

    @property
    def right(self) -> list[HoldEnded]:
        """What was said of the hold that there is, at the time that it is held."""
        return [
            one
            for one in self.said
            for name, start_s, end_s in self.scene.truth
            if one.exercise == name and one.start_s < end_s and one.end_s > start_s
        ]


def held_scene(hold: str, seed: int) -> Scene:
    """Somebody gets into a pose, keeps it and leaves it."""
    clip = random_clip(hold, seed)
    rng = np.random.default_rng((seed, len(hold)))
    held_s, way_s = rng.uniform(5, 20), rng.uniform(0.8, 2.0)
    motion = clip.parts[0].motion
    if isinstance(motion, Plank):
        motion = replace(motion, kind=PLANKS[seed % 2])
        stroke = Stroke(depth=0.0, down_s=0.1, hold_s=held_s, up_s=0.1, rest_s=0.0)
        part = Part(motion=motion, exercise=hold, strokes=(stroke,), rest_s=0.0, pause_s=way_s)
        around = Part(motion=AllFours(kind="still"), rest_s=1.0, pause_s=way_s)
        parts = [around, part, around]
    else:
        stroke = Stroke(down_s=way_s, hold_s=held_s, up_s=way_s, rest_s=1.0)
        parts = [Part(motion=motion, exercise=hold, strokes=(stroke,), rest_s=1.0)]
    rep = Script(parts).reps[0]
    truth = (hold, rep.bottom_s - held_s / 2, rep.bottom_s + held_s / 2)
    return Scene(replace(clip, parts=parts, fps=_FPS), (truth,))


def moving_scene(motion: str, seed: int) -> Scene:
    """Somebody does something else, again and again."""
    return Scene(replace(random_clip(motion, seed), fps=_FPS))


def still_scene(motion: str, seed: int) -> Scene:
    """Somebody keeps the end position of something else."""
    clip = random_clip(motion, seed)
    stroke = Stroke(down_s=1.2, hold_s=10, up_s=1.2)
    return Scene(
        replace(clip, parts=[Part(motion=clip.parts[0].motion, strokes=(stroke,))], fps=_FPS)
    )


def outcome(scene: Scene, seen: Iterable[Observation], library: Library) -> Outcome:
    """What one session says of a scene, told nothing of the exercise."""
    session = library.session(AUTO)
    events, seconds = [], 0.0
    for at_s, pose in seen:
        events += session.observe(pose, at_s)
        seconds = at_s
    events += session.finish()
    return Outcome(scene, seconds, tuple(e for e in events if isinstance(e, HoldEnded)))


def held_row(hold: str, outcomes: Sequence[Outcome]) -> str:
    """Holds, found, in one piece, |held - truth| median and 90th percentile, false ones."""
    found = [one for one in outcomes if one.right]
    errors = [
        abs(sum(said.held_s for said in one.right) - (end_s - start_s))
        for one in found
        for _, start_s, end_s in one.scene.truth
    ]
    cells = (
        hold,
        f"{len(outcomes)}",
        f"{len(found) / len(outcomes):.1%}",
        f"{sum(len(one.right) == 1 for one in found) / max(len(found), 1):.1%}",
        " | ".join(f"{np.quantile(errors or [np.nan], share):.2f}" for share in (0.5, 0.9)),
        f"{sum(len(one.said) - len(one.right) for one in outcomes)}",
    )
    return f"| {' | '.join(cells)} |"


def other_row(kind: str, outcomes: Sequence[Outcome]) -> str:
    """Scenes, minutes, false holds, a minute, and in which motions."""
    minutes = sum(one.seconds for one in outcomes) / 60
    false = [f"{said.exercise} in {one.scene.clip.name}" for one in outcomes for said in one.said]
    rate = len(false) / minutes if minutes else 0
    told = f"{len(false)} | {rate:.2f} | {', '.join(false) or '-'}"
    return f"| {kind} | {len(outcomes)} | {minutes:.1f} | {told} |"


def main() -> None:
    """Play the scenes and print the tables."""
    parser = command_line(__doc__)
    parser.add_argument("--scenes", type=int, default=40, help="of every hold")
    parser.add_argument("--others", type=int, default=3, help="of every other motion")
    parser.add_argument("--seed", type=int, default=0, help="the first scene's")
    parser.add_argument("--only", choices=HOLDS, action="append", help="may be given again")
    parser.add_argument("--filmed", action="store_true", help="rendered and tracked")
    arguments = parser.parse_args()
    assets, library = Assets(), load_library()
    core = own_core() if arguments.filmed else None

    def seen(clip: Clip) -> Iterable[Observation]:
        if core:
            return tracked(replace(clip, fps=_FILMED_FPS), assets, core)
        return guessed(clip, assets)

    def play(scenes: Sequence[Scene]) -> list[Outcome]:
        return [outcome(scene, seen(scene.clip), library) for scene in scenes]

    seeds = range(arguments.seed, arguments.seed + arguments.scenes)
    few = range(arguments.seed, arguments.seed + arguments.others)
    print("| hold | scenes | found | in one piece | error s, median | 90th percentile | false |")
    print("|---|---|---|---|---|---|---|")
    for hold in arguments.only or HOLDS:
        print(held_row(hold, play([held_scene(hold, seed) for seed in seeds])), flush=True)
    print("\n| others | scenes | minutes | false holds | a minute | which |")
    print("|---|---|---|---|---|---|")
    moving = [moving_scene(motion, seed) for motion in OTHERS for seed in few]
    print(other_row("moving", play(moving)), flush=True)
    still = [still_scene(name, seed) for name in OTHERS if name not in NOT_STILL for seed in few]
    print(other_row("still", play(still)), flush=True)


if __name__ == "__main__":
    main()
