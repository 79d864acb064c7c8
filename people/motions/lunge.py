"""Lunges: forward, backward or split on the spot, and sideways."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import (
    ankle_over,
    ball_height,
    hip_height,
    hips_over,
    on_toes,
    place_arms,
    stand,
)
from people.motions.motion import Sided, ease, mix, one_of, ranging
from people.posture import SIDES, Posture
from people.rotations import FloatArray, facing, unit, vector
from people.skeleton import Skeleton

_STEP_ENDS = 0.5
_HALF_HIPS = 0.1


@dataclass(frozen=True, kw_only=True)
class Lunge(Sided):
    """One foot in front, the back knee down towards the floor, the back heel up.

    `kind`: which foot steps on the way; "split" keeps both where they are. `step`: between the
    ankles, metres. `knee`: the back knee's height at depth 1, metres.
    """

    kind: str = one_of("forward", "backward", "split")
    step: float = ranging(0.75, 0.6, 0.95)
    knee: float = ranging(0.14, 0.07, 0.28)
    lean: float = ranging(6, 0, 24)
    arms: str = one_of("hips", "sides", "chest", "crossed", "rack", "head", "front", "overhead")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing (or split) at 0, the back knee low at 1; the front foot is `side`'s."""
        apart = 1.0 if self.kind == "split" else ease(min(depth / _STEP_ENDS, 1))
        sink = depth if self.kind == "split" else ease((depth - 0.25) / 0.75)
        front, back = self._feet(skeleton, apart)
        pitch = mix(self._flat(apart), 62, sink)
        lift = 0.0 if self.kind == "split" else 0.07 * float(np.sin(np.pi * apart))
        if self.kind == "forward":
            front[1] += lift
        else:
            back[1] += lift
        ankle = ankle_over(skeleton, back, pitch)
        z = mix(float(front[2] + ankle[2]) / 2, float(front[2]) - 0.45 * self.step, sink)
        hips = vector(0, self._height(skeleton, front, ankle, z, sink), z)
        lean = self.lean * sink
        posture = Posture(skeleton, hips, facing(lean * 0.6), facing(lean), facing(lean * 0.5))
        posture.leg(self.side, front, vector(0, 0.001, 1), np.eye(3))
        on_toes(posture, self.other, back, pitch, unit((0, -0.2 * sink, 1)))
        place_arms(posture, self.arms)
        return posture

    def _flat(self, apart: float) -> float:
        """The back heel rises as the foot goes further back."""
        return 38 * apart

    def _feet(self, skeleton: Skeleton, apart: float) -> tuple[FloatArray, FloatArray]:
        """Front ankle and back ball of the foot, (3,) each, on the floor."""
        ball_ahead = float(skeleton.joint("ball_l")[2] - skeleton.joint("foot_l")[2])
        front = vector(self.sign * _HALF_HIPS, skeleton.ankle_height, 0)
        back = vector(-self.sign * _HALF_HIPS, ball_height(skeleton), ball_ahead)
        if self.kind == "forward":
            front[2] += self.step * apart
        else:
            back[2] -= self.step * apart
        return front, back

    def _height(
        self, skeleton: Skeleton, front: FloatArray, ankle: FloatArray, z: float, sink: float
    ) -> float:
        ankles = [front, ankle] if self.side == "l" else [ankle, front]
        high = hips_over(skeleton, ankles, 0, z, 0.99)
        low = self.knee + 0.97 * skeleton.thigh
        return min(high, mix(high, low, sink))


@dataclass(frozen=True, kw_only=True)
class SideLunge(Sided):
    """Weight over one bent leg, the other straight out to the side."""

    stance: float = ranging(0.42, 0.32, 0.5)
    thigh: float = ranging(62, 45, 80)
    lean: float = ranging(30, 15, 45)
    arms: str = one_of("chest", "front", "hips", "sides", "goblet")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Feet wide at 0, over one leg at 1."""
        start = hip_height(skeleton, (3, 3), self.stance)
        shin, thigh = np.radians((24, self.thigh))
        across = 0.75 * (self.stance - skeleton.hip_half)
        end = vector(
            self.sign * across,
            skeleton.ankle_height
            + float(skeleton.shin * np.cos(shin) + skeleton.thigh * np.cos(thigh)),
            float(skeleton.shin * np.sin(shin) - skeleton.thigh * np.sin(thigh)),
        )
        hips = start + (end - start) * depth
        ankles = [vector(s * self.stance, skeleton.ankle_height, 0) for s in (1, -1)]
        hips[1] = min(hips[1], hips_over(skeleton, ankles, hips[0], hips[2], 0.996))
        lean = self.lean * depth
        posture = Posture(skeleton, hips, facing(lean * 0.9), facing(lean), facing(lean * 0.3))
        for side, s in SIDES:
            stand(posture, side, s * self.stance, toe_out=14)
        place_arms(posture, self.arms)
        return posture
