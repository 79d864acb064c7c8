"""Every movement a synthetic person can make, by name."""

from people.motions.chains import Burpee, GetDown
from people.motions.chair import Seated, SitDown
from people.motions.floor import (
    AllFours,
    Cobra,
    DownwardDog,
    Kneel,
    LieOnBack,
    LieOnFront,
    MountainClimber,
    Plank,
    SitOnFloor,
    SitUp,
)
from people.motions.hang import PullUp
from people.motions.hinge import Deadlift, PickUp
from people.motions.lunge import Lunge, SideLunge
from people.motions.motion import Motion
from people.motions.push_up import PushUp
from people.motions.squat import Squat
from people.motions.standing import (
    CalfRaise,
    Idle,
    JumpingJack,
    Lift,
    March,
    SideStretch,
    Walk,
)
from people.motions.yoga import ChairPose, WarriorII

MOTIONS: dict[str, type[Motion]] = {
    "squat": Squat,
    "push_up": PushUp,
    "lunge": Lunge,
    "side_lunge": SideLunge,
    "jumping_jack": JumpingJack,
    "walk": Walk,
    "march": March,
    "idle": Idle,
    "side_stretch": SideStretch,
    "lift": Lift,
    "calf_raise": CalfRaise,
    "deadlift": Deadlift,
    "pick_up": PickUp,
    "sit_down": SitDown,
    "seated": Seated,
    "plank": Plank,
    "mountain_climber": MountainClimber,
    "sit_up": SitUp,
    "lie_on_back": LieOnBack,
    "lie_on_front": LieOnFront,
    "cobra": Cobra,
    "kneel": Kneel,
    "all_fours": AllFours,
    "downward_dog": DownwardDog,
    "sit_on_floor": SitOnFloor,
    "burpee": Burpee,
    "get_down": GetDown,
    "pull_up": PullUp,
    "chair_pose": ChairPose,
    "warrior_ii": WarriorII,
}
"""Squat and push_up are the exercises; all others are what must not be counted."""

EXERCISES = ("squat", "push_up")

__all__ = ["EXERCISES", "MOTIONS", "Motion"]
