"""One stream's person: found by the detector once, then followed from frame to frame."""

import math
from itertools import cycle

from pose_engine.detector import Detector
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarker import Landmarker, Landmarks
from pose_engine.landmarks import Pose
from pose_engine.smoothing import PoseSmoother

MAX_GAP_S = 2.0
"""After a longer silence nothing of the past helps: the person is looked for anew."""

_TURNS = (1, 3, 2)
"""Quarter turns in which somebody who does not stand upright is looked for."""


class PoseTracker:
    """Follows one person through a stream of frames, for one thread at a time.

    With `smoothing` landmarks jitter less, and lag a little.
    """

    def __init__(
        self, detector: Detector, landmarker: Landmarker, *, smoothing: bool = True
    ) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._smoothing = smoothing
        self._region: Region | None = None
        self._smoother = PoseSmoother(smoothing=self._smoothing)
        self.reset()

    def reset(self) -> None:
        """Forgets the person and the time: what comes next may be another stream."""
        self._at = -math.inf
        self._size = (0, 0)
        self._turns = cycle(_TURNS)
        self._forget()

    def track(self, frame: Frame, at: float) -> Pose | None:
        """The person on the frame taken at `at` seconds, or None when nobody is found.

        Raises ValueError when `at` is not finite or not later than the last frame's.
        """
        elapsed = self._advance(frame, at)
        if self._region is None:
            found = self._find(frame)
        else:
            found = self._landmarker.locate(frame, self._region)
        if found is None:
            self._forget()
            return None
        found = self._smoother(found, elapsed)
        self._region = found.region
        return found.pose()

    def _advance(self, frame: Frame, at: float) -> float:
        """Seconds since the last frame."""
        if not math.isfinite(at):
            raise ValueError(f"at must be a finite number of seconds, not {at}")
        if at <= self._at:
            raise ValueError(f"at must be later than the last frame's {self._at} s, not {at} s")
        elapsed, self._at = at - self._at, at
        size = (frame.width, frame.height)
        if elapsed > MAX_GAP_S or size != self._size:
            self._forget()
        self._size = size
        return elapsed

    def _forget(self) -> None:
        self._region = None
        self._smoother = PoseSmoother(smoothing=self._smoothing)

    def _find(self, frame: Frame) -> Landmarks | None:
        """Looks for somebody upright, then in one other direction, another one each frame."""
        for turns in (0, next(self._turns)):
            for detection in self._detector.detect(frame, quarter_turns=turns)[:1]:
                found = self._landmarker.locate(frame, detection.region)
                if found is not None:
                    return found
        return None
