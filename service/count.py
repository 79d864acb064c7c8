"""The one path of a clip: file -> frames -> poses -> session -> result."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from blazereps_client.messages import EVENTS, EventMessage
from blazereps_client.results import ClipResult
from classifiers.events import Event
from pose_engine.clips import Clip
from pose_engine.footage import ClipLimits
from pose_engine.frames import Frame
from pose_engine.landmarks import Focus, Pose
from pose_engine.sampling import AdaptiveSampler
from pose_engine.thinning import Check, Stride, every, unchecked
from service.core import Core
from service.events import TALLIED, event_message, tally_of

Report = Callable[["ClipCount", float], None]
"""Told after each frame: how the count stands, and the share that is done, 0 to 1."""


class Frames(Protocol):
    """An open clip: what counting asks of it."""

    @property
    def duration_s(self) -> float | None:
        """How long the file says that it is."""

    @property
    def unreadable(self) -> int:
        """Frames that could not be decoded so far."""

    def frames(
        self,
        fps: float | None = None,
        *,
        after_s: float | None = None,
        stride: Stride = every,
    ) -> Iterator[tuple[float, Frame]]:
        """Its frames after a time, each with its seconds; `stride`: which is next, asked each time.

        Raises ClipError.
        """


class OpenClip(Protocol):
    """How a clip is opened: in this process, or in one of its own."""

    def __call__(
        self, path: Path, *, limits: ClipLimits, check: Check
    ) -> AbstractContextManager[Frames]:
        """`check`: called while no frame comes, what it raises ends the clip. Raises ClipError."""


AT_ONCE: Final = 8
"""Poses that are classified together, which takes less than one by one and changes nothing else."""


class ClipCount:
    """How the count of one clip stands; another process may go on from its snapshot."""

    def __init__(
        self, core: Core, exercise: str, *, unknown: bool = False, focus: Focus | None = None
    ) -> None:
        """Raises LookupError for an unknown exercise."""
        self._library = core.library
        self._session = core.library.session(exercise, unknown=unknown)
        self._tracker = core.engine.tracker(focus=focus)
        self._sampler = AdaptiveSampler()
        self._told: list[EventMessage] = []
        self._uncounted: list[tuple[float, Pose | None]] = []
        self.frames = 0
        """Frames observed."""
        self.after_s: float | None = None
        """The time of the last one, as the clip said it: the count goes on after that."""
        self.pose: Pose | None = None
        """Who was seen in it."""

    def observe(self, seconds: float, frame: Frame) -> None:
        """The next frame."""
        self.after_s = seconds
        self.pose = self._tracker.track(frame, self.at_s)
        self._sampler.observe(self.pose, self.at_s)
        self._uncounted.append((self.at_s, self.pose))
        self.frames += 1
        if len(self._uncounted) == AT_ONCE:
            self._count()

    def stride(self, fps: float) -> int:
        """How many frames on, of `fps` a second, the next one to observe is."""
        return self._sampler.stride(fps)

    @property
    def at_s(self) -> float:
        """The time of the last frame in microseconds, as a live client's capture time."""
        return round(self.after_s or 0.0, 6)

    def finish(self, clip: Frames, name: str) -> ClipResult:
        """What the clip came to, after its last frame."""
        self._count()
        self._tell(self._session.finish(), self.at_s)
        return ClipResult(
            clip=name,
            duration_s=round(max(clip.duration_s or 0.0, self.at_s), 3),
            frames=self.frames,
            unreadable_frames=clip.unreadable,
            **dict(tally_of(self._told, self._session.counts)),
        )

    def snapshot(self) -> dict[str, Any]:
        """Everything, as plain data for `restore`."""
        self._count()
        return {
            "session": self._session.snapshot(),
            "tracker": self._tracker.snapshot(),
            "sampler": self._sampler.snapshot(),
            "told": [message.model_dump(mode="json") for message in self._told],
            "frames": self.frames,
            "after_s": self.after_s,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot; raises one of `NO_SNAPSHOT` on a wrong one."""
        self._session = self._library.restore(snapshot["session"])
        self._tracker.restore(snapshot["tracker"])
        self._sampler.restore(snapshot["sampler"])
        self._told = [EVENTS.validate_python(message) for message in snapshot["told"]]
        self.frames, self.after_s = snapshot["frames"], snapshot["after_s"]

    def _count(self) -> None:
        seen = [(self._session, pose, at_s) for at_s, pose in self._uncounted if pose is not None]
        self._library.look_ahead(seen)
        for at_s, pose in self._uncounted:
            self._tell(self._session.observe(pose, at_s), at_s)
        self._uncounted.clear()

    def _tell(self, events: Iterable[Event], at_s: float) -> None:
        counts = dict(self._session.counts)
        for event in events:
            if isinstance(event, TALLIED):
                number = len(self._told) + 1
                message = event_message(event, event_id=number, at_s=at_s, counts=counts)
                self._told.append(message)


def count_on(
    count: ClipCount,
    path: Path,
    *,
    name: str,
    fps: float,
    adaptive: bool = True,
    limits: ClipLimits,
    open_clip: OpenClip = Clip.open,
    report: Report = lambda _, __: None,
    check: Check = unchecked,
) -> ClipResult:
    """Count a clip to its end, from where the count stands, taking at most `fps` frames a second.

    `adaptive`: fewer while the person hardly moves. `check`: called while no frame comes.
    What it or `report` raises ends the work. Raises ClipError.
    """
    stride = partial(count.stride, fps) if adaptive else every
    with open_clip(path, limits=limits, check=check) as clip:
        for seconds, frame in clip.frames(fps, after_s=count.after_s, stride=stride):
            count.observe(seconds, frame)
            report(count, min(seconds / clip.duration_s, 1) if clip.duration_s else 0)
        return count.finish(clip, name)


def count_clip(
    path: Path,
    core: Core,
    *,
    name: str,
    exercise: str,
    unknown: bool = False,
    fps: float,
    adaptive: bool = True,
    limits: ClipLimits,
    focus: Focus | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> ClipResult:
    """Count one clip of the user's own, in this process.

    `unknown`: also repeated movement that is no known exercise. `focus`: whom of several; without
    it the largest and most central. `adaptive`: as `count_on`. `report` is told the share that is
    done, 0 to 1, after each frame; what it raises ends the work. Raises ClipError, and LookupError
    for an unknown exercise.
    """
    return count_on(
        ClipCount(core, exercise, unknown=unknown, focus=focus),
        path,
        name=name,
        fps=fps,
        adaptive=adaptive,
        limits=limits,
        report=lambda _, share: report(share),
    )
