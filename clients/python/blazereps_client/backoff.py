"""How long to wait before each attempt to connect again."""

import random
from collections.abc import Callable, Iterator

FIRST_S = 0.2
LONGEST_S = 5.0


def delays(chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Seconds: anything up to a bound that doubles, up to a limit, so that clients that a server
    lost at once do not come back at once."""
    bound_s = FIRST_S
    while True:
        yield chance() * bound_s
        bound_s = min(2 * bound_s, LONGEST_S)
