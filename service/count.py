"""The one path of a clip: file -> frames -> poses -> session -> result."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from blazereps_client.results import ClipResult
from classifiers.events import Event
from pose_engine.clips import Clip, ClipLimits
from pose_engine.frames import Frame
from pose_engine.landmarks import Focus
from service.core import Core
from service.events import tally_of


class Frames(Protocol):
    """An open clip: what counting asks of it."""

    @property
    def duration_s(self) -> float | None:
        """How long the file says that it is."""

    @property
    def unreadable(self) -> int:
        """Frames that could not be decoded so far."""

    def frames(self, fps: float | None = None) -> Iterator[tuple[float, Frame]]:
        """Its frames, each with its seconds; raises ClipError."""


class OpenClip(Protocol):
    """How a clip is opened: in this process, or in one of its own."""

    def __call__(self, path: Path, *, limits: ClipLimits) -> AbstractContextManager[Frames]:
        """Raises ClipError."""


def count_clip(
    path: Path,
    core: Core,
    *,
    name: str,
    exercise: str,
    unknown: bool = False,
    fps: float,
    limits: ClipLimits,
    open_clip: OpenClip = Clip.open,
    focus: Focus | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> ClipResult:
    """Count one clip, taking at most `fps` frames a second.

    `unknown`: also repeated movement that is no known exercise. `focus`: whom of several; without
    it the largest and most central. `report` is told the share that is done, 0 to 1, after each
    frame; what it raises ends the work. Raises ClipError, and LookupError for an unknown exercise.
    """
    session = core.library.session(exercise, unknown=unknown)
    tracker = core.engine.tracker(focus=focus)
    events: list[Event] = []
    frames, at_s = 0, 0.0
    with open_clip(path, limits=limits) as clip:
        for seconds, frame in clip.frames(fps):
            at_s = round(seconds, 6)  # microseconds, as a live client's capture time
            events += session.observe(tracker.track(frame, at_s), at_s)
            frames += 1
            report(min(at_s / clip.duration_s, 1) if clip.duration_s else 0)
    events += session.finish()
    return ClipResult(
        clip=name,
        duration_s=round(clip.duration_s or at_s, 3),
        frames=frames,
        unreadable_frames=clip.unreadable,
        **dict(tally_of(events, session.counts)),
    )
