"""Two people in one clip: the count is that of the one who was chosen, and never the sum."""

from collections.abc import Iterator

import pytest

from classifiers.events import Event, RepCounted, SubjectFound, SubjectLost, SubjectSwitched
from people.bundled import CLIPS as RECIPES
from people.script import Rep, Script
from pose_engine.clips import Clip
from pose_engine.landmarks import Box, Focus
from service.core import Core
from tests.service.bundled import CLIPS, real_core

SIDE_BY_SIDE, PASSED_BY = "squat_side_by_side", "squat_passed_by"


@pytest.fixture(scope="module")
def core() -> Core:
    return real_core()


def _events(core: Core, name: str, focus: Focus | None, fps: float) -> Iterator[Event]:
    session, tracker = core.library.session("auto"), core.engine.tracker(focus=focus)
    with Clip.open(CLIPS / f"{name}.mp4") as clip:
        for at_s, frame in clip.frames(fps):
            yield from session.observe(tracker.track(frame, at_s), at_s)
    yield from session.finish()


def _bottoms(events: list[Event]) -> list[float]:
    return [event.bottom_s for event in events if isinstance(event, RepCounted)]


def _true(name: str, other: bool) -> list[Rep]:
    recipe = RECIPES[name]
    return [*Script((recipe.others[0] if other else recipe).parts).reps]


@pytest.mark.parametrize("fps", [15, 8])
@pytest.mark.parametrize(
    ("focus", "other"),
    [
        (None, False),
        ((0.33, 0.5), False),
        ((0.66, 0.5), True),
        (Box(0.2, 0.0, 0.25, 0.9), False),
        (Box(0.55, 0.1, 0.25, 0.85), True),
    ],
    ids=["whoever stands out", "a point", "the other's point", "a box", "the other's box"],
)
def test_of_two_side_by_side_one_is_counted(
    core: Core, focus: Focus | None, other: bool, fps: float
) -> None:
    """One goes down while the other comes up."""
    events = [*_events(core, SIDE_BY_SIDE, focus, fps)]
    true = [rep.bottom_s for rep in _true(SIDE_BY_SIDE, other)]
    assert _bottoms(events) == pytest.approx(true, abs=0.35)
    assert not any(isinstance(event, SubjectLost | SubjectSwitched) for event in events)


@pytest.mark.parametrize("fps", [30, 15, 8])
def test_who_is_passed_by_is_kept(core: Core, fps: float) -> None:
    """In front, so that he is hidden while he goes down; then behind him."""
    events = [*_events(core, PASSED_BY, None, fps)]
    true = [rep.bottom_s for rep in _true(PASSED_BY, other=False)]
    assert _bottoms(events) == pytest.approx(true, abs=0.35)
    assert not any(isinstance(event, SubjectLost | SubjectSwitched) for event in events)


@pytest.mark.parametrize("fps", [30, 15, 8])
def test_who_passes_by_is_followed_out_and_then_another_one_is_said_to_be(
    core: Core, fps: float
) -> None:
    """What is counted afterwards are the other one's, and only those that he began after that."""
    events = [*_events(core, PASSED_BY, (0.12, 0.5), fps)]
    said = [e for e in events if isinstance(e, SubjectFound | SubjectLost | SubjectSwitched)]
    assert [type(e) for e in said if not isinstance(e, SubjectLost)] == [
        SubjectFound,
        SubjectSwitched,
    ]
    switched_s = said[-1].at_s
    true = [rep.bottom_s for rep in _true(PASSED_BY, other=False) if rep.bottom_s > switched_s]
    assert _bottoms(events) == pytest.approx(true, abs=0.35)
