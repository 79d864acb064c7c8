"""The clips with fixed names."""

from collections.abc import Mapping

from people.body import Shape
from people.clips import MAT, Clip, Role, strokes, walk_by
from people.motions.chains import Burpee
from people.motions.floor import Plank, SitUp
from people.motions.hinge import PickUp
from people.motions.lunge import Lunge
from people.motions.push_up import PushUp
from people.motions.squat import Squat
from people.motions.standing import Idle, JumpingJack, Walk
from people.outfit import Outfit
from people.scene import Room
from people.script import Part, Stroke

_FIT_MAN = Shape(muscle=0.65, weight=0.45, height=0.55)
_WOMAN = Shape(gender=1, muscle=0.5, weight=0.5, height=0.45, ancestry=(0.1, 0.1, 0.8))
_HEAVY_MAN = Shape(age=0.78, muscle=0.3, weight=0.95, height=0.45, ancestry=(1, 0, 0))
_SLIM_WOMAN = Shape(gender=1, muscle=0.55, weight=0.28, height=0.6, ancestry=(0, 1, 0))
_OLD_MAN = Shape(age=0.88, muscle=0.5, weight=0.55, height=0.4, ancestry=(0.2, 0.5, 0.3))

_SHORTS = Outfit()
_LEGGINGS = Outfit(sleeve=0.35, leg=1.85, loose=0.006, skin=(0.58, 0.37, 0.28), long_hair=0.6,
                   hair_colour=(0.10, 0.05, 0.025), shirt=(0.34, 0.05, 0.12),
                   trousers=(0.02, 0.02, 0.03), shoes=(0.5, 0.2, 0.3))  # fmt: skip
_GREY = Outfit(sleeve=0.62, leg=0.85, loose=0.016, skin=(0.17, 0.09, 0.06), hair=0.006,
               hair_colour=(0.012, 0.01, 0.01), shirt=(0.42, 0.42, 0.40),
               trousers=(0.08, 0.09, 0.11), shoes=(0.1, 0.1, 0.1))  # fmt: skip
_GREEN = Outfit(sleeve=0.12, leg=0.5, loose=0.006, skin=(0.44, 0.28, 0.19), long_hair=0.3,
                hair_colour=(0.01, 0.01, 0.01), shirt=(0.05, 0.25, 0.18),
                trousers=(0.12, 0.12, 0.14), shoes=(0.5, 0.5, 0.5))  # fmt: skip
_ORANGE = Outfit(sleeve=1.9, leg=1.85, hair=0.008, hair_colour=(0.22, 0.22, 0.22),
                 skin=(0.50, 0.31, 0.22), shirt=(0.42, 0.17, 0.04),
                 trousers=(0.05, 0.06, 0.09), shoes=(0.3, 0.3, 0.32))  # fmt: skip
_WARM = Room(seed=4, wall=(0.50, 0.44, 0.36))
_BLUE = Room(seed=12, wall=(0.30, 0.37, 0.44), floor=(0.27, 0.18, 0.11))
_PALE = Room(seed=7, wall=(0.52, 0.53, 0.52), floor=(0.40, 0.28, 0.19))
_WITH_MAT = Room(seed=9, wall=(0.45, 0.42, 0.40), mat=MAT)
_DARK_MAT = Room(seed=21, wall=(0.36, 0.42, 0.40), mat_colour=(0.05, 0.05, 0.06), mat=MAT)


def _lunges(count: int) -> list[Part]:
    """Forward lunges, left and right in turn."""
    parts = []
    for i in range(count):
        motion = Lunge(side="l" if i % 2 == 0 else "r", arms="hips")
        parts.append(Part(motion=motion, strokes=strokes([1], 40 + i), pause_s=0.0, rest_s=0.1))
    return parts


