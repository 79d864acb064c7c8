"""Push-ups with the hands on a step, a bench or a chair count as those on the floor do."""

import numpy as np
import pytest

from classifiers.library import Library
from people.motions.push_up import PushUp
from people.script import Part, Script, Stroke
from people.skeleton import Skeleton
from tests.people.bones import seen

FPS = 15


@pytest.mark.parametrize("azimuth", [20, 55, 90])
@pytest.mark.parametrize("metres", [0.0, 0.3, 0.45, 0.6])
def test_each_counts(library: Library, skeleton: Skeleton, metres: float, azimuth: float) -> None:
    session = library.session()
    script = Script([Part(motion=PushUp(support=metres), strokes=(Stroke(),) * 3)])
    for at_s in np.arange(0, script.duration_s, 1 / FPS).tolist():
        points = script.posture(skeleton, at_s).landmarks()
        session.observe(seen(points, azimuth), at_s)
    session.finish()
    assert session.counts == {"squat": 0, "push_up": 3}
