"""One stream's person: chosen among those in view, then followed from frame to frame."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, islice
from typing import Any

from pose_engine import candidates
from pose_engine.course import Course
from pose_engine.detector import Detection, Detector
from pose_engine.frames import Frame
from pose_engine.geometry import Region
from pose_engine.landmarker import SIZE, Landmarker, Landmarks
from pose_engine.landmarks import Focus, Pose
from pose_engine.sighting import Sighting
from pose_engine.smoothing import PoseSmoother

MAX_GAP_S = 2.0
"""After a longer silence nothing of the past helps: somebody is looked for anew."""
WAIT_S = 1.0
"""So long a lost person is waited for before somebody elsewhere is taken."""

VAIN_S, REST_S = 1.0, 0.15
"""After so long a search in vain nobody is looked for until so much later, time after time."""

_DETAIL = 1.5 * SIZE
"""Pixels of a smaller frame across the person's region, at least; how much that moves landmarks is
measured in docs/pose.md."""

_SAME_SHAPE = 0.01
"""How much more a picture may grow in one direction than in the other and be the same, only larger:
sides are whole pixels."""

_TURNS = (1, 3, 2)
"""Quarter turns in which somebody who does not stand upright is looked for."""
_DOUBT_S = 0.5
"""At most so often somebody who is followed head down, but feet up, is looked for head up. What
tells, and how surely, is measured in docs/pose.md."""


class PoseTracker:
    """Follows one person through a stream of frames, for one thread at a time.

    Taken up is whoever is at the point or in the box `focus`, and nobody before; or without one the
    largest person nearest to the centre. He is kept: when he is lost he is looked for where he was,
    for a second nowhere else; when the landmarks go off with somebody who passes by, where he would
    be by now. Frames may come larger or smaller from one to the next, of another shape they are of
    another scene. `Pose.subject` changes with the person.

    With `smoothing` landmarks jitter less, and lag a little. Raises ValueError when `focus` is
    outside the frame.
    """

    def __init__(
        self,
        detector: Detector,
        landmarker: Landmarker,
        *,
        smoothing: bool = True,
        focus: Focus | None = None,
    ) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._smoothing = smoothing
        self._at = -math.inf
        self._size, self._scale = (0, 0), 1.0
        self._turn = 0
        self._subject = 0
        self._seen: Sighting | None
        self._following: bool
        self._in_vain: tuple[float, float] | None
        """When the first search was of those that found nobody, and the last."""
        self.choose(focus)

    @property
    def shrink(self) -> int:
        """How many times smaller, 1, 2, 4 or 8, the next frame may come.

        The person it follows still has more pixels than the net sees.
        """
        side = self._seen.region.side if self._seen and self._following else 0.0
        return next((times for times in (8, 4, 2) if side >= times * _DETAIL), 1)

    def choose(self, focus: Focus | None) -> None:
        """From the next frame on, follow whoever is there, or without it the most prominent.

        Raises ValueError when `focus` is outside the frame.
        """
        _check(focus)
        self._focus, self._chosen_before = focus, False
        self._forget()

    def track(self, frame: Frame, at: float) -> Pose | None:
        """The person on the frame taken at `at` seconds, or None when he is not found.

        Raises ValueError when `at` is not finite or not later than the last frame's.
        """
        elapsed = self._advance(frame, at)
        seen = self._seen
        found = self._follow(frame, seen) if seen and self._following else self._find(frame)
        self._following = found is not None
        if found is None:
            self._smoother = PoseSmoother(smoothing=self._smoothing)
            return None
        found = self._smoother(found, elapsed)
        region, seen = found.region, self._seen
        self._seen = seen.then(region, at) if seen else Sighting.first(region, at)
        return found.pose(self._subject, self._scale)

    def snapshot(self) -> dict[str, Any]:
        """Whom it follows and all that it remembers of him, as plain data for JSON."""
        return {
            "at": self._at if math.isfinite(self._at) else None,
            "size": self._size,
            "scale": self._scale,
            "turn": self._turn,
            "subject": self._subject,
            "chosen_before": self._chosen_before,
            "following": self._following,
            "in_vain": self._in_vain,
            "seen": asdict(self._seen) if self._seen else None,
            "smoother": self._smoother.snapshot(),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on where another tracker of the same nets was.

        Raises KeyError, TypeError or ValueError when it is no snapshot of one.
        """
        seen = snapshot["seen"]
        self._smoother.restore(snapshot["smoother"])
        self._at = -math.inf if snapshot["at"] is None else snapshot["at"]
        width, height = snapshot["size"]
        self._size, self._turn = (width, height), snapshot["turn"]
        self._scale = snapshot.get("scale", 1.0)  # not in those of before
        self._subject, self._following = snapshot["subject"], snapshot["following"]
        self._chosen_before = snapshot["chosen_before"]
        in_vain = snapshot["in_vain"]
        self._in_vain = None if in_vain is None else (in_vain[0], in_vain[1])
        self._seen = None if seen is None else Sighting.restored(seen)

    def _advance(self, frame: Frame, at: float) -> float:
        """Seconds since the last frame."""
        if not math.isfinite(at):
            raise ValueError(f"at must be a finite number of seconds, not {at}")
        if at <= self._at:
            raise ValueError(f"at must be later than the last frame's {self._at} s, not {at} s")
        elapsed, self._at = at - self._at, at
        size = (frame.width, frame.height)
        long_ago = self._seen is not None and at - self._seen.at > MAX_GAP_S
        times = _times(self._size, size)
        if long_ago or times is None:
            self._forget()
        elif times != 1:
            self._scale *= times
            self._seen = self._seen.enlarged(times) if self._seen else None
            self._smoother.enlarge(times)
        self._size = size
        return elapsed

    def _forget(self) -> None:
        self._seen, self._following = None, False
        self._in_vain = None
        self._smoother = PoseSmoother(smoothing=self._smoothing)

    def _follow(self, frame: Frame, seen: Sighting) -> Landmarks | None:
        """The person near where he just was; None, too, when the landmarks are another one's."""
        found = self._landmarker.locate(frame, seen.region)
        if found is None or not seen.leads_to(found.region, self._at):
            return None
        if self._doubts(found, seen):
            righted = self._righted(frame, seen)
            if righted is not None:
                return righted
        if seen.course.leads_to(found.region, self._at):
            return found
        return self._left_behind(frame, found.region, seen.course) or found

    def _doubts(self, found: Landmarks, seen: Sighting) -> bool:
        """Whether he is followed head down, comes out feet up, and another `_DOUBT_S` begins."""
        again = self._at // _DOUBT_S > seen.at // _DOUBT_S
        return again and found.region.head_down and found.feet_first

    def _righted(self, frame: Frame, seen: Sighting) -> Landmarks | None:
        """The person head up, if he is found so."""

        def fits(region: Region) -> bool:
            return seen.near(region, self._at) and not region.head_down

        regions = (detection.region for detection in self._detector.detect(frame))
        found = self._first(frame, regions, fits)
        if found is not None:
            self._forget()  # how he was going was read off the wrong end of him
        return found

    def _left_behind(self, frame: Frame, taken: Region, course: Course) -> Landmarks | None:
        """Who is where the person would be, if the landmarks have gone with one who passed by."""
        turns = round(2 * taken.rotation / math.pi) % 4
        regions = (d.region for d in self._detector.detect(frame, quarter_turns=turns))
        others = (r for r in regions if not candidates.same(r, taken))
        found = self._first(frame, others, lambda region: course.leads_to(region, self._at))
        if found is not None:
            self._smoother = PoseSmoother(smoothing=self._smoothing)
        return found

    def _find(self, frame: Frame) -> Landmarks | None:
        """Looks for the person, or for anybody."""
        first, last = self._in_vain or (self._at, -math.inf)
        if last - first > VAIN_S and self._at - last < REST_S:
            return None
        people = candidates.people(self._detect(frame))
        people.sort(key=lambda regions: self._rank(regions[0], frame))
        regions = chain.from_iterable(people)
        found = self._first(frame, regions, lambda region: self._allowed(region, frame))
        if found is None:
            self._in_vain = (first, self._at)
        else:
            self._recognise(found.region)
            self._in_vain = None
        return found

    def _first(
        self, frame: Frame, regions: Iterable[Region], fits: Callable[[Region], bool]
    ) -> Landmarks | None:
        """The first who is read in a region that fits, and then is in one that fits, too."""
        for region in islice(filter(fits, regions), candidates.MOST):
            found = self._landmarker.locate(frame, region)
            if found is not None and fits(found.region):
                return found
        return None

    def _detect(self, frame: Frame) -> list[Detection]:
        """Those in view, upright and in one other direction, another one each time."""
        found = self._detector.detect(frame)
        found += self._overlooked(frame, [detection.region for detection in found])
        found += self._detector.detect(frame, quarter_turns=_TURNS[self._turn])
        self._turn = (self._turn + 1) % len(_TURNS)
        return found

    def _overlooked(self, frame: Frame, found: Sequence[Region]) -> list[Detection]:
        """Whom the detector finds only without those found, and who is rather to be followed.

        Of people side by side it often finds one alone. What it finds of lesser rank may be what
        is left of him: his hands, say.
        """
        if not found:
            return []
        first = min(self._rank(region, frame) for region in found)
        others = self._detector.detect(candidates.without(frame, found))
        return [one for one in others if self._rank(one.region, frame) < first]

    def _allowed(self, region: Region, frame: Frame) -> bool:
        """Whether somebody there may be taken up."""
        if self._seen is not None:
            waited = self._at - self._seen.at > WAIT_S
            return waited or self._seen.near(region, self._at)
        anybody = self._focus is None or self._chosen_before
        return anybody or self._chosen(region, frame) > 0

    def _rank(self, region: Region, frame: Frame) -> tuple[float, float]:
        """The least comes first."""
        if self._seen is not None:
            return 0.0, self._seen.off(region, self._at)
        return -self._chosen(region, frame), -candidates.prominence(region, frame)

    def _chosen(self, region: Region, frame: Frame) -> float:
        return 0.0 if self._focus is None else candidates.chosen(region, frame, self._focus)

    def _recognise(self, region: Region) -> None:
        """Whoever cannot be told to be the same person gets another number and begins anew."""
        self._chosen_before = True
        if self._seen is None or not self._seen.near(region, self._at):
            self._subject += 1
            self._seen = None


def _times(before: tuple[int, int], now: tuple[int, int]) -> float | None:
    """How many times as large a picture is as the one before; None where it has another shape."""
    if 0 in before:
        return None
    across, along = now[0] / before[0], now[1] / before[1]
    return across if abs(across / along - 1) <= _SAME_SHAPE else None


def _check(focus: Focus | None) -> None:
    if focus is not None and not all(0 <= value <= 1 for value in focus):
        raise ValueError(f"focus must be a point or a box within 0 to 1, not {focus}")
