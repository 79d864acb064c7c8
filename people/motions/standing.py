"""What people do on their feet without an exercise's knee bend: idle, walk, jump, stretch, lift."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import (
    ankle_over,
    ball_height,
    hip_height,
    hips_over,
    on_toes,
    place_arm,
    place_arms,
    stand,
)
from people.motions.motion import Motion, Sided, ease, mix, one_of, ranging
from people.posture import SIDES, SIGN, Posture, Side
from people.rotations import facing, vector
from people.skeleton import Skeleton


@dataclass(frozen=True, kw_only=True)
class Idle(Motion):
    """Standing about; the arms go from hanging to somewhere and the weight shifts."""

    left: str = one_of("sides", "hips", "crossed", "phone", "wave", "chest", "head", "front",
                       "overhead", "wide", "ear", "goblet")  # fmt: skip
    right: str = one_of("same", "same", "sides", "hips", "phone", "wave", "ear")
    stance: float = ranging(0.13, 0.06, 0.3)
    toe_out: float = ranging(12, 0, 30)
    bend: float = ranging(4, 2, 9)
    sway: float = ranging(0, -0.05, 0.05)
    twist: float = ranging(0, -30, 30)
    lean: float = ranging(1, -4, 12)
    nod: float = ranging(0, -15, 35)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Arms hanging at 0, doing what they do at 1."""
        share = ease(depth)
        hips = hip_height(skeleton, (self.bend, self.bend), self.stance)
        hips += vector(self.sway * share, -0.3 * abs(self.sway * share), 0)
        chest = facing(self.lean, self.twist * share)
        head = facing(self.lean + self.nod * share, self.twist * share * 1.4)
        posture = Posture(skeleton, hips, facing(self.lean * 0.5), chest, head)
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=self.toe_out)
        place_arm(posture, "l", self.left, share)
        place_arm(posture, "r", self.left if self.right == "same" else self.right, share)
        return posture


@dataclass(frozen=True, kw_only=True)
class Walk(Motion):
    """A whole stride on the spot, both steps, arms swinging against the legs."""

    cyclic = True
    step: float = ranging(0.32, 0.18, 0.42)
    lift: float = ranging(0.1, 0.06, 0.16)
    swing: float = ranging(24, 8, 40)
    lean: float = ranging(3, 0, 8)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """The left foot forward at 0 and 1, the right at 0.5."""
        left, right = _stride(self, depth), _stride(self, depth + 0.5)
        ankles = [vector(x, skeleton.ankle_height + y, z) for x, y, z in (left, _mirror(right))]
        height = hips_over(skeleton, ankles, 0, 0, 0.992)
        swing = np.cos(2 * np.pi * depth)
        chest = facing(self.lean, float(-6 * swing))
        posture = Posture(skeleton, vector(0, height, 0), facing(self.lean, 6 * swing), chest)
        for (side, _), ankle, phase in zip(SIDES, ankles, (depth, depth + 0.5), strict=True):
            posture.leg(side, ankle, vector(0, 0.001, 1), facing(_foot_pitch(phase)))
        for side, sign in SIDES:
            swung_arm(posture, side, -sign * swing * self.swing, 12)
        return posture


def _stride(style: Walk, phase: float) -> tuple[float, float, float]:
    """One ankle's way through a stride: back on the floor, then forward in the air."""
    phase %= 1
    if phase < 0.5:
        return 0.09, 0.0, float(style.step * np.cos(2 * np.pi * phase))
    air = np.sin(2 * np.pi * (phase - 0.5))
    heel = 0.05 * abs(np.cos(np.pi * (phase - 0.5)))
    return 0.09, float(style.lift * air + heel * air), float(style.step * np.cos(2 * np.pi * phase))


def _mirror(point: tuple[float, float, float]) -> tuple[float, float, float]:
    return -point[0], point[1], point[2]


