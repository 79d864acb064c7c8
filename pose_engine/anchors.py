"""The centres of the detector's anchors: where each of its 2254 answers looks from."""

import numpy as np

from pose_engine.landmarks import FloatArray


def anchor_centres(
    size: int = 224, strides: tuple[int, ...] = (8, 16, 32, 32, 32), per_cell: int = 2
) -> FloatArray:
    """Centres (x, y) in 0..1 of the image, shape (2254, 2) for BlazePose's detector.

    A cell of each stride's grid has two anchors (aspect ratio 1, at the layer's own scale and at
    the one between it and the next), and layers of the same stride share one grid. All have the
    fixed size 1, so that scales play no part (MediaPipe's `SsdAnchorsCalculator`).
    """
    grids = [
        _grid(size // stride, per_cell * strides.count(stride)) for stride in dict.fromkeys(strides)
    ]
    return np.concatenate(grids)


def _grid(cells: int, anchors: int) -> FloatArray:
    middle = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    y, x = np.meshgrid(middle, middle, indexing="ij")
    centres = np.stack([x, y], axis=-1).reshape(-1, 2)
    return np.repeat(centres, anchors, axis=0)
