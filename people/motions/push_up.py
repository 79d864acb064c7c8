"""Push-ups on the toes or the knees, hands on the floor or a little raised."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import ankle_over, ball_height
from people.motions.motion import Motion, mix, one_of, ranging
from people.posture import SIDES, Posture
from people.rotations import FloatArray, facing, unit, vector
from people.skeleton import Skeleton

WRIST_HEIGHT = 0.038
KNEE_HEIGHT = 0.06
_HEEL_PITCH = 72.0


@dataclass(frozen=True, kw_only=True)
class PushUp(Motion):
    """The chest lowered between the hands, the body turning about the toes or the knees.

    `lowest`: shoulders above the hands at depth 1, metres. `straight`: how far the arms are
    stretched at the top, as a share of their length. `width`: the hands' distance in
    shoulder widths. `ahead`: hands in front of the shoulders at the top, metres. `flare`: how far
    the elbows point outward. `pike`: hips raised (above 0) or sagging, degrees. `support`:
    what the hands stand on, metres. `gaze`: head bent back, degrees.
    """

    knees: bool = one_of(False, False, False, True)
    width: float = ranging(1.4, 1.0, 1.9)
    ahead: float = ranging(-0.05, -0.12, 0.04)
    flare: float = ranging(0.7, 0.2, 1.4)
    lowest: float = ranging(0.18, 0.11, 0.29)
    straight: float = ranging(0.985, 0.97, 0.998)
    pike: float = ranging(4, -7, 14)
    feet: float = ranging(0.1, 0.04, 0.2)
    support: float = ranging(0, -0.15, 0.15)
    gaze: float = ranging(24, -10, 42)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Arms straight at 0, chest low at 1; the toes or knees at z = 0, the head towards +z."""
        top = _pitch(self, skeleton, self._highest(skeleton))
        low = _pitch(self, skeleton, self._hand_height + self.lowest)
        hands = _trunk(self, skeleton, top).at("upperarm_l")[2] + self.ahead
        posture = _trunk(self, skeleton, mix(top, low, depth))
        _legs(self, posture)
        for side, sign in SIDES:
            wrist = vector(sign * self._hand_x(skeleton), self._hand_height, hands)
            posture.arm(side, wrist, unit((sign * self.flare, 0.25, -1)))
            posture.hand_flat(side, yaw=-4)
        return posture

    @property
    def _hand_height(self) -> float:
        return WRIST_HEIGHT + max(self.support, 0)

    def _hand_x(self, skeleton: Skeleton) -> float:
        return self.width * skeleton.shoulder_half

    def _highest(self, skeleton: Skeleton) -> float:
        level = np.hypot(self._hand_x(skeleton) - skeleton.shoulder_half, self.ahead)
        return self._hand_height + float(np.sqrt((self.straight * skeleton.arm) ** 2 - level**2))


def _pivot(style: PushUp, skeleton: Skeleton) -> FloatArray:
    """What the body turns about: the ankles over the toes, or the knees."""
    if style.knees:
        return vector(0, KNEE_HEIGHT, 0)
    return ankle_over(skeleton, vector(0, ball_height(skeleton), 0), _HEEL_PITCH)


def _trunk(style: PushUp, skeleton: Skeleton, pitch: float) -> Posture:
    """The body from hips to head, leaned forward by `pitch` about the pivot; limbs at rest."""
    legs = skeleton.thigh if style.knees else skeleton.leg
    level = 0 if style.knees else style.feet - skeleton.hip_half
    reach = float(np.sqrt((0.998 * legs) ** 2 - level**2))
    body = facing(pitch)
    hips = _pivot(style, skeleton) + body[:, 1] * reach
    chest = facing(pitch + style.pike)
    head = facing(pitch + style.pike - style.gaze)
    return Posture(skeleton, hips, facing(pitch + 0.5 * style.pike), chest, head)


def _pitch(style: PushUp, skeleton: Skeleton, shoulder_height: float) -> float:
    """The pitch, degrees, that puts the shoulders at a height: the trunk is rigid about its pivot.

    A point at (y, z) of the unturned body rises to y cos(p) - z sin(p), solved for p.
    """
    pivot = _pivot(style, skeleton)
    _, y, z = _trunk(style, skeleton, 0).at("upperarm_l") - pivot
    length, phase = np.hypot(y, z), np.arctan2(z, y)
    rise = np.clip((shoulder_height - pivot[1]) / length, -1, 1)
    return float(np.degrees(np.arccos(rise) - phase))


def _legs(style: PushUp, posture: Posture) -> None:
    skeleton = posture.skeleton
    for side, sign in SIDES:
        if style.knees:
            knee = posture.at(f"thigh_{side}") - posture.rotation("pelvis")[:, 1] * skeleton.thigh
            knee[1] = KNEE_HEIGHT
            ankle = knee + vector(0, 0.5, -0.86) * skeleton.shin
            posture.leg(side, ankle, vector(0, -1, 0.6), facing(130))
        else:
            ball = vector(sign * style.feet, ball_height(skeleton), 0)
            ankle = ankle_over(skeleton, ball, _HEEL_PITCH)
            knee = posture.rotation("pelvis")[:, 2]
            posture.leg(side, ankle, knee, facing(_HEEL_PITCH), toes=64)
