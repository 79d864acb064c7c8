"""Standing yoga poses that are held: chair pose and warrior II."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import hips_over, place_arms, stand
from people.motions.motion import Motion, Sided, ease, mix, one_of, ranging
from people.motions.squat import Squat
from people.posture import SIDES, Posture
from people.rotations import FloatArray, facing, vector
from people.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True)
class ChairPose(Motion):
    """A half squat on feet that are close together, the arms raised or the palms joined.

    `raised`: the arms' angle above level, degrees. `stance`: half the distance between the ankles,
    metres. `thigh`, `shin`: their angles from the vertical at depth 1, degrees. `lean`: of the
    trunk, degrees more than balance asks for.
    """

    arms: str = one_of("up", "up", "up", "chest")
    raised: float = ranging(60, -5, 95)
    stance: float = ranging(0.09, 0.04, 0.2)
    thigh: float = ranging(62, 40, 88)
    shin: float = ranging(26, 14, 40)
    lean: float = ranging(0, -16, 14)
    level_head: float = ranging(0.7, 0.2, 1.1)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing, the arms there already, at 0, in the pose at 1; the ankles at z = 0."""
        squat = Squat(
            stance=self.stance,
            toe_out=4,
            deepest=self.thigh,
            shin=self.shin,
            lean=self.lean,
            level_head=self.level_head,
        )
        posture = squat.posture(skeleton, depth)
        if self.arms == "up":
            _raise_arms(posture, self.raised)
        else:
            place_arms(posture, self.arms)
        return posture


def _raise_arms(posture: Posture, degrees: float) -> None:
    """Both arms all but straight, so many degrees above level, whatever the trunk does."""
    for side, sign in SIDES:
        way = facing(-degrees) @ vector(sign * 0.03, 0, 0.98)
        wrist = posture.at(f"upperarm_{side}") + way * posture.skeleton.arm
        posture.arm(side, wrist, vector(sign, -0.5, -0.1))


@dataclass(frozen=True, kw_only=True)
class WarriorII(Sided):
    """Feet far apart, one knee bent over its foot, the trunk upright and the arms out level.

    The bent leg is `side`'s, towards which the head looks. `thigh`: its angle from the vertical at
    depth 1, degrees; `shin`: the knee ahead of the ankle (above 0). `stretch`: how far the other
    leg is, as a share of its length. `turned`: hips and chest turned to the bent leg, degrees.
    `lean`: of the trunk towards it. `droop`: how far the arms are from level, as a share of the
    way to hanging.
    """

    thigh: float = ranging(64, 46, 92)
    shin: float = ranging(2, -8, 16)
    stretch: float = ranging(0.985, 0.968, 0.995)
    turned: float = ranging(12, -5, 45)
    chest: float = ranging(0.4, 0.0, 1.0)
    lean: float = ranging(2, -10, 14)
    pitch: float = ranging(2, -6, 10)
    droop: float = ranging(0.03, 0.0, 0.16)
    look: float = ranging(75, 0, 90)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Feet apart, legs straight and arms hanging at 0; in the pose at 1."""
        hips = self._hips(skeleton, depth)
        share = ease(depth)
        turned, roll = self.sign * self.turned * share, -self.sign * self.lean * share
        chest = facing(self.pitch, turned * self.chest, roll)
        head = facing(0, self.sign * self.look * share)
        posture = Posture(skeleton, hips, facing(0, turned), chest, head)
        apart = self._apart(skeleton) / 2
        stand(posture, self.side, self.sign * apart, toe_out=84)
        stand(posture, self.other, -self.sign * apart, toe_out=-12)
        place_arms(posture, "wide", share * (1 - self.droop))
        return posture

    def _hips(self, skeleton: Skeleton, depth: float) -> FloatArray:
        """From the middle between the feet to behind the bent leg."""
        apart = self._apart(skeleton) / 2
        ankles = [vector(s * apart, skeleton.ankle_height, 0) for s in (1, -1)]
        high = hips_over(skeleton, ankles, 0, 0, 0.995)
        ahead, up = self._reach(skeleton)
        x = self.sign * mix(0, apart - ahead - skeleton.hip_half, depth)
        return vector(x, mix(high, skeleton.ankle_height + up, depth), 0)

    def _reach(self, skeleton: Skeleton) -> tuple[float, float]:
        """From the bent leg's ankle back to its hip and up to it, metres, at depth 1."""
        shin, thigh = np.radians((self.shin, self.thigh))
        ahead = skeleton.thigh * np.sin(thigh) - skeleton.shin * np.sin(shin)
        up = skeleton.thigh * np.cos(thigh) + skeleton.shin * np.cos(shin)
        return float(ahead), float(up)

    def _apart(self, skeleton: Skeleton) -> float:
        """Between the ankles, so that the other leg is as straight as it says at depth 1."""
        ahead, up = self._reach(skeleton)
        turned = np.radians(self.turned)
        aside = skeleton.hip_half * np.sin(turned)
        behind = np.sqrt(max((self.stretch * skeleton.leg) ** 2 - up**2 - aside**2, 0))
        return ahead + skeleton.hip_half * float(1 + np.cos(turned)) + float(behind)