_ALL = (
    Clip(
        name="squat_front",
        about="Five squats and, after the third, one too shallow to count, seen from the front",
        parts=[Part(motion=Squat(arms="raised"), exercise="squat", rest_s=0.8,
                    strokes=strokes((1, 1, 1, 0.38, 1, 1), 1))],
        shape=_FIT_MAN, outfit=_SHORTS, room=_WARM, azimuth=8, seed=1,
    ),
    Clip(
        name="squat_oblique",
        about="Walks in, four squats with a pause at the bottom of the third, seen obliquely",
        parts=[
            Part(motion=Walk(), strokes=(Stroke(depth=1.5, down_s=1.65),), rest_s=0.0,
                 at=(-1.9, 0), yaw=90, travel=1.9),
            Part(motion=Squat(arms="chest", toe_out=25, stance=0.22, deepest=98), exercise="squat",
                 strokes=(*strokes((1, 1), 2), Stroke(hold_s=1.0, rest_s=0.6),
                          *strokes((1,), 3))),
        ],
        shape=_WOMAN, outfit=_LEGGINGS, room=_BLUE, azimuth=42, seed=2,
    ),
    Clip(
        name="squat_side_portrait",
        about="Four squats of uneven tempo from the side, filmed upright",
        parts=[Part(motion=Squat(arms="front", stance=0.24, deepest=86), exercise="squat",
                    rest_s=0.7, strokes=(*strokes((1, 1), 4, 1.3), *strokes((0.95, 1), 5, 0.75)))],
        shape=_HEAVY_MAN, outfit=_GREY, room=_PALE, azimuth=90, size=(480, 640), seed=3,
    ),
    Clip(
        name="squat_passed_by",
        about="Four squats; somebody walks by in front, covers him, and comes back behind him",
        parts=[Part(motion=Squat(arms="front"), exercise="squat", rest_s=0.8,
                    strokes=strokes((1, 1, 1, 1), 11))],
        others=[Role(parts=[walk_by(0.7, 1, 0.7), walk_by(-0.9, -1, 0.0)],
                     shape=_WOMAN, outfit=_LEGGINGS)],
        shape=_FIT_MAN, outfit=_SHORTS, room=_PALE, azimuth=8, seed=10,
    ),
    Clip(
        name="squat_side_by_side",
        about="Five squats; beside him somebody does three, down when he is up",
        parts=[Part(motion=Squat(arms="front"), exercise="squat", rest_s=0.8, at=(-0.45, 0.0),
                    strokes=strokes((1, 1, 1, 1, 1), 1))],
        others=[Role(parts=[Part(motion=Squat(arms="chest"), exercise="squat", rest_s=1.8,
                                 at=(0.45, 0.0), strokes=strokes((1, 1, 1), 9))],
                     shape=_SLIM_WOMAN, outfit=_GREEN)],
        shape=_HEAVY_MAN, outfit=_GREY, room=_WARM, seed=11,
    ),
    Clip(
        name="push_up_side",
        about="Five push-ups from the side, with one half way down after the second",
        parts=[Part(motion=PushUp(), exercise="push_up", rest_s=0.8,
                    strokes=strokes((1, 1, 0.42, 1, 1, 1), 6, 1.1))],
        shape=_FIT_MAN, outfit=_SHORTS, room=_WITH_MAT, azimuth=84, seed=4,
    ),
    Clip(
        name="push_up_oblique",
        about="Four push-ups, the third slow, seen obliquely from the front",
        parts=[Part(motion=PushUp(lowest=0.17, flare=0.8), exercise="push_up", rest_s=0.8,
                    strokes=(*strokes((1, 1), 7), *strokes((1,), 8, 0.6), *strokes((0.95,), 9)))],
        shape=_SLIM_WOMAN, outfit=_GREEN, room=_DARK_MAT, azimuth=48, elevation=12, seed=5,
    ),
    Clip(
        name="lunges",
        about="Six forward lunges, left and right in turn: nothing to count",
        parts=_lunges(6),
        shape=_WOMAN, outfit=_LEGGINGS, room=_PALE, azimuth=-35, seed=6,
    ),
    Clip(
        name="standing_about",
        about="Idles, jumps five jumping jacks, picks something up: nothing to count",
        parts=[
            Part(motion=Idle(left="phone", right="sides", nod=18),
                 strokes=(Stroke(down_s=0.8, hold_s=0.9, up_s=0.7),)),
            Part(motion=JumpingJack(), strokes=(Stroke(down_s=0.4, hold_s=0.02, up_s=0.4,
                                                       rest_s=0.04),) * 5, pause_s=0.4),
            Part(motion=PickUp(), strokes=(Stroke(down_s=1.0, hold_s=0.3),), pause_s=0.5),
        ],
        shape=_OLD_MAN, outfit=_ORANGE, room=_BLUE, azimuth=20, seed=7,
    ),
    Clip(
        name="floor_work",
        about="A plank with shoulder taps and four sit-ups: nothing to count",
        parts=[
            Part(motion=Plank(kind="tap_l"), strokes=(Stroke(down_s=0.5, up_s=0.5),)),
            Part(motion=Plank(kind="tap_r"), strokes=(Stroke(down_s=0.5, up_s=0.5),), pause_s=0),
            Part(motion=SitUp(arms="chest"), strokes=strokes((1, 1, 1, 1), 10), pause_s=1.1,
                 at=(0.0, 1.0)),
        ],
        shape=_SLIM_WOMAN, outfit=_GREEN, room=_WITH_MAT, azimuth=70, elevation=14, seed=8,
    ),
    Clip(
        name="burpees",
        about="Three burpees: a squat and a push-up in each, and neither to count",
        parts=[Part(motion=Burpee(), strokes=(Stroke(down_s=1.7, hold_s=0.1, up_s=1.5),) * 3)],
        shape=_FIT_MAN, outfit=_ORANGE, room=_PALE, azimuth=60, seed=9,
    ),
)  # fmt: skip
CLIPS: Mapping[str, Clip] = {clip.name: clip for clip in _ALL}
"""By name; all but the burpees lie rendered in tests/clips."""
