"""Media -> who is seen when: pictures and encoded video by a tracker, landmarks as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from blazereps_client.messages import LandmarksMessage, SessionStart, Subject
from pose_engine.frames import Frame, ImageLimits, read_image
from pose_engine.landmarks import Pose
from pose_engine.sampling import AdaptiveSampler
from pose_engine.video import VideoDecoder
from service.core import Engine
from service.media import Chunk, Media, Picture
from service.subject import focus_of
from service.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Seen:
    """Who is seen at one moment, and the picture that he is seen in, if there is one."""

    at_s: float
    frame: Frame | None
    pose: Pose | None

    @property
    def long_side_px(self) -> int:
        """Of the picture, 0 without one."""
        return max(self.frame.width, self.frame.height) if self.frame else 0

    def landmarks(self, seq: int) -> LandmarksMessage:
        """As it is told of the observation of that number."""
        frame, pose, points = self.frame, self.pose, None
        if pose is not None:
            points = np.column_stack((pose.image, pose.visibility)).astype(float).round(3).tolist()
        return LandmarksMessage(
            seq=seq,
            at_s=self.at_s,
            width_px=frame.width if frame else None,
            height_px=frame.height if frame else None,
            points=points,
        )


class Sight:
    """One stream's decoder and tracker. Blocking, for one thread at a time."""

    def __init__(
        self, engine: Engine, config: SessionStart, limits: ImageLimits, telemetry: Telemetry
    ) -> None:
        self._limits, self._telemetry = limits, telemetry
        self._tracker = engine.tracker(focus=focus_of(config.subject))
        self._decoder = VideoDecoder(config.codec, limits) if config.codec else None
        self._sampler = AdaptiveSampler()
        self._shown_s: float | None = None
        self._asked_for_key = False

    def asks_for_key(self, *, again: bool = False) -> bool:
        """Whether to ask for a key frame: once, however much video comes before it.

        `again`: also where what was asked for may be lost, too.
        """
        waits = self._decoder is not None and self._decoder.waits_for_key
        asks = waits and (again or not self._asked_for_key)
        self._asked_for_key = waits
        return asks

    def lose(self) -> None:
        """A piece of the encoded video is missing."""
        if self._decoder is not None:
            self._decoder.lose()

    def choose(self, subject: Subject | None) -> None:
        """Follow somebody else from the next picture on."""
        self._tracker.choose(focus_of(subject))
        self._sampler = AdaptiveSampler()

    def due(self, at_s: float) -> bool:
        """Whether the picture of that time is worth a look: not while the person hardly moves.

        To be asked counts: once for each picture whose turn has come, and for no other.
        """
        return self._sampler.due(at_s)

    def look(self, media: Media, at_s: float, *, wanted: bool = True) -> Iterator[Seen]:
        """Who is seen; of encoded video none or several moments. Raises FrameError.

        Encoded video that is not `wanted` is decoded only, for the sake of what follows.
        """
        match media:
            case Picture(data, rotation, mirrored):
                with self._telemetry.stage("decode"):
                    frame = read_image(
                        data,
                        limits=self._limits,
                        rotation=rotation,
                        mirrored=mirrored,
                        shrink=self._tracker.shrink,
                    )
                yield self._track(frame, at_s)
            case Chunk():
                with self._telemetry.stage("decode"):
                    shown = [*self._decode(media, at_s, wanted=wanted)]
                for shown_s, frame in shown:
                    yield self._track(frame, shown_s)
            case _:
                yield Seen(at_s, None, media)

    def snapshot(self) -> dict[str, Any]:
        """Whom the tracker follows, as plain data for `restore`; encoded video waits for a key."""
        return {
            "tracker": self._tracker.snapshot(),
            "sampler": self._sampler.snapshot(),
            "shown_s": self._shown_s,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot; raises KeyError, TypeError or ValueError."""
        self._tracker.restore(snapshot["tracker"])
        self._sampler.restore(snapshot["sampler"])
        self._shown_s = snapshot["shown_s"]

    def _track(self, frame: Frame, at_s: float) -> Seen:
        with self._telemetry.stage("track"):
            pose = self._tracker.track(frame, at_s)
        self._sampler.observe(pose, at_s)
        return Seen(at_s, frame, pose)

    def _decode(self, chunk: Chunk, at_s: float, *, wanted: bool) -> Iterator[tuple[float, Frame]]:
        """The pictures that follow those already shown: encoders may show some late."""
        assert self._decoder is not None
        pictures = self._decoder.decode(
            chunk.data,
            round(at_s * 1e6),
            key=chunk.key,
            rotation=chunk.rotation,
            mirrored=chunk.mirrored,
            wanted=wanted,
        )
        for shown_s, frame in pictures:
            if self._shown_s is None or shown_s > self._shown_s:
                self._shown_s = shown_s
                yield shown_s, frame