def _foot_pitch(phase: float) -> float:
    """Heel raised while the foot leaves the floor and swings; toes up before it lands."""
    phase %= 1
    if phase < 0.5:
        return 0.0
    share = (phase - 0.5) * 2
    return float(np.interp(share, (0, 0.25, 0.7, 0.92, 1), (0, 38, 6, -12, 0)))


def swung_arm(posture: Posture, side: Side, degrees: float, bend: float) -> None:
    """Hang an arm swung forward by degrees, the elbow bent."""
    s, sign = posture.skeleton, SIGN[side]
    upper, lower = np.radians(degrees), np.radians(degrees + bend)
    way = vector(
        0.1 * sign * s.arm,
        float(-s.upper_arm * np.cos(upper) - s.forearm * np.cos(lower)) * 0.99,
        float(s.upper_arm * np.sin(upper) + s.forearm * np.sin(lower)),
    )
    elbow = vector(sign * 0.05, -float(np.cos(upper)), float(np.sin(upper)) - 0.15)
    posture.arm(side, posture.at(f"upperarm_{side}") + way, elbow)


@dataclass(frozen=True, kw_only=True)
class March(Sided):
    """One knee lifted high on the spot, the other arm with it."""

    height: float = ranging(75, 45, 100)
    shin: float = ranging(0, -15, 20)
    stance: float = ranging(0.1, 0.06, 0.14)
    swing: float = ranging(50, 10, 75)
    elbow: float = ranging(70, 15, 100)
    lean: float = ranging(0, -8, 8)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Standing at 0, the thigh raised at 1."""
        hips = hip_height(skeleton, (4, 4), self.stance)
        lean = self.lean * depth
        posture = Posture(skeleton, hips, facing(lean - 6 * depth), facing(lean))
        for side, sign in SIDES:
            if side == self.side:
                _raise_knee(posture, side, self.height * depth, self.shin * depth)
            else:
                stand(posture, side, sign * self.stance)
        for side, _ in SIDES:
            share = -0.6 if side == self.side else 1
            swung_arm(posture, side, share * self.swing * depth, mix(12, self.elbow, depth))
        return posture


def _raise_knee(posture: Posture, side: Side, thigh: float, shin: float) -> None:
    s = posture.skeleton
    up, low = np.radians(max(thigh, 4)), np.radians(shin - 4)
    down = s.thigh * np.cos(up) + s.shin * np.cos(low)
    ahead = s.thigh * np.sin(up) + s.shin * np.sin(low)
    ankle = posture.at(f"thigh_{side}") + vector(0, -float(down), float(ahead))
    posture.leg(side, ankle, vector(0, 0.3, 1), facing(12 * thigh / 75))


@dataclass(frozen=True, kw_only=True)
class JumpingJack(Motion):
    """Feet apart and arms overhead with a hop."""

    spread: float = ranging(0.36, 0.25, 0.48)
    hop: float = ranging(0.05, 0.02, 0.1)
    arms: float = ranging(165, 120, 175)
    elbow: float = ranging(0.97, 0.85, 0.99)
    bend: float = ranging(8, 4, 16)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Feet together and arms down at 0, apart and up at 1."""
        half = mix(0.08, self.spread, depth)
        posture_hips = hip_height(skeleton, (self.bend, self.bend), half)
        air = vector(0, self.hop * float(np.sin(np.pi * depth)), 0)
        posture = Posture(skeleton, posture_hips + air, facing(3), facing(3))
        for side, sign in SIDES:
            toe_out, lift = mix(6, 22, depth), air[1] * 4
            ankle = vector(sign * half, skeleton.ankle_height, 0) + air
            knee = facing(yaw=sign * toe_out)[:, 2]
            posture.leg(side, ankle, knee, facing(float(min(lift, 1) * 25), sign * (toe_out - 4)))
            angle = np.radians(mix(8, self.arms, depth))
            way = vector(sign * float(np.sin(angle)), -float(np.cos(angle)), 0.08)
            wrist = posture.at(f"upperarm_{side}") + way * self.elbow * skeleton.arm
            posture.arm(side, wrist, vector(sign * 0.5, 0.2, -0.8))
        return posture


