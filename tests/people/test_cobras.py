"""Who pushes the chest up and leaves the hips on the floor does no push-up."""

import numpy as np
import pytest

from classifiers.library import Library
from people.motions.floor import Cobra
from people.script import Part, Script, Stroke
from people.skeleton import Skeleton
from tests.people.bones import seen

FPS = 8
AGAIN = Stroke(down_s=1.2, hold_s=1, up_s=1.2, rest_s=1)


def _cobra(seed: int) -> Cobra:
    return Cobra.random(np.random.default_rng(seed))


@pytest.mark.parametrize("azimuth", [15, 60, 90, 140])
@pytest.mark.parametrize("seed", [2, 3, 4, 7, 9])
def test_a_cobra_is_no_push_up(
    library: Library, skeleton: Skeleton, seed: int, azimuth: float
) -> None:
    session = library.session()
    script = Script([Part(motion=_cobra(seed), strokes=(AGAIN,) * 4)])
    for at_s in np.arange(0, script.duration_s, 1 / FPS).tolist():
        session.observe(seen(script.posture(skeleton, at_s).landmarks(), azimuth), at_s)
    session.finish()
    assert session.counts == {"squat": 0, "push_up": 0}


def test_no_top_of_a_cobra_is_a_push_up_s(library: Library, skeleton: Skeleton) -> None:
    for seed in range(30):
        session = library.session()
        session.observe(seen(_cobra(seed).posture(skeleton, 1).landmarks(), 12 * seed), 0)
        assert session.confidences["push_up_up"] + session.confidences["push_up_down"] < 0.1
