"""A core whose person is a grey picture: the darker, the deeper; black is nobody.

A picture with a blue cast is of person 2.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.events import (
    Event,
    Phase,
    PhaseChanged,
    Reason,
    RepCounted,
    RepRejected,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
)
from classifiers.exercise import Kind
from pose_engine.frames import Frame
from pose_engine.landmarks import LANDMARK_COUNT, Point, Pose

TOP, SHALLOW, BOTTOM, NOBODY = 200, 100, 50, 0
REP = (TOP, TOP, 120, BOTTOM, BOTTOM, 120, TOP, TOP)
SHALLOW_REP = (TOP, SHALLOW, SHALLOW, TOP)


def picture(level: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def encoded(level: int, file_format: str = "PNG", width: int = 64, height: int = 48) -> bytes:
    return png(picture(level, width, height), file_format)


def png(pixels: NDArray[np.uint8], file_format: str = "PNG") -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, file_format)
    return out.getvalue()


def giant_png() -> bytes:
    """30 million pixels in a few kilobytes."""
    out = BytesIO()
    Image.new("1", (6000, 5000)).save(out, "PNG")
    return out.getvalue()


def grey_pose(level: float) -> Pose:
    ones = np.ones(LANDMARK_COUNT, np.float32)
    points = np.full((LANDMARK_COUNT, 3), level, np.float32)
    return Pose(image=points, world=points / np.float32(1000), visibility=ones, presence=ones)


def write_clip(path: Path, levels: Sequence[int], fps: int = 10) -> Path:
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=Fraction(fps))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()  # so that there is a file even without a frame
        for level in levels:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(level), "rgb24")))
        container.mux(video.encode())
    return path


class FakeTracker:
    def __init__(self, engine: "FakeEngine", focus: Point | None) -> None:
        self._engine = engine
        self._focus = focus

    def track(self, frame: Frame, at: float, /) -> Pose | None:
        return self._engine.find(frame if self._focus is None else _side(frame, self._focus))


def _side(frame: Frame, focus: Point) -> Frame:
    """The half of the frame that the focus is in."""
    middle = frame.width // 2
    half = frame.pixels[:, :middle] if focus[0] < 0.5 else frame.pixels[:, middle:]
    return Frame(np.ascontiguousarray(half))


@dataclass
class FakeEngine:
    """Takes `delay_s` a frame, and waits while `gate` is closed; `entered` once it has begun."""

    delay_s: float = 0.0
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def tracker(self, *, focus: Point | None = None) -> FakeTracker:
        return FakeTracker(self, focus)

    def find(self, frame: Frame, /) -> Pose | None:
        self.entered.set()
        time.sleep(self.delay_s)
        assert self.gate.wait(20), "the test never opened the gate"
        level = float(frame.pixels.mean())
        if level == 13:
            raise RuntimeError("a fault of the engine")
        red, _, blue = frame.pixels.mean(axis=(0, 1))
        return (
            None if level < 10 else replace(grey_pose(level), subject=2 if blue > red + 10 else 1)
        )


@dataclass(frozen=True)
class FakeExercise:
    name: str
    title: str
    description: str
    kind: Kind = Kind.REPS
    needs_legs: bool = True


class FakeSession:
    def __init__(self, names: Sequence[str]) -> None:
        self._name = names[0]
        self._count = 0
        self._names = names
        self._away_s: float | None = None
        self._bottom_s = 0.0
        self._lowest = float(TOP)
        self._at_s = 0.0
        self._person: int | None = None
        self.subject = False

    @property
    def counts(self) -> dict[str, int]:
        return {name: self._count if name == self._name else 0 for name in self._names}

    @property
    def phases(self) -> dict[str, Phase]:
        return dict.fromkeys(self._names, Phase.TOP if self._away_s is None else Phase.DOWN)

    @property
    def confidences(self) -> dict[str, float]:
        return {f"{self._name}_up": 1.0, "none": 0.0}

    def observe(self, pose: Pose | None, at_s: float, /) -> list[Event]:
        self._at_s = at_s
        if pose is None:
            lost: list[Event] = [SubjectLost(at_s)] if self.subject else []
            self.subject = False
            return lost
        found: list[Event] = [] if self.subject else [SubjectFound(at_s)]
        self.subject = True
        found += self._switch(pose.subject, at_s)
        return found + self._move(float(pose.image[0, 1]), at_s)

    def finish(self) -> list[Event]:
        if self._away_s is None:
            return []
        return [self._rejected(Reason.INCOMPLETE, self._away_s)]

    def _switch(self, person: int, at_s: float) -> list[Event]:
        before, self._person = self._person, person
        if before is None or before == person:
            return []
        start_s, self._away_s, self._lowest = self._away_s, None, float(TOP)
        given_up = [] if start_s is None else [self._rejected(Reason.SUBJECT_LOST, start_s)]
        return [SubjectSwitched(at_s), *given_up]

    def _move(self, level: float, at_s: float) -> list[Event]:
        if level < 150:
            started: list[Event] = []
            if self._away_s is None:
                self._away_s = at_s
                started = [PhaseChanged(self._name, Phase.DOWN, at_s)]
            if level < self._lowest:
                self._lowest, self._bottom_s = level, at_s
            return started
        if self._away_s is None:
            return []
        start_s, lowest = self._away_s, self._lowest
        self._away_s, self._lowest = None, float(TOP)
        top: list[Event] = [PhaseChanged(self._name, Phase.TOP, at_s)]
        if lowest > 80:
            return [*top, self._rejected(Reason.TOO_SHALLOW, start_s)]
        self._count += 1
        depth = 1 - lowest / TOP
        rep = RepCounted(self._name, self._count, start_s, self._bottom_s, at_s, depth, 1.0)
        return [*top, rep]

    def _rejected(self, reason: Reason, start_s: float) -> RepRejected:
        return RepRejected(self._name, self._count, reason, start_s, self._at_s, 0.5)


class FakeLibrary:
    exercises = (
        FakeExercise("squat", "Squat", "Down and up."),
        FakeExercise("push_up", "Push-up", "Down and up, on the hands.", needs_legs=False),
    )

    def session(self, name: str = "auto", /) -> FakeSession:
        names = [exercise.name for exercise in self.exercises]
        if name != "auto" and name not in names:
            raise LookupError(f"no exercise is called {name!r}; known are auto, squat, push_up")
        return FakeSession(names if name == "auto" else [name])
