"""The picture of worst frames."""

import numpy as np

from benchmarks.keypoints import Array
from benchmarks.stick_figures import Figure, sheet

ORANGE, BLUE = (255, 140, 0), (0, 190, 255)


def figure(*, ours: Array, theirs: Array) -> Figure:
    """Somebody at the right edge of a black frame."""
    rng = np.random.default_rng(0)
    true = rng.uniform((500, 100), (639, 300), (33, 2))
    return Figure("squat, side", np.zeros((480, 640, 3), np.uint8), true, ours, theirs)


def colours(*figures: Figure) -> set[tuple[int, ...]]:
    return {tuple(pixel) for pixel in np.asarray(sheet(figures)).reshape(-1, 3).tolist()}


def test_three_figures_a_row() -> None:
    nobody = np.full((33, 2), np.nan)
    assert sheet([figure(ours=nobody, theirs=nobody)] * 4).size == (960, 480)


def test_only_what_is_found_is_drawn() -> None:
    nobody, somebody = np.full((33, 2), np.nan), np.full((33, 2), 550.0) * (1, 0.4)
    somebody[::2] += 30
    assert ORANGE in colours(figure(ours=somebody, theirs=nobody))
    assert BLUE not in colours(figure(ours=somebody, theirs=nobody))
    assert BLUE in colours(figure(ours=nobody, theirs=somebody))
