"""A core whose person is a grey picture: the darker, the deeper; black is nobody.

Nearly white is a hold, and a little grey a movement that is no known exercise. A picture with a
blue cast is of person 2.
"""

import base64
import pickle
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from statistics import fmean
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifiers.events import (
    Advice,
    Event,
    Grade,
    Guidance,
    HoldEnded,
    HoldStarted,
    Measure,
    Phase,
    PhaseChanged,
    Reason,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
    Unit,
    UnknownCounted,
)
from classifiers.exercise import Kind
from pose_engine.frames import Frame
from pose_engine.landmarks import LANDMARK_COUNT, Box, Focus, Pose

HELD, TOP, WAVE, SHALLOW, BOTTOM, NOBODY = 240, 200, 170, 100, 50, 0
REP = (TOP, TOP, 120, BOTTOM, BOTTOM, 120, TOP, TOP)
SHALLOW_REP = (TOP, SHALLOW, SHALLOW, TOP)
HOLD = (TOP, HELD, HELD, HELD, HELD, HELD, HELD, TOP)
WAVES = (TOP, WAVE, WAVE, TOP, WAVE, WAVE, TOP)
REST = (TOP,) * 11
WEBM_FPS = 5


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


def beside(left: int, right: int) -> NDArray[np.uint8]:
    """Two people side by side."""
    return np.hstack((picture(left, 32), picture(right, 32)))


def write_clip(path: Path, levels: Sequence[int], fps: int = 10, left: int | None = None) -> Path:
    """A clip of somebody; `left`: who stays at that level beside him, to his left."""
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=Fraction(fps))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()  # so that there is a file even without a frame
        for level in levels:
            pixels = picture(level) if left is None else beside(left, level)
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(video.encode())
    return path


def write_webm(path: Path, levels: Sequence[int]) -> None:
    """A film that Chromium plays."""
    with av.open(path, "w") as film:
        video = film.add_stream("libvpx", rate=WEBM_FPS)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for level in (*levels, levels[-1]):
            film.mux(video.encode(av.VideoFrame.from_ndarray(picture(level), "rgb24")))
        film.mux(video.encode())


class FakeTracker:
    shrink = 1

    def __init__(self, engine: "FakeEngine", focus: Focus | None) -> None:
        self._engine = engine
        self._focus = focus

    def track(self, frame: Frame, at: float, /) -> Pose | None:
        return self._engine.find(frame if self._focus is None else _side(frame, self._focus))

    def choose(self, focus: Focus | None, /) -> None:
        self._focus = focus

    def snapshot(self) -> dict[str, Any]:
        return {"focus": self._focus}

    def restore(self, snapshot: Mapping[str, Any], /) -> None:
        focus = snapshot["focus"]
        self._focus = focus and (Box(*focus) if len(focus) == 4 else (focus[0], focus[1]))


