"""Dark pictures are made brighter, others left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_engine.exposure import DARK, MOST, brightened
from pose_engine.frames import Pixels


def _picture(brightest: int) -> Pixels:
    """All shades up to one, evenly."""
    chance = np.random.default_rng(brightest)
    return chance.integers(0, brightest + 1, (64, 64, 3)).astype(np.uint8)


def test_a_bright_picture_is_left_alone() -> None:
    picture = _picture(255)
    assert brightened(picture) is picture


def test_a_dark_picture_with_something_bright_in_it_is_left_alone() -> None:
    picture = _picture(40)
    picture[:, :16] = 200
    assert brightened(picture) is picture


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_picture_that_is_bright_in_one_colour_is_left_alone(channel: int) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[..., channel] = 200
    assert brightened(picture) is picture


@given(st.integers(0, 130))
def test_it_never_becomes_darker_and_never_wraps_around(brightest: int) -> None:
    picture = _picture(brightest)
    brighter = brightened(picture)
    assert brighter.dtype == np.uint8
    assert brighter.mean() >= picture.mean() - 0.5
    assert brighter.max() <= MOST * brightest


def test_noise_grows_less_than_the_light() -> None:
    noisy = np.random.default_rng(5).normal(50, 10, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    brighter = brightened(noisy)
    assert brighter.mean() > 2 * noisy.mean()
    assert brighter.std() < 1.5 * noisy.std()


@pytest.mark.parametrize(("shade", "becomes"), [(55, 220), (80, 151), (100, 121), (109, 111)])
def test_it_becomes_as_far_above_dark_as_it_was_below(shade: int, becomes: int) -> None:
    flat = np.full((64, 64, 3), shade, np.uint8)
    assert brightened(flat).max() == becomes
    assert becomes / DARK == pytest.approx(DARK / shade, rel=0.01)


def test_what_is_all_but_black_is_brightened_by_a_limit() -> None:
    assert brightened(np.full((8, 8, 3), 10, np.uint8)).max() == 10 * MOST
    assert brightened(np.zeros((8, 8, 3), np.uint8)).max() == 0
