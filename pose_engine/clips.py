"""Video file -> timed, upright frames, thinned to a rate and kept within limits."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Self, cast

from av.video.frame import VideoFrame

from pose_engine.display import as_rgb, turn_of
from pose_engine.footage import ClipLimits, Footage
from pose_engine.frames import Frame, Pixels, upright
from pose_engine.thinning import Check, Stride, every, thinned, unchecked


class Clip(Footage):
    """An open video file; `with Clip.open(path) as clip:` closes it."""

    _check: Check

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        limits: ClipLimits = ClipLimits(),
        threads: int = 0,
        check: Check = unchecked,
    ) -> Self:
        """As `Footage.open`.

        `check`: called while frames are left out; what it raises ends them.
        """
        clip = super().open(path, limits=limits, threads=threads)
        clip._check = check
        return clip

    def frames(
        self,
        fps: float | None = None,
        *,
        after_s: float | None = None,
        stride: Stride = every,
    ) -> Iterator[tuple[float, Frame]]:
        """The frames from here on, each with its seconds from the clip's start.

        Times strictly increase. `fps`: at most so many a second, evenly by time; None for all.
        `after_s`: of these only the ones later than that. `stride`: which of these is next,
        counted from the one before; asked once that one has been dealt with. What cannot be decoded
        is left out and counted in `unreadable`. Raises ClipError (too_long, too_many_pixels,
        too_many_fps) where the clip is more than its header said, or (no_times) where neither
        frames nor header say when they are; ValueError for a bad `fps`.
        """
        for at, raw in thinned(self.decoded(fps), fps, after_s=after_s, stride=stride):
            if raw is None:
                self._check()
            else:
                yield at, frame_of(raw, self.sample_aspect)


def frame_of(raw: VideoFrame, sample_aspect: Fraction) -> Frame:
    """A decoded picture, upright and in square pixels."""
    return upright(cast(Pixels, as_rgb(raw, sample_aspect).to_ndarray()), *turn_of(raw))
