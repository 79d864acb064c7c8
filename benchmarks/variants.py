"""Other ways to take the same clip: other frames of it, other pictures, another clock, twice.

All are made from one decoding. Each is tracked anew, for what the tracker sees depends on the frame
before and on the time since; only what is sent as landmarks shares the original's poses.
"""

import math
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from blazereps_client.results import Tally
from pose_engine.clips import Clip
from pose_engine.footage import ClipLimits
from pose_engine.frames import Frame, as_sent, read_image
from pose_engine.landmarks import Pose
from service.core import Core, Tracker
from service.events import tally_of
from service.landmarks import pack_pose, unpack_pose

ORIGINAL = "original"
TWICE = "twice in a row"
LANDMARKS = "as landmarks"

Observation = tuple[float, Pose | None]

_ROTATIONS = (90, 180, 270)
_SMALL_WIDTH = 320
_GOOD_QUALITY, _LOW_QUALITY = 85, 40
_DROPPED_SHARE = 0.1
_GAP_S, _GAP_EVERY_S = 0.5, 3.0
_EARLY_S = 0.008  # as Clip.frames thins: how early a frame may be and still be on time


def _as_it_is(frame: Frame) -> Frame:
    return frame


def _always(_: float) -> bool:
    return True


@dataclass(frozen=True)
class Variant:
    """What becomes of a clip's frames before they are tracked."""

    name: str
    fps: float = 15.0
    """At most so many frames a second, by the variant's own clock."""
    speed: float = 1.0
    """How fast it plays: times are divided by it."""
    edit: Callable[[Frame], Frame] = _as_it_is
    arrives: Callable[[float], bool] = _always
    """Whether the frame of a moment, in the variant's seconds, comes at all."""


def variants(seed: str) -> tuple[Variant, ...]:
    """Every variant of one clip, the original first; chance is the same for the same seed."""
    gap_from_s = random.Random(seed).uniform(0, _GAP_EVERY_S)
    return (
        Variant(ORIGINAL),
        *(Variant(f"{fps} fps", fps=fps) for fps in (30, 10, 8)),
        Variant("mirrored", edit=_mirrored),
        *(Variant(f"rotated by {degrees}", edit=_Rotated(degrees)) for degrees in _ROTATIONS),
        Variant("320 px wide", edit=_small),
        Variant("JPEG quality 40", edit=_poor),
        Variant(
            "10 % of frames dropped",
            arrives=lambda at_s: random.Random(f"{seed} {at_s}").random() >= _DROPPED_SHARE,
        ),
        Variant(
            "0.5 s gaps",
            arrives=lambda at_s: (at_s - gap_from_s) % _GAP_EVERY_S >= _GAP_S,
        ),
        Variant("half the speed", speed=0.5),
        Variant("1.5 times the speed", speed=1.5),
    )


def names() -> tuple[str, ...]:
    """What may be asked for beside the original."""
    return (*(variant.name for variant in variants("")[1:]), TWICE, LANDMARKS)


@dataclass(frozen=True)
class Taken:
    """A clip, tracked in several variants."""

    observations: dict[str, Sequence[Observation]]
    """By variant, the original's always there."""
    lap_s: float
    """When the clip begins again in `TWICE`."""


class Follower:
    """Follows the person through one variant of a clip."""

    def __init__(self, variant: Variant, tracker: Tracker) -> None:
        self.observations: list[Observation] = []
        self._variant = variant
        self._tracker = tracker
        self._slot = -1

    def see(self, at_s: float, frame: Frame) -> None:
        """Take a frame of the clip, if it is one of this variant's."""
        at_s = round(at_s / self._variant.speed, 6)
        slot = math.floor((at_s + _EARLY_S) * self._variant.fps)
        if slot <= self._slot:
            return
        self._slot = slot
        if self._variant.arrives(at_s):
            self.look(at_s, frame)

    def look(self, at_s: float, frame: Frame) -> None:
        """Track the person in a frame, at the variant's own seconds."""
        pose = self._tracker.track(self._variant.edit(frame), at_s)
        self.observations.append((at_s, pose))


def take(clip: Path, core: Core, wanted: Collection[str], *, limits: ClipLimits) -> Taken:
    """Track a clip as it is and in the wanted variants; raises ClipError."""
    followers = {
        variant.name: Follower(variant, core.engine.tracker())
        for variant in variants(clip.name)
        if variant.name in {ORIGINAL, *wanted}
    }
    _play(clip, followers.values(), limits=limits)
    taken: dict[str, Sequence[Observation]] = {
        name: tuple(follower.observations) for name, follower in followers.items()
    }
    if LANDMARKS in wanted:
        taken[LANDMARKS] = over_the_wire(taken[ORIGINAL])
    lap_s = math.ceil((taken[ORIGINAL][-1][0] + 0.5 / 15) * 15) / 15
    if TWICE in wanted:  # the original goes on, with what its tracker remembers
        _play(clip, [followers[ORIGINAL]], begin_s=lap_s, limits=limits)
        taken[TWICE] = followers[ORIGINAL].observations
    return Taken(taken, lap_s)


def _play(
    clip: Path, followers: Collection[Follower], *, begin_s: float = 0, limits: ClipLimits
) -> None:
    with Clip.open(clip, limits=limits) as opened:
        for at_s, frame in opened.frames():
            for follower in followers:
                follower.see(begin_s + at_s, frame)


def over_the_wire(observations: Iterable[Observation]) -> list[Observation]:
    """The same as a client's own landmarks arrive."""
    return [(at_s, unpack_pose(pack_pose(pose))) for at_s, pose in observations]


def tally(core: Core, observations: Iterable[Observation]) -> Tally:
    """What one session counts, told nothing of the exercise."""
    session = core.library.session("auto")
    events = [event for at_s, pose in observations for event in session.observe(pose, at_s)]
    return tally_of(events + session.finish(), session.counts)


def _mirrored(frame: Frame) -> Frame:
    return as_sent(frame.pixels, 0, mirrored=True)


@dataclass(frozen=True)
class _Rotated:
    """Sent lying, as a JPEG, with the turn that makes it upright."""

    degrees: int

    def __call__(self, frame: Frame) -> Frame:
        lying = as_sent(frame.pixels, -self.degrees, mirrored=False)
        return read_image(_jpeg(lying, _GOOD_QUALITY), rotation=self.degrees)


def _small(frame: Frame) -> Frame:
    size = _SMALL_WIDTH, max(1, round(frame.height * _SMALL_WIDTH / frame.width))
    shrunk = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA)
    return Frame(shrunk.astype("uint8", copy=False))


def _poor(frame: Frame) -> Frame:
    return read_image(_jpeg(frame, _LOW_QUALITY))


def _jpeg(frame: Frame, quality: int) -> bytes:
    pixels = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return data.tobytes()
