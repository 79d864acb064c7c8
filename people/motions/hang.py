"""Hanging from a bar and pulling up."""

from dataclasses import dataclass

from people.motions.motion import Motion, mix, ranging
from people.posture import SIDES, Posture
from people.rotations import facing, unit, vector
from people.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True)
class PullUp(Motion):
    """Both hands on a bar, the body hanging and drawn up to it."""

    width: float = ranging(1.4, 0.9, 2.0)
    knees: float = ranging(10, 2, 80)
    top: float = ranging(0.1, -0.02, 0.2)
    lean: float = ranging(-6, -16, 4)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Hanging at 0, chin at the bar at 1; the bar 0.35 m over his reach standing."""
        bar = float(skeleton.joint("upperarm_l")[1]) + skeleton.arm + 0.35
        out = (self.width - 1) * skeleton.shoulder_half
        straight = float((skeleton.arm**2 * 0.98 - out**2) ** 0.5)
        shoulders = bar - mix(straight, self.top + 0.08, depth)
        lean = self.lean * depth
        hips = vector(0, shoulders - skeleton.torso, 0)
        posture = Posture(skeleton, hips, facing(lean), facing(lean))
        for side, sign in SIDES:
            bend = facing(self.knees) @ vector(0, -skeleton.shin, 0)
            ankle = posture.at(f"thigh_{side}") + vector(0, -skeleton.thigh, 0.02) + bend
            posture.leg(side, ankle, vector(0, 0.1, 1), facing(self.knees * 0.8 + 20))
            wrist = vector(sign * self.width * skeleton.shoulder_half, bar, 0.05)
            posture.arm(side, wrist, unit((sign * 0.7, -1, -0.2)))
            posture.fist(side)
        return posture
