"""Photographs in ever less light: what is counted of them with dark pictures brightened, and as is.

    python -m benchmarks.darkness [--data ../shared/data] [--out docs/pose.md]

The pairs and movements of `benchmarks.photos`, each in takes with other noise.
"""

from collections.abc import Sequence
from unittest.mock import patch

from benchmarks.command_line import DATA, OUT, command_line
from benchmarks.labels import Score
from benchmarks.other_takes import LIGHT, NOISE, Cores, Dark, editing
from benchmarks.photos import Pair, count, read_pairs
from benchmarks.real_data import needed
from benchmarks.report import publish, table
from benchmarks.variants import Variant

MARK = "measured darkness"
LEVELS = ((LIGHT, NOISE), (0.25, 6), (0.12, 4))
"""Shares of the light that are left, and the noise with it, of 255."""
SEEDS = (1, 2)


def right(pairs: Sequence[Pair], light: float, noise: float, cores: Cores) -> tuple[str, str]:
    """How many takes of squats and push-ups are counted right, and how many others are."""
    scores = []
    for pair in pairs:
        for seed in SEEDS:
            take = Variant("dark", edit=editing(Dark(seed, light, noise)))
            found = count(pair, take, cores)
            scores.append(Score(pair.label, found.counts if found else {}))
    counted = [one for one in scores if not one.label.negative]
    others = [one for one in scores if one.label.negative]
    return _of(counted), _of(others)


def _of(scores: Sequence[Score]) -> str:
    return f"{sum(one.exact for one in scores)} of {len(scores)}"


def main() -> None:
    """Count all pairs at each level, twice, and print the table or put it into a document."""
    arguments = command_line(__doc__, DATA, OUT).parse_args()
    pairs, cores, rows = read_pairs(needed(arguments.data / "photos")), Cores.load(), []
    for light, noise in LEVELS:
        with patch("pose_engine.exposure.DARK", 0):  # nothing is
            before = right(pairs, light, noise, cores)
        rows.append((light, noise, *before, *right(pairs, light, noise, cores)))
    header = ("light left", "noise, of 255", "as they are", "others", "brightened", "others")
    text = table(header, rows)
    publish(text, arguments.out, MARK)


if __name__ == "__main__":
    main()
