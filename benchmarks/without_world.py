"""Real clips counted as phones send them whose net gives no world points, or no depth at all.

    python -m benchmarks.without_world [--data ../shared/data]

Tracked once (`benchmarks.recordings`), then counted with the points that there are, without the
world points, and with every z 0 as well; told are the clips that are not counted alike.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from benchmarks.command_line import DATA, command_line
from benchmarks.processes import own_core
from benchmarks.real_data import needed
from benchmarks.recordings import SETTINGS, recorded
from benchmarks.variants import ORIGINAL, Observation, tally
from pose_engine.landmarks import Pose
from service.core import Core


def without_world(pose: Pose) -> Pose:
    """As ML Kit gives it."""
    return replace(pose, world=None)


def flat(pose: Pose) -> Pose:
    """As a net gives it that knows nothing of depth."""
    return replace(pose, image=pose.image * np.array([1, 1, 0], np.float32), world=None)


WAYS: dict[str, Callable[[Pose], Pose]] = {"without world": without_world, "every z 0": flat}


def counts(
    core: Core, observations: Iterable[Observation], sent: Callable[[Pose], Pose]
) -> dict[str, int]:
    """What a session counts of poses as they are sent."""
    return tally(core, [(at_s, pose and sent(pose)) for at_s, pose in observations]).counts


def main() -> None:
    """Print them."""
    parser = command_line(__doc__, DATA)
    clips = sorted(needed(parser.parse_args().data / "clips").iterdir())
    core = own_core()
    limits = SETTINGS.clip_limits
    seen = {c.name: recorded(c, core, limits=limits, alone=True) for c in clips}
    for way, sent in WAYS.items():
        pairs = {
            name: [counts(core, one.observations[ORIGINAL], f) for f in (lambda pose: pose, sent)]
            for name, one in seen.items()
        }
        differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        print(f"{way}: {len(differ)} of {len(pairs)} clips are counted otherwise")
        for name, (whole, less) in differ.items():
            print(f"  {name}: {whole} with all points, {less} so")


if __name__ == "__main__":
    main()
