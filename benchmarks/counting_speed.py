"""How long one observation takes from landmarks to events, by what is counted.

    python -m benchmarks.counting_speed

The landmarks are those that the tracker finds in a bundled clip, 30 a second, over and over.
"""

import time

import numpy as np

from benchmarks.live_load import shots
from benchmarks.report import table
from service.landmarks import unpack_pose
from service.startup import load_library

LAPS, ROUNDS = 2, 5


def main() -> None:
    """Measure, and print a table: the least of some rounds, for machines are shared."""
    library = load_library()
    poses = [(one.at_s, unpack_pose(one.pack())) for one in shots(fps=10, rate=30)[1]]
    lap_s = poses[-1][0] + 1
    rows = []
    for exercise in ("auto", *(one.name for one in library.exercises)):
        took_ms = []
        for _ in range(ROUNDS):
            session = library.session(exercise)
            began_s = time.process_time()
            for lap in range(LAPS):
                for at_s, pose in poses:
                    session.observe(pose, at_s + lap * lap_s)
            took_ms.append(1000 * (time.process_time() - began_s) / (LAPS * len(poses)))
        least = float(np.min(took_ms))
        rows.append((exercise, f"{least:.2f} ms", f"{1000 / least:.0f}"))
    print(table(("exercise", "CPU an observation", "a second and core"), rows))


if __name__ == "__main__":
    main()