def _side(frame: Frame, focus: Focus) -> Frame:
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

    def tracker(self, *, focus: Focus | None = None) -> FakeTracker:
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
    """Holds are told after 0.15 s; a second without a repetition ends a set."""

    def __init__(self, names: Sequence[str], *, unknown: bool = False) -> None:
        self._name = names[0]
        self._names = self._active = names
        self._reps: list[RepCounted] = []
        self._set: list[RepCounted] = []
        self._sets: list[SetEnded] = []
        self._unknown = 0 if unknown else None
        self._waving_s: float | None = None
        self._held_s: float | None = None
        self._hold_told = False
        self._away_s: float | None = None
        self._bottom_s = 0.0
        self._lowest = float(TOP)
        self._at_s = 0.0
        self._person: int | None = None
        self.subject = False

    @property
    def counts(self) -> dict[str, int]:
        told = [rep.exercise for rep in self._reps]
        known = {name: told.count(name) for name in self._names}
        return known if self._unknown is None else known | {"unknown": self._unknown}

    @property
    def phases(self) -> dict[str, Phase]:
        return dict.fromkeys(self._active, Phase.TOP if self._away_s is None else Phase.DOWN)

    @property
    def keeping(self) -> bool:
        return self._held_s is not None

    @property
    def holds(self) -> dict[str, float]:
        if self._held_s is None or not self._hold_told:
            return {}
        return {self._names[-1]: self._at_s - self._held_s}

    @property
    def confidences(self) -> dict[str, float]:
        return {f"{self._name}_up": 1.0, "none": 0.0}

    def observe(self, pose: Pose | None, at_s: float, /) -> list[Event]:
        before_s, self._at_s = self._at_s, at_s
        level = float(NOBODY) if pose is None else float(pose.image[0, 1])
        events = self._rest(at_s) + self._hold(level, before_s)
        if pose is None:
            lost: list[Event] = [SubjectLost(at_s)] if self.subject else []
            self.subject = False
            return events + lost
        found: list[Event] = [] if self.subject else [SubjectFound(at_s)]
        self.subject = True
        found += self._switch(pose.subject, at_s)
        return found + events + self._wave(level, at_s) + self._move(level, at_s)

    def choose(self, exercises: Sequence[FakeExercise], /) -> list[Event]:
        events = self.interrupt()
        self._active = [exercise.name for exercise in exercises]
        self._name, self._names = self._active[0], [*dict.fromkeys([*self._names, *self._active])]
        return events

    def interrupt(self) -> list[Event]:
        return self._give_up(Reason.INCOMPLETE)

    def anew(self) -> "FakeSession":
        return FakeSession(self._active, unknown=self._unknown is not None)

    def snapshot(self) -> dict[str, Any]:
        return {"pickled": base64.b64encode(pickle.dumps(self)).decode()}

    def finish(self) -> list[Event]:
        away: list[Event] = []
        if self._away_s is not None:
            away = [self._rejected(Reason.INCOMPLETE, self._away_s)]
        return away + self._hold(NOBODY, self._at_s) + self._set_ended()

    def _switch(self, person: int, at_s: float) -> list[Event]:
        before, self._person = self._person, person
        if before is None or before == person:
            return []
        return [SubjectSwitched(at_s), *self._give_up(Reason.SUBJECT_LOST)]

    def _give_up(self, reason: Reason) -> list[Event]:
        start_s, self._away_s, self._lowest = self._away_s, None, float(TOP)
        return [] if start_s is None else [self._rejected(reason, start_s)]

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
            deeper = Guidance(Advice.GO_DEEPER, "Go deeper.", ("hips",), self._name, at_s)
            return [*top, self._rejected(Reason.TOO_SHALLOW, start_s), deeper]
        rep = self._rep(start_s, lowest)
        self._reps.append(rep)
        self._set.append(rep)
        return [*top, rep]

    def _rep(self, start_s: float, lowest: float) -> RepCounted:
        return RepCounted(
            exercise=self._name,
            count=len(self._reps) + 1,
            start_s=start_s,
            bottom_s=self._bottom_s,
            end_s=self._at_s,
            depth=1 - lowest / TOP,
            confidence=1.0,
            grade=Grade.DEEP if lowest < 40 else Grade.FULL,
            measures={"knee_bottom": Measure(lowest * 5 / 3, Unit.DEGREES, 0.75)},
        )

    def _rejected(self, reason: Reason, start_s: float) -> RepRejected:
        return RepRejected(self._name, len(self._reps), reason, start_s, self._at_s, 0.5)

    def _rest(self, at_s: float) -> list[Event]:
        idle = self._away_s is None and self._set and at_s - self._set[-1].end_s > 1
        return self._set_ended() if idle else []

    def _set_ended(self) -> list[Event]:
        reps, self._set = self._set, []
        if not reps:
            return []
        ups = [rep.up_s for rep in reps]
        ended = SetEnded(
            exercise=self._name,
            number=len(self._sets) + 1,
            reps=len(reps),
            start_s=reps[0].start_s,
            end_s=reps[-1].end_s,
            rest_s=reps[0].start_s - self._sets[-1].end_s if self._sets else None,
            mean_rep_s=fmean(rep.end_s - rep.start_s for rep in reps),
            mean_down_s=fmean(rep.down_s for rep in reps),
            mean_up_s=fmean(ups),
            mean_depth=fmean(rep.depth for rep in reps),
            velocity_loss=1 - min(ups) / ups[-1] if len(ups) > 1 else None,
        )
        self._sets.append(ended)
        return [ended]

    def _hold(self, level: float, before_s: float) -> list[Event]:
        if level > 220:
            self._held_s = self._at_s if self._held_s is None else self._held_s
            if self._hold_told or self._at_s - self._held_s < 0.15:
                return []
            self._hold_told = True
            return [HoldStarted(self._names[-1], self._held_s, self._at_s)]
        start_s, told = self._held_s, self._hold_told
        self._held_s, self._hold_told = None, False
        return (
            [HoldEnded(self._names[-1], start_s, before_s, 0.9)]
            if told and start_s is not None
            else []
        )

    def _wave(self, level: float, at_s: float) -> list[Event]:
        if self._unknown is None:
            return []
        if 150 <= level < 185:
            self._waving_s = at_s if self._waving_s is None else self._waving_s
            return []
        start_s, self._waving_s = self._waving_s, None
        if start_s is None:
            return []
        self._unknown += 1
        return [UnknownCounted(self._unknown, start_s, at_s, 0.8)]


class FakeLibrary:
    exercises: tuple[FakeExercise, ...] = (
        FakeExercise("squat", "Squat", "Down and up."),
        FakeExercise("push_up", "Push-up", "Down and up, on the hands.", needs_legs=False),
        FakeExercise("plank", "Plank", "Straight, on the elbows.", needs_legs=False),
    )

    def session(self, name: str = "auto", /, *, unknown: bool = False) -> FakeSession:
        return FakeSession([exercise.name for exercise in self.pick(name)], unknown=unknown)

    def pick(self, name: str, /) -> Sequence[FakeExercise]:
        picked = [exercise for exercise in self.exercises if name in ("auto", exercise.name)]
        if not picked:
            raise LookupError(
                f"no exercise is called {name!r}; known are auto, squat, push_up, plank"
            )
        return picked

    def look_ahead(self, coming: Sequence[tuple[FakeSession, Pose, float]], /) -> None:
        pass

    def restore(self, snapshot: dict[str, Any], /) -> FakeSession:
        session = pickle.loads(base64.b64decode(snapshot["pickled"]))
        assert isinstance(session, FakeSession)
        return session


class OtherLibrary(FakeLibrary):
    """Without squats."""

    exercises = FakeLibrary.exercises[1:]
