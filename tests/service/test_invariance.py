"""A count does not depend on how a clip was taken: the real engine on bundled clips."""

from pathlib import Path

import pytest

from benchmarks.variants import LANDMARKS, ORIGINAL, TWICE, Taken, names, take, tally
from blazereps_client.results import Tally
from service.core import Core
from service.count import count_clip
from service.settings import Settings
from tests.service.bundled import cut, real_core

SECONDS = 5
COUNTS = {"squat_front": {"squat": 2}, "push_up_side": {"push_up": 2}}
LIMITS = Settings().clip_limits


@pytest.fixture(scope="module")
def core() -> Core:
    return real_core()


@pytest.fixture(scope="module", params=COUNTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clip(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cut(name, SECONDS, tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def taken(clip: Path, core: Core) -> Taken:
    return take(clip, core, names(), limits=LIMITS)


@pytest.mark.parametrize("variant", names())
def test_every_variant_counts_the_same(name: str, taken: Taken, core: Core, variant: str) -> None:
    times = 2 if variant == TWICE else 1
    right = {exercise: times * count for exercise, count in COUNTS[name].items()}
    assert tally(core, taken.observations[variant]).counts == right


def test_the_original_is_what_a_clip_gives(clip: Path, taken: Taken, core: Core) -> None:
    counted = count_clip(
        clip, core, name="a", exercise="auto", fps=15, adaptive=False, limits=LIMITS
    )
    original = tally(core, taken.observations[ORIGINAL])
    assert original == Tally(**{name: getattr(counted, name) for name in Tally.model_fields})
    assert counted.frames == len(taken.observations[ORIGINAL])


def test_landmarks_cause_the_same_events(taken: Taken, core: Core) -> None:
    frames, landmarks = (tally(core, taken.observations[way]) for way in (ORIGINAL, LANDMARKS))
    assert landmarks == frames
