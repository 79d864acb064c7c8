"""Repeats and cycles of a trajectory, of nobody's body."""

import numpy as np
import pytest

from classifiers.cycles import Cycle, Trajectory, cycles, find_repeat, last_alike, shares

STEPS = 200


def _to_and_fro(lag: int, noise: float = 0.0, seed: int = 0) -> Trajectory:
    """A sine along one line, every `lag` steps."""
    along = np.sin(2 * np.pi * np.arange(STEPS) / lag)
    trembling = np.random.default_rng(seed).normal(0, noise, (STEPS, 3))
    trajectory: Trajectory = along[:, None] * (1, 0.5, 0.25) + trembling
    return trajectory


@pytest.mark.parametrize("seed", range(8))
def test_of_a_period_and_its_multiples_it_is_the_period(seed: int) -> None:
    """By noise one of the multiples is mostly liker: then every second or third would count."""
    repeat = find_repeat(_to_and_fro(20, noise=0.1, seed=seed), range(5, 92), 45)
    assert repeat is not None
    assert repeat.lag == pytest.approx(20, abs=1)


def test_a_step_that_is_far_off_is_no_turn() -> None:
    line = _to_and_fro(20)[:, 0].copy()
    line[45] = 9
    assert len(cycles(shares(line, STEPS, 0.1))) == 9


def test_cycles_that_are_far_apart_are_no_movement_that_repeats() -> None:
    near = [Cycle(at, at + 18) for at in (20, 40, 60)]
    far = [Cycle(at, at + 18) for at in (20, 60, 100)]
    found = [last_alike(_to_and_fro(20), some, 20, 0.4) for some in (near, far)]
    assert [[cycle for cycle, _ in some] for some in found] == [near, []]
