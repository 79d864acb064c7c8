"""Scripts: the reps that were asked for, when and how deep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.events import Phase
from people.motions.squat import Squat
from people.motions.standing import Idle, Walk
from people.script import FULL_DEPTH, Part, Script, Stroke
from people.skeleton import Skeleton

stroke = st.builds(
    Stroke,
    depth=st.floats(0.2, 1),
    down_s=st.floats(0.3, 2),
    hold_s=st.floats(0, 1),
    up_s=st.floats(0.3, 2),
    rest_s=st.floats(0, 1),
)


@given(st.lists(stroke, min_size=1, max_size=6))
def test_each_stroke_is_a_rep_at_its_bottom_deepest(strokes: list[Stroke]) -> None:
    script = Script([Part(motion=Squat(), exercise="squat", strokes=tuple(strokes))])
    assert [rep.depth for rep in script.reps] == [s.depth for s in strokes]
    for rep in script.reps:
        assert rep.full == (rep.depth >= FULL_DEPTH)
        assert rep.start_s < rep.bottom_s < rep.end_s
        assert script.depth(rep.bottom_s) == pytest.approx(rep.depth)
        assert script.depth(rep.start_s) == pytest.approx(0)
    assert script.duration_s == pytest.approx(
        0.3 + sum(s.down_s + s.hold_s + s.up_s + s.rest_s for s in strokes)
    )


def test_phases_follow_a_stroke() -> None:
    strokes = (Stroke(down_s=1, hold_s=1, up_s=1, rest_s=1),)
    script = Script([Part(motion=Squat(), exercise="squat", strokes=strokes, rest_s=1)])
    phases = [script.phase(at) for at in (0.5, 1.5, 2.5, 3.5, 4.5)]
    assert phases == [Phase.TOP, Phase.DOWN, Phase.BOTTOM, Phase.UP, Phase.TOP]


def test_decoys_and_ways_between_count_nothing() -> None:
    idle = Part(motion=Idle(), strokes=(Stroke(),), rest_s=0.5)
    squat = Part(motion=Squat(), exercise="squat", strokes=(Stroke(),), pause_s=2.0)
    script = Script([idle, squat])
    joined = 0.5 + 0.9 + 0.1 + 0.8 + 0.35
    assert len(script.reps) == 1
    assert script.reps[0].start_s == pytest.approx(joined + 2.0 + 0.3)
    assert script.phase(joined - 0.1) is script.phase(joined + 1.0) is Phase.AWAY
    assert script.depth(joined + 1.0) == 0


def test_postures_change_smoothly_through_a_whole_script(skeleton: Skeleton) -> None:
    walk = Part(motion=Walk(), strokes=(Stroke(depth=2, down_s=2),), at=(-2, 0), yaw=90, travel=2)
    script = Script([walk, Part(motion=Squat(), exercise="squat", strokes=(Stroke(),))])
    times = np.arange(0, script.duration_s, 1 / 30)
    points = np.stack([script.posture(skeleton, at).landmarks() for at in times])
    assert np.linalg.norm(np.diff(points, axis=0), axis=-1).max() < 0.3
    assert points[0, 23:25, 0].mean() == pytest.approx(-2, abs=0.1)
    assert points[-1, 23:25, 0].mean() == pytest.approx(0, abs=0.05)
    assert script.travels(0.5)
    assert not script.travels(script.duration_s - 0.1)


def test_a_cyclic_motion_starts_over(skeleton: Skeleton) -> None:
    walk = Walk()
    script = Script([Part(motion=walk, strokes=(Stroke(depth=3, down_s=3),), rest_s=0)])
    assert script.depth(1.25) == pytest.approx(0.25)
    assert script.depth(2.5) == pytest.approx(0.5)
    assert script.duration_s == pytest.approx(3)


def test_an_empty_script_is_refused() -> None:
    with pytest.raises(ValueError, match="parts"):
        Script([])
