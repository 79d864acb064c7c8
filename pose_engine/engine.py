"""Loads the nets once a process, hands out a tracker a stream, finds people on still pictures."""

from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Self

import cv2

from pose_engine import candidates
from pose_engine.detector import Detector
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.landmarks import Focus, Pose
from pose_engine.runtime import OnnxNet
from pose_engine.tracker import PoseTracker


class Variant(StrEnum):
    """The landmark nets: how much computing a frame is worth."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"


class PoseEngine:
    """The nets, shared by all streams and threads."""

    def __init__(self, detector: Detector, landmarker: Landmarker) -> None:
        self._detector = detector
        self._landmarker = landmarker

    @classmethod
    def load(
        cls, *, detector: Path, landmarker: Path, threads: int = 1, refine: bool = True
    ) -> Self:
        """Loads both nets, each to use `threads` a frame.

        `refine`: landmarks are improved by the heatmaps. Raises ModelError when a file is not a
        model, or has no heatmaps to refine by.
        """
        cv2.setNumThreads(1)  # streams use the cores; threads of OpenCV's own would only wait
        return cls(
            Detector(OnnxNet.load(detector, threads=threads)),
            Landmarker(OnnxNet.load(landmarker, threads=threads), refine=refine),
        )

    def tracker(self, *, smoothing: bool = True, focus: Focus | None = None) -> PoseTracker:
        """A tracker for one stream; many may run at a time, each in a thread of its own.

        `focus`: a point on the person to follow or a box around him, in 0..1 of the upright frame;
        without it the largest nearest to the centre. Raises ValueError when it is outside of that.
        """
        return PoseTracker(self._detector, self._landmarker, smoothing=smoothing, focus=focus)

    def find(self, frame: Frame) -> Pose | None:
        """The largest person nearest to the centre of one still, whichever way up, or None."""
        detections = [
            detection
            for turns in range(4)
            for detection in self._detector.detect(frame, quarter_turns=turns)
        ]
        detections.sort(key=lambda detection: detection.score, reverse=True)
        people = candidates.people(detections)
        people.sort(key=lambda regions: -candidates.prominence(regions[0], frame))
        for region in chain.from_iterable(people):
            found = self._landmarker.locate(frame, region)
            if found is not None:
                return found.pose()
        return None
