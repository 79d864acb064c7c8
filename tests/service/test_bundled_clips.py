"""The whole product on the bundled clips: what was rendered is what is counted."""

import json
from dataclasses import replace

import numpy as np
import pytest

from blazereps_client.results import ClipResult
from classifiers.events import Guidance
from pose_engine.clips import Clip
from pose_engine.frames import Frame
from service.core import Core
from service.count import count_clip
from service.settings import Settings
from tests.service.bundled import CLIPS, real_core

HIDDEN_S = {"squat_passed_by": 0.8}
"""How long somebody in front hides a way down: when it began is known no better."""
NAMES = [path.stem for path in sorted(CLIPS.glob("*.mp4"))]


@pytest.fixture(scope="module")
def core() -> Core:
    return real_core()


def _count(name: str, core: Core) -> ClipResult:
    settings = Settings()
    return count_clip(
        CLIPS / f"{name}.mp4",
        core,
        name=name,
        exercise="auto",
        fps=settings.clip_fps,
        limits=settings.clip_limits,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_full_rep_is_counted_and_nothing_else(name: str, core: Core) -> None:
    truth = json.loads((CLIPS / f"{name}.json").read_text(encoding="utf-8"))
    result = _count(name, core)
    assert result.counts == truth["counts"]
    full = [rep for rep in truth["reps"] if rep["full"]]
    for counted, true in zip(result.reps, full, strict=True):
        assert counted.bottom_s == pytest.approx(true["bottom_s"], abs=0.35)
        assert counted.start_s == pytest.approx(true["start_s"], abs=HIDDEN_S.get(name, 0.5))
        assert counted.end_s == pytest.approx(true["end_s"], abs=0.5)
    shallow = [rep for rep in truth["reps"] if not rep["full"]]
    said = [one for one in result.rejected if one.reason == "too_shallow"]
    assert all(
        any(abs(one.start_s - rep["start_s"]) < 1 for one in said)
        for rep in shallow
    )  # fmt: skip


@pytest.mark.parametrize("name", ["squat_front", "push_up_side", "lunges"])
def test_without_world_points_the_same_is_counted(name: str, core: Core) -> None:
    """As a phone sends landmarks whose net gives none."""
    truth = json.loads((CLIPS / f"{name}.json").read_text(encoding="utf-8"))
    tracker, session = core.engine.tracker(), core.library.session("auto")
    with Clip.open(CLIPS / f"{name}.mp4") as clip:
        for at_s, frame in clip.frames(15):
            pose = tracker.track(frame, at_s)
            session.observe(pose and replace(pose, world=None), at_s)
    session.finish()
    assert {name: n for name, n in session.counts.items() if n} == truth["counts"]


@pytest.mark.parametrize("turns", [1, 3])
def test_a_picture_whose_rotation_is_not_declared_is_told(turns: int, core: Core) -> None:
    tracker, session = core.engine.tracker(), core.library.session("auto")
    told: list[str] = []
    with Clip.open(CLIPS / "squat_front.mp4") as clip:
        for at_s, frame in clip.frames(8):
            lying = Frame(np.ascontiguousarray(np.rot90(frame.pixels, turns)))
            events = session.observe(tracker.track(lying, at_s), at_s)
            told += [one.text for one in events if isinstance(one, Guidance)]
    text = f"Check the rotation: turned by {90 * turns} degrees the picture is upright."
    assert told == [text]


def test_in_the_dark_nobody_is_lost(core: Core) -> None:
    chance, tracker = np.random.default_rng(0), core.engine.tracker()
    session = core.library.session("auto")
    with Clip.open(CLIPS / "push_up_side.mp4") as clip:
        for at_s, frame in clip.frames(10):
            dark = frame.pixels * 0.08 + chance.normal(0, 3, frame.pixels.shape)
            pose = tracker.track(Frame(np.clip(dark, 0, 255).astype(np.uint8)), at_s)
            assert pose is not None
            session.observe(pose, at_s)
    session.finish()
    assert session.counts == {"squat": 0, "push_up": 5}
