"""Bending at the hips: deadlifts, good mornings, picking something up."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import hip_height, place_arm, place_arms, stand
from people.motions.motion import Motion, Sided, mix, one_of, ranging
from people.posture import SIDES, SIGN, Posture, Side
from people.rotations import facing, vector
from people.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True)
class Deadlift(Motion):
    """The trunk tipped forward and the hips pushed back, over legs nearly straight to half bent."""

    arms: str = one_of("sides", "sides", "sides", "rack", "head", "crossed", "hips")
    stance: float = ranging(0.14, 0.08, 0.4)
    lean: float = ranging(72, 45, 100)
    thigh: float = ranging(24, 8, 75)
    shin: float = ranging(2, -4, 34)
    level_head: float = ranging(0.4, 0.0, 0.7)
    curve: float = ranging(0, -4, 25)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Upright at 0, bent at 1; hanging arms reach for the shins."""
        bend = (mix(3, self.shin, depth), mix(4, self.thigh, depth))
        lean = self.lean * depth + 2
        hips = hip_height(skeleton, bend, self.stance)
        chest = facing(lean + self.curve * depth)
        head = facing(lean * (1 - self.level_head))
        posture = Posture(skeleton, hips, facing(lean * 0.9), chest, head)
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=10)
        place_arms(posture, self.arms)
        for side, _ in SIDES:
            posture.fist(side)
        return posture


@dataclass(frozen=True, kw_only=True)
class PickUp(Sided):
    """One hand down to something on the floor, the knees bent as much as he likes."""

    lean: float = ranging(80, 60, 105)
    thigh: float = ranging(45, 10, 75)
    shin: float = ranging(12, 0, 25)
    stance: float = ranging(0.13, 0.08, 0.2)
    stagger: float = ranging(0, -0.12, 0.12)
    twist: float = ranging(8, -5, 20)
    free: str = one_of("sides", "knees", "hips")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Upright at 0, reaching down at 1."""
        bend = (mix(4, self.shin, depth), mix(4, self.thigh, depth))
        hips = hip_height(skeleton, bend, self.stance)
        hips[1] -= 0.012 + abs(self.stagger) * 0.1
        lean, twist = self.lean * depth, -self.sign * self.twist * depth
        posture = Posture(
            skeleton, hips, facing(lean * 0.8), facing(lean, twist), facing(lean * 0.85, twist)
        )
        for side, s in SIDES:
            stand(posture, side, s * self.stance, z=s * self.stagger, toe_out=12)
        place_arm(posture, self.other, self.free, depth)
        _reach_down(posture, self.side, depth)
        return posture


def _reach_down(posture: Posture, side: Side, share: float) -> None:
    sign = SIGN[side]
    shoulder, arm = posture.at(f"upperarm_{side}"), posture.skeleton.arm
    way = vector(0.1 * sign * (1 - share), -1, 0.12 * share)
    wrist = shoulder + way / float(np.linalg.norm(way)) * arm * 0.97
    wrist[1] = max(wrist[1], 0.12)
    posture.arm(side, wrist, vector(sign * 0.6, 0, -1))
