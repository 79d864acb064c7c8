"""Loads the nets once a process, hands out a tracker a stream, finds people on still pictures."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

import cv2

from pose_engine import candidates
from pose_engine.batching import BatchingNet
from pose_engine.detector import MIN_SCORE, Detector
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarker import Landmarker, Landmarks
from pose_engine.landmarks import Focus, Pose
from pose_engine.runtime import Device, Net, OnnxNet
from pose_engine.tracker import PoseTracker

_BATCHES = (1, 4, 16)
"""Beyond 16, pictures on a GPU take as long as one after the other (docs/gpu.md)."""
LEAST_SCORE = 0.2
"""With so little the detector finds somebody in a still, if the landmarks' heat agrees."""
_LEAST_HEAT, _CLEAR = 0.45, 0.7
"""Who is read with less heat is nobody, with more than that is read rightly (docs/pose.md)."""
_MOST_PEOPLE, _MOST_REGIONS = 8, 8
"""So many people of a still are looked at, in so many regions each and those turned round."""


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
        cls,
        *,
        detector: Path,
        landmarker: Path,
        threads: int = 1,
        device: Device = Device.CPU,
        refine: bool = True,
    ) -> Self:
        """Loads both nets, each to use `threads` of a CPU a frame, or one GPU for all streams.

        `refine`: landmarks are improved by the heatmaps. Raises ModelError when a file is not a
        model, or has no heatmaps to refine by, and DeviceError when there is no such device.
        """
        cv2.setNumThreads(1)  # streams use the cores; threads of OpenCV's own would only wait
        nets = [_net(path, threads, device) for path in (detector, landmarker)]
        return cls(Detector(nets[0]), Landmarker(nets[1], refine=refine))

    def tracker(self, *, smoothing: bool = True, focus: Focus | None = None) -> PoseTracker:
        """A tracker for one stream; many may run at a time, each in a thread of its own.

        `focus`: a point on the person to follow or a box around him, in 0..1 of the upright frame;
        without it the largest nearest to the centre. Raises ValueError when it is outside of that.
        """
        return PoseTracker(self._detector, self._landmarker, smoothing=smoothing, focus=focus)

    def find(self, frame: Frame) -> Pose | None:
        """The largest person nearest to the centre of one still, whichever way up, or None.

        He is read in every direction in which the detector finds him, and in each turned round, as
        it sometimes takes the feet for the head; the reading with the most heat is believed.
        """
        least = LEAST_SCORE if self._landmarker.refine else MIN_SCORE
        detections = [
            detection
            for turns in range(4)
            for detection in self._detector.detect(frame, quarter_turns=turns, least_score=least)
        ]
        detections.sort(key=lambda detection: detection.score, reverse=True)
        people = candidates.people(detections)
        people.sort(key=lambda regions: -candidates.prominence(regions[0], frame))
        for regions in people[:_MOST_PEOPLE]:
            found = self._clearest(frame, regions[:_MOST_REGIONS])
            if found is not None and found.heat >= _LEAST_HEAT:
                return found.pose()
        return None

    def _clearest(self, frame: Frame, regions: Sequence[Region]) -> Landmarks | None:
        """The person in the regions as one of them, either way up, shows him clearest."""
        found = None
        for region in (*regions, *(region.turned_round() for region in regions)):
            other = self._landmarker.locate(frame, region)
            if other is not None and (found is None or other.heat > found.heat):
                found = other
            if found is not None and found.heat > _CLEAR:
                break
        return found


def _net(path: Path, threads: int, device: Device) -> Net:
    if device is Device.CPU:  # where a batch takes as long as its pictures one by one
        return OnnxNet.load(path, threads=threads)
    nets = {size: OnnxNet.load(path, threads=threads, device=device) for size in _BATCHES}
    return BatchingNet.warm(nets, nets[1].picture)
