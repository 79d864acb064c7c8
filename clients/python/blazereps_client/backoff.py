"""How long to wait before each attempt to connect again."""

import random
from collections.abc import Callable, Iterator

FIRST_S = 0.2
LONGEST_S = 5.0


def delays(jitter: Callable[[float, float], float] = random.uniform) -> Iterator[float]:
    """Seconds, twice as long each time up to a limit, and each shorter by chance by up to a half:
    clients that a server lost at once do not come back at once."""
    ceiling_s = FIRST_S
    while True:
        yield jitter(ceiling_s / 2, ceiling_s)
        ceiling_s = min(2 * ceiling_s, LONGEST_S)
