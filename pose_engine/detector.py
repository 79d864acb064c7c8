"""Frame -> the people in it: BlazePose's detector, which finds faces and how the bodies lie."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pose_engine.anchors import anchor_centres
from pose_engine.exposure import brightened
from pose_engine.frames import Frame
from pose_engine.geometry import Region, scaled
from pose_engine.landmarks import FloatArray
from pose_engine.runtime import Net, sigmoid

SIZE = 224
MIN_SCORE = 0.5
MAX_OVERLAP = 0.3


class Detection(NamedTuple):
    """One person: the score, 0 to 1, and where to look for the whole body's landmarks."""

    score: float
    region: Region


class Detector:
    """Finds people on a whole frame. Thread-safe; keeps nothing between frames."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._centres = anchor_centres(SIZE)

    def detect(
        self, frame: Frame, *, quarter_turns: int = 0, least_score: float = MIN_SCORE
    ) -> list[Detection]:
        """Everybody who is found with such a score or more, the best-scored first.

        `quarter_turns`: how often the net's upright is turned clockwise from the picture's, for
        people who lie or hang; results are in the picture's own pixels all the same.
        """
        region = Region.whole(frame, quarter_turns=quarter_turns)
        crop = region.crop(frame, SIZE, replicate=False)
        outputs = self._net.run(scaled(brightened(crop), -1.0, 1.0))
        scores, points = self._decode(outputs["boxes"][0], outputs["scores"][0, :, 0], least_score)
        found = merge_overlapping(scores, points)
        return [_detection(score, region.to_image(merged)) for score, merged in found]

    def _decode(
        self, boxes: FloatArray, logits: FloatArray, least_score: float
    ) -> tuple[FloatArray, FloatArray]:
        """Scores (n,) and points (n, 6, 2) in 0..1 of the crop.

        Points: two opposite corners of the face's box, mid-hip, the end of the whole body's circle,
        mid-shoulder, the end of the upper body's circle.
        """
        scores = sigmoid(logits)
        sure = scores >= least_score
        values = boxes[sure].reshape(-1, 6, 2) / np.float32(SIZE)
        centres = self._centres[sure]
        half = values[:, 1] / 2
        points = values + centres[:, None]
        middle = points[:, 0].copy()
        points[:, 0], points[:, 1] = middle - half, middle + half
        return scores[sure], points


def merge_overlapping(scores: FloatArray, points: FloatArray) -> Iterator[tuple[float, FloatArray]]:
    """Weighted non-maximum suppression: each group's top score and weighted mean points.

    In the mean are the boxes with a score of 0.5 or more, or the best one where there is none.
    `scores`: (n,); `points`: (n, k, 2), the first two a box's least and greatest corner. A box
    belongs to the best-scored one left that it overlaps by an IoU above 0.3 (BlazeFace paper,
    arXiv:1907.05047, section 3.4).
    """
    order = np.argsort(-scores, kind="stable")
    while order.size:
        best = points[order[0], :2]
        near = _overlap(best, points[order, :2]) > MAX_OVERLAP
        near[0] = True  # a box without area overlaps nothing, itself included
        group = order[near]
        sure = scores[group] >= min(MIN_SCORE, scores[order[0]])
        weights = scores[group] * sure
        yield float(scores[order[0]]), np.average(points[group], axis=0, weights=weights)
        order = order[~near]


def _overlap(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """Intersection over union of one box (2, 2) with boxes (n, 2, 2), as (n,)."""
    sides = np.minimum(box[1], boxes[:, 1]) - np.maximum(box[0], boxes[:, 0])
    shared: FloatArray = np.prod(np.maximum(sides, 0), axis=1)
    union = np.prod(box[1] - box[0]) + np.prod(boxes[:, 1] - boxes[:, 0], axis=1) - shared
    np.divide(shared, union, out=shared, where=union > 0)
    return shared


def _detection(score: float, points: FloatArray) -> Detection:
    return Detection(score, Region.around_body(points[2], points[3]))
