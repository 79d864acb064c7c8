"""Movements through several postures: burpees, getting down to the floor."""

from dataclasses import dataclass

from people.motions.floor import AllFours, Kneel, LieOnFront, SitOnFloor
from people.motions.limbs import place_arms
from people.motions.motion import Motion, one_of, ranging, through
from people.motions.push_up import WRIST_HEIGHT, PushUp
from people.motions.squat import Squat
from people.motions.standing import Idle
from people.posture import SIDES, Posture
from people.rotations import vector
from people.skeleton import Skeleton


def crouch(skeleton: Skeleton, deepest: float) -> Posture:
    """A deep squat with both hands on the floor in front."""
    style = Squat(deepest=deepest, shin=36, lean=34, stance=0.16, arms="sides", level_head=0.5)
    posture = style.posture(skeleton, 1)
    for side, sign in SIDES:
        shoulder = posture.at(f"upperarm_{side}")
        reach = skeleton.arm * 0.98
        level = min(float(shoulder[1]) - WRIST_HEIGHT, reach)
        ahead = max(reach**2 - level**2, 0) ** 0.5
        wrist = vector(
            sign * skeleton.shoulder_half, WRIST_HEIGHT, float(shoulder[2]) + 0.8 * ahead
        )
        posture.arm(side, wrist, vector(sign, 0, -0.6))
        posture.hand_flat(side)
    return posture


def under(posture: Posture, hands_of: Posture) -> Posture:
    """The posture moved along z so that its hands are where the other's are."""
    step = float(hands_of.at("hand_l")[2] - posture.at("hand_l")[2])
    return posture.moved(vector(0, 0, step))


@dataclass(frozen=True, kw_only=True)
class Burpee(Motion):
    """From standing through a crouch to a plank, and down to a push-up."""

    deepest: float = ranging(112, 95, 122)
    push_up: bool = one_of(True, False)
    width: float = ranging(1.3, 1.0, 1.6)
    lowest: float = ranging(0.16, 0.1, 0.24)
    arms: str = one_of("sides", "overhead")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing at 0, in the plank or at the bottom of its push-up at 1."""
        start = Squat(stance=0.16, arms=self.arms).posture(skeleton, 0)
        low = crouch(skeleton, self.deepest)
        style = PushUp(width=self.width, lowest=self.lowest)
        ends = (0.0, 1.0) if self.push_up else (0.0,)
        planks = [under(style.posture(skeleton, end), low) for end in ends]
        return through([start, low, *planks], depth)


@dataclass(frozen=True, kw_only=True)
class GetDown(Motion):
    """From standing to the floor, by the knees or by a crouch, to a plank, the belly or a seat."""

    way: str = one_of("kneel", "crouch")
    end: str = one_of("plank", "front", "seat", "fours")
    deepest: float = ranging(108, 92, 120)
    lean: float = ranging(20, 5, 40)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing at 0, in the end position at 1."""
        keys = [Idle(left="sides").posture(skeleton, 0)]
        if self.way == "crouch" or self.end == "seat":
            keys.append(crouch(skeleton, self.deepest))
        else:
            keys += [self._on_knees(skeleton), self._on_all_fours(skeleton, 0.15)]
        keys.append(self._last(skeleton, keys[-1]))
        return through(keys, depth)

    def _on_knees(self, skeleton: Skeleton) -> Posture:
        posture = Kneel(lean=self.lean, sit=0.35).posture(skeleton, 1)
        place_arms(posture, "knees")
        return posture

    def _on_all_fours(self, skeleton: Skeleton, ahead: float) -> Posture:
        return AllFours(kind="still").posture(skeleton, 0).moved(vector(0, 0, ahead))

    def _last(self, skeleton: Skeleton, before: Posture) -> Posture:
        if self.end == "seat":
            return SitOnFloor(knees=0.75, arms="sides", lean=-12).posture(skeleton, 0)
        if self.end == "plank":
            return under(PushUp().posture(skeleton, 0), before)
        if self.end == "front":
            return under(LieOnFront().posture(skeleton, 0), before)
        return under(AllFours().posture(skeleton, 1), before)
