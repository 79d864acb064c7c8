"""Who sits down on a chair, and who squats before the same camera: what is counted of either.

    python -m benchmarks.sitting [--people 20] [--filmed] [--out docs/exercise_accuracy.md]

Each person, of another body, style and view, sits down three times and squats four times. Seats are
from 22 degrees above level thighs to 12 below. What the pose net would see is guessed as in
`benchmarks.holds`; with `--filmed` the scenes are rendered and really tracked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.command_line import OUT, command_line
from benchmarks.filmed import small, tracked
from benchmarks.guesses import guessed
from benchmarks.processes import own_core
from benchmarks.report import publish, table
from benchmarks.variants import Observation
from classifiers.events import Event, RepCounted, RepRejected
from classifiers.library import AUTO
from people.assets import Assets
from people.clips import Clip, random_clip
from people.motions.chair import SitDown
from people.motions.squat import Squat
from people.script import Part, Stroke
from service.core import Library
from service.startup import load_library

COUNTED, UNNOTICED = "counted", "not noticed"
_SEATS, _DEEPEST = (68, 102), (75, 115)
_STAYS = {"sits down, up at once": (0.1, 0.5), "for 1 to 2 s": (0.8, 2), "for 3 to 5 s": (2.5, 5)}
_PAUSES = {"squats": (1.0, 0.1), "nearly as deep": (0.9, 0.1), "1 s at the bottom": (1.0, 1.0),
           "3 s at the bottom": (1.0, 3.0)}  # fmt: skip
_REST_S, _SLACK_S = 0.8, 0.4


@dataclass(frozen=True)
class Scene:
    """One person's clip, and what each of his movements is."""

    clip: Clip
    about: tuple[str, ...]

    @property
    def bottoms(self) -> list[tuple[float, float]]:
        """When each movement is at its bottom, from and to, seconds."""
        part, at, found = self.clip.parts[0], self.clip.parts[0].rest_s, []
        for stroke in part.strokes:
            found.append((at + stroke.down_s, at + stroke.down_s + stroke.hold_s))
            at = found[-1][1] + stroke.up_s + stroke.rest_s
        return found


def sitting(seed: int) -> Scene:
    """Somebody sits down on a chair and stands up again, three times."""
    clip, rng = _view(seed), np.random.default_rng((seed, 77))
    motion = clip.parts[0].motion
    assert isinstance(motion, SitDown)
    motion = replace(motion, thigh=float(rng.uniform(*_SEATS)))
    stays = [rng.uniform(*stay) for stay in _STAYS.values()]
    strokes = tuple(_stroke(rng, stay, (0.7, 1.6), rest_s=0.8) for stay in stays)
    part = Part(motion=motion, strokes=strokes, rest_s=_REST_S)
    return Scene(replace(clip, name=f"sitting_{seed}", parts=[part]), tuple(_STAYS))


def squatting(seed: int) -> Scene:
    """The same person squats, from above level thighs to as deep as he can."""
    clip, rng = _view(seed), np.random.default_rng((seed, 78))
    motion = replace(Squat.random(rng), deepest=float(rng.uniform(*_DEEPEST)))
    strokes = tuple(
        replace(_stroke(rng, hold_s, (0.6, 1.3), rest_s=0.4), depth=depth)
        for depth, hold_s in _PAUSES.values()
    )
    part = Part(motion=motion, exercise="squat", strokes=strokes, rest_s=_REST_S)
    return Scene(replace(clip, name=f"squatting_{seed}", parts=[part]), tuple(_PAUSES))


def _view(seed: int) -> Clip:
    return small(random_clip("sit_down", seed))


def _stroke(
    rng: np.random.Generator, hold_s: float, way_s: tuple[float, float], rest_s: float
) -> Stroke:
    down_s, up_s = rng.uniform(*way_s, 2)
    return Stroke(down_s=float(down_s), hold_s=float(hold_s), up_s=float(up_s), rest_s=rest_s)


def outcomes(scene: Scene, seen: Iterable[Observation], library: Library) -> Iterator[str]:
    """What became of each of its movements: counted, or the reason why not."""
    session = library.session(AUTO)
    events = [event for at_s, pose in seen for event in session.observe(pose, at_s)]
    events += session.finish()
    for from_s, to_s in scene.bottoms:
        yield _outcome(events, from_s, to_s)


def _outcome(events: Sequence[Event], from_s: float, to_s: float) -> str:
    counted = any(
        isinstance(event, RepCounted) and from_s - _SLACK_S <= event.bottom_s <= to_s + _SLACK_S
        for event in events
    )
    reasons = [
        str(event.reason)
        for event in events
        if isinstance(event, RepRejected)
        and event.exercise == "squat"
        and event.start_s <= to_s
        and event.end_s >= from_s
    ]
    return COUNTED if counted else (reasons or [UNNOTICED])[0]


def outcome_table(found: Sequence[tuple[str, str]]) -> str:
    """One line for each kind of movement, as Markdown."""
    counts = Counter(found)
    kinds = [*_STAYS, *_PAUSES]
    said = [COUNTED, *sorted({outcome for _, outcome in found} - {COUNTED})]
    rows = [(kind, sum(k == kind for k, _ in found), *(counts[kind, one] for one in said))
            for kind in kinds]  # fmt: skip
    return table(("movement", "times", *said), rows)


def main() -> None:
    """Play the scenes and print the table, or put it into a document."""
    parser = command_line(__doc__, OUT)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--filmed", action="store_true", help="rendered and tracked")
    arguments = parser.parse_args()
    assets, library = Assets(), load_library()
    core = own_core() if arguments.filmed else None
    found = []
    for seed in range(arguments.people):
        for scene in (sitting(seed), squatting(seed)):
            clip = scene.clip
            seen = tracked(clip, assets, core) if core else guessed(clip, assets)
            found += list(zip(scene.about, outcomes(scene, seen, library), strict=True))
    text = outcome_table(found)
    publish(text, arguments.out, "measured sitting")


if __name__ == "__main__":
    main()
