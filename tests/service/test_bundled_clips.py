"""The whole product on the bundled clips: what was rendered is what is counted."""

import json

import pytest

from blazereps_client.results import ClipResult
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
