"""The anchors are MediaPipe's: their number, order and places."""

import numpy as np

from pose_engine.anchors import anchor_centres


def test_there_are_as_many_as_the_detector_has_answers() -> None:
    assert anchor_centres().shape == (2254, 2)


def test_the_first_grid_has_two_anchors_a_cell_row_by_row() -> None:
    centres = anchor_centres()
    half = 0.5 / 28
    first, second = [half, half], [3 * half, half]
    np.testing.assert_allclose(centres[:4], [first, first, second, second], rtol=1e-6)
    np.testing.assert_allclose(centres[2 * 28], [half, 3 * half], rtol=1e-6)


def test_the_three_layers_of_stride_32_share_a_grid() -> None:
    last = anchor_centres()[-6 * 49 :]
    assert len(np.unique(last, axis=0)) == 49
    np.testing.assert_allclose(last[:6], np.full((6, 2), 0.5 / 7), rtol=1e-6)
    np.testing.assert_allclose(last[-1], [6.5 / 7, 6.5 / 7], rtol=1e-6)


def test_every_centre_lies_within_the_image() -> None:
    assert ((anchor_centres() > 0) & (anchor_centres() < 1)).all()