@dataclass(frozen=True, kw_only=True)
class SideStretch(Sided):
    """The trunk bent to one side, that arm down, the other overhead."""

    bend: float = ranging(28, 12, 42)
    stance: float = ranging(0.2, 0.1, 0.35)
    free: str = one_of("sides", "hips")
    lift: bool = one_of(True, True, False)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Upright at 0, bent at 1."""
        roll = -self.sign * self.bend * depth
        hips = hip_height(skeleton, (4, 4), self.stance)
        hips += vector(-self.sign * 0.05 * depth, -0.004 - 0.02 * depth, 0)
        posture = Posture(skeleton, hips, facing(roll=roll * 0.15), facing(roll=roll))
        for side, s in SIDES:
            stand(posture, side, s * self.stance)
        place_arm(posture, self.side, self.free)
        place_arm(posture, self.other, "overhead" if self.lift else self.free, ease(depth * 1.5))
        return posture


@dataclass(frozen=True, kw_only=True)
class Lift(Motion):
    """Dumbbells standing: curl, overhead press, front or side raise."""

    kind: str = one_of("curl", "press", "front", "wide")
    stance: float = ranging(0.14, 0.07, 0.26)
    bend: float = ranging(5, 2, 12)
    swing: float = ranging(0, -8, 8)
    far: float = ranging(1.0, 0.7, 1.0)
    alone: str = one_of("both", "both", "l", "r")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Weights low (or at the shoulders for the press) at 0, lifted at 1."""
        lean = self.swing * float(np.sin(np.pi * depth))
        hips = hip_height(skeleton, (self.bend, self.bend), self.stance)
        posture = Posture(skeleton, hips, facing(lean * 0.5), facing(lean))
        for side, sign in SIDES:
            stand(posture, side, sign * self.stance, toe_out=10)
            share = self.far * depth if self.alone in ("both", side) else 0
            if self.kind == "curl":
                swung_arm(posture, side, 2 + 14 * share, 8 + 125 * share)
            elif self.kind == "press":
                _press(posture, side, sign, share)
            else:
                place_arm(posture, side, self.kind, share)
            posture.fist(side)
        return posture


def _press(posture: Posture, side: Side, sign: int, share: float) -> None:
    chest, arm = posture.rotation("spine_03"), posture.skeleton.arm
    way = vector(sign * mix(0.22, 0.1, share), mix(0.16, 0.97, share), mix(0.16, 0.02, share))
    wrist = posture.at(f"upperarm_{side}") + chest @ way * arm
    posture.arm(side, wrist, chest @ vector(sign * 0.8, -1, 0.2))


@dataclass(frozen=True, kw_only=True)
class CalfRaise(Motion):
    """Up on the toes and down."""

    stance: float = ranging(0.1, 0.06, 0.18)
    rise: float = ranging(32, 15, 42)
    arms: str = one_of("sides", "hips", "front", "wide", "overhead")

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Flat at 0, on the toes at 1."""
        pitch = self.rise * depth
        ball = vector(self.stance, ball_height(skeleton) - 0.013, skeleton.joint("ball_l")[2])
        ankle = ankle_over(skeleton, ball, pitch)
        mirrored = ankle * vector(-1, 1, 1)
        middle = float(ankle[2]) + 0.01
        height = hips_over(skeleton, [ankle, mirrored], 0, middle, 0.998)
        posture = Posture(skeleton, vector(0, height, middle), facing(2), facing(1))
        for side, sign in SIDES:
            on_toes(posture, side, ball * vector(sign, 1, 1), pitch, vector(0, 0, 1))
        place_arms(posture, self.arms)
        return posture
