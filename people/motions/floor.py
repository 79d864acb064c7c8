"""On the floor: planks, sit-ups, lying, kneeling, all fours, cobra, downward dog, bridge."""

from dataclasses import dataclass

import numpy as np

from people.motions.limbs import ankle_over, ball_height, on_toes, place_arm, place_arms
from people.motions.motion import Motion, Sided, ease, mix, one_of, ranging, through
from people.motions.push_up import KNEE_HEIGHT, WRIST_HEIGHT, PushUp
from people.posture import OTHER, SIDES, SIGN, Posture, Side
from people.rotations import FloatArray, facing, unit, vector
from people.skeleton import Skeleton

_LYING_HIPS = 0.11
_DOG_HEELS = 40.0


@dataclass(frozen=True, kw_only=True)
class Plank(Motion):
    """Held on straight arms or forearms: the hips rise, or a hand taps the other shoulder."""

    kind: str = one_of("forearms", "straight", "tap_l", "tap_r")
    lift: float = ranging(6, -6, 14)
    sag: float = ranging(2, -6, 8)
    width: float = ranging(1.1, 0.9, 1.4)
    gaze: float = ranging(15, -10, 35)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Held at 0, hips or hand lifted at 1."""
        pike = self.sag + (self.lift * depth if self.kind in ("forearms", "straight") else 0)
        high = skeleton.arm if self.kind != "forearms" else skeleton.upper_arm
        style = PushUp(width=self.width, ahead=0.0, pike=pike, gaze=self.gaze)
        held = _held(style, skeleton, high)
        if self.kind == "forearms":
            _on_forearms(held)
        elif self.kind != "straight":
            _tap(held, "l" if self.kind == "tap_l" else "r", ease(depth))
        return held


def _held(style: PushUp, skeleton: Skeleton, high: float) -> Posture:
    """The push-up's posture with the shoulders about `high` metres above the hands."""
    depth = float(
        np.clip((skeleton.arm * 0.985 - high) / (skeleton.arm * 0.985 - style.lowest), 0, 1)
    )
    return style.posture(skeleton, depth)


def _on_forearms(posture: Posture) -> None:
    for side, sign in SIDES:
        shoulder = posture.at(f"upperarm_{side}")
        length = posture.skeleton.forearm
        wrist = vector(sign * 0.12, WRIST_HEIGHT, float(shoulder[2]) + length)
        posture.arm(side, wrist, vector(sign * 0.15, -1, -0.1))
        posture.hand_flat(side)


def _tap(posture: Posture, side: Side, share: float) -> None:
    other, sign = OTHER[side], SIGN[side]
    start = posture.at(f"hand_{side}")
    chest = posture.rotation("spine_03")
    end = posture.at(f"upperarm_{other}") + chest @ vector(sign * 0.03, -0.05, 0.12)
    posture.arm(side, _lifted(start, end, share), vector(sign, -0.3, -0.6))
    if share < 0.05:
        posture.hand_flat(side, -4)
    else:
        posture.turn(f"hand_{side}", posture.rotation(f"lowerarm_{side}"))


def _lifted(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """A hand's way from the floor, up first."""
    return start + (end - start) * share + vector(0, 0.14 * ease(share * 5) * (1 - share), 0)


@dataclass(frozen=True, kw_only=True)
class MountainClimber(Sided):
    """A plank on straight arms, one knee drawn up under the chest."""

    reach: float = ranging(0.75, 0.45, 1.0)
    pike: float = ranging(8, 0, 18)
    width: float = ranging(1.1, 0.95, 1.4)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Plank at 0, knee up at 1."""
        style = PushUp(width=self.width, ahead=0.0, pike=self.pike)
        posture = style.posture(skeleton, 0)
        hip = posture.at(f"thigh_{self.side}")
        start = posture.at(f"foot_{self.side}")
        end = hip + vector(0, -0.24, 0.05)
        ankle = start + (end - start) * self.reach * depth
        ankle[1] += 0.08 * np.sin(np.pi * depth)
        knee = vector(0, -0.6, 1)
        posture.leg(self.side, ankle, knee, facing(72), toes=mix(64, 20, depth))
        return posture


@dataclass(frozen=True, kw_only=True)
class SitUp(Motion):
    """On the back, knees up, the trunk raised; a crunch lifts the shoulders alone."""

    arms: str = one_of("crossed", "head", "front", "chest", "overhead", "sides")
    top: float = ranging(-8, -62, 14)
    heels: float = ranging(0.5, 0.35, 0.75)
    knees: float = ranging(0.1, 0.06, 0.2)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Lying at 0, up at 1; the head towards -z."""
        chest = mix(-89, self.top, depth)
        pelvis = -89 + 0.75 * max(chest + 62, 0) * depth
        hips = vector(0, _LYING_HIPS, 0)
        head = facing(chest + 18 * float(np.sin(np.pi * min(depth * 1.2, 1))))
        posture = Posture(skeleton, hips, facing(pelvis), facing(chest), head)
        for side, sign in SIDES:
            ankle = vector(sign * self.knees, skeleton.ankle_height, self.heels)
            posture.leg(side, ankle, vector(0, 1, 0.2), np.eye(3))
        if self.arms == "overhead":
            place_arms(posture, "overhead", 1 - 0.55 * depth)
        else:
            place_arms(posture, self.arms)
        return posture


@dataclass(frozen=True, kw_only=True)
class LieOnBack(Motion):
    """On the back: legs lifted, knees drawn up, or the hips raised (a bridge)."""

    kind: str = one_of("legs", "knees", "bridge", "rest")
    arms: str = one_of("sides", "overhead", "head", "wide", "crossed")
    height: float = ranging(60, 20, 90)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Flat at 0 (knees up for the bridge), lifted at 1; the head towards -z."""
        if self.kind == "bridge":
            return self._bridge(skeleton, depth)
        posture = Posture(skeleton, vector(0, _LYING_HIPS, 0), facing(-90))
        angle = np.radians(self.height * depth if self.kind == "legs" else 0)
        reach = skeleton.leg * 0.985
        ankle = vector(0, float(np.sin(angle)), float(np.cos(angle))) * reach
        if self.kind == "knees":
            ankle = vector(0, 0.12, mix(reach, 0.3, depth))
        for side, sign in SIDES:
            end = posture.at(f"thigh_{side}") + ankle + vector(sign * 0.02, -0.03, 0)
            foot = facing(-25 - float(np.degrees(angle)))
            posture.leg(side, end, vector(0, 1, 0.1), foot)
        place_arms(posture, self.arms)
        return posture

    def _bridge(self, skeleton: Skeleton, depth: float) -> Posture:
        pitch = mix(-90, -114, depth)
        rise = float(np.sin(np.radians(-90 - pitch))) * skeleton.torso
        hips = vector(0, _LYING_HIPS + rise, 0.02 * depth)
        posture = Posture(skeleton, hips, facing(pitch), facing(pitch), facing(-92))
        for side, sign in SIDES:
            ankle = vector(sign * 0.12, skeleton.ankle_height, 0.46)
            posture.leg(side, ankle, vector(0, 1, 0.3), np.eye(3))
        place_arms(posture, "sides")
        return posture


@dataclass(frozen=True, kw_only=True)
class LieOnFront(Motion):
    """Face down: at rest, or the chest pushed up by the arms (cobra, upward dog)."""

    top: float = ranging(46, 8, 66)
    hips: float = ranging(0.0, 0.0, 0.12)
    hands: float = ranging(0.12, -0.05, 0.25)
    legs: float = ranging(0.1, 0.06, 0.2)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Flat at 0, chest up at 1; the head towards +z."""
        chest = 90 - self.top * depth
        hips = vector(0, _LYING_HIPS + self.hips * depth, 0)
        pelvis = facing(90 - 0.25 * self.top * depth)
        posture = Posture(skeleton, hips, pelvis, facing(chest), facing(mix(66, chest - 18, depth)))
        _legs_behind(posture, float(hips[1]), self.legs, 0.996)
        flat = Posture(skeleton, vector(0, _LYING_HIPS, 0), facing(90))
        for side, sign in SIDES:
            start = flat.at(f"upperarm_{side}")
            wrist = vector(sign * (skeleton.shoulder_half + 0.08), WRIST_HEIGHT, 0)
            wrist[2] = start[2] - self.hands
            posture.arm(side, wrist, vector(sign * 0.6, 0.8, -0.8))
            posture.hand_flat(side)
        return posture


@dataclass(frozen=True, kw_only=True)
class Cobra(Motion):
    """Face down, the chest pushed up until the arms are straight: cobra, or upward dog.

    `hips`: their height at the top, metres. `legs`: how far they are stretched, as a share of their
    length. `low`: the shoulders above the hands at depth 0, metres. `arch`: of the trunk, degrees.
    `ahead`: hands in front of the shoulders at the top, metres. `gaze`: head bent back, degrees.
    """

    hips: float = ranging(0.14, 0.11, 0.18)
    legs: float = ranging(0.99, 0.98, 0.998)
    low: float = ranging(0.12, 0.06, 0.25)
    arch: float = ranging(40, 25, 60)
    ahead: float = ranging(0.02, -0.06, 0.12)
    width: float = ranging(1.2, 0.95, 1.6)
    feet: float = ranging(0.1, 0.06, 0.2)
    gaze: float = ranging(15, -20, 35)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Chest near the floor at 0, up on straight arms at 1; the head towards +z."""
        top = self._trunk(skeleton, 1)
        hands = float(top.at("upperarm_l")[2]) + self.ahead
        posture = self._trunk(skeleton, depth)
        _legs_behind(posture, mix(_LYING_HIPS, self.hips, depth), self.feet, self.legs)
        for side, sign in SIDES:
            wrist = vector(sign * self.width * skeleton.shoulder_half, WRIST_HEIGHT, hands)
            posture.arm(side, wrist, vector(sign * 0.5, 0.3, -1))
            posture.hand_flat(side)
        return posture

    def _trunk(self, skeleton: Skeleton, depth: float) -> Posture:
        """Hips and shoulders as high as they are at a depth."""
        hips = vector(0, mix(_LYING_HIPS, self.hips, depth), 0)
        high = WRIST_HEIGHT + mix(self.low, 0.97 * skeleton.arm, depth)
        pitch = float(np.degrees(np.arccos(np.clip((high - hips[1]) / skeleton.torso, -0.9, 0.98))))
        arch = self.arch * depth / 2
        head = facing(pitch - arch - self.gaze * depth)
        return Posture(skeleton, hips, facing(pitch + arch), facing(pitch - arch), head)


def _legs_behind(posture: Posture, high: float, apart: float, stretched: float) -> None:
    """Both legs on the floor behind hips that are so high, the tops of the feet down."""
    skeleton = posture.skeleton
    for side, sign in SIDES:
        way = vector(sign * (apart - skeleton.hip_half), 0.06 - high, 0)
        way[2] = -np.sqrt((stretched * skeleton.leg) ** 2 - way @ way)
        posture.leg(side, posture.at(f"thigh_{side}") + way, vector(0, -1, 0.2), facing(150))


@dataclass(frozen=True, kw_only=True)
class Kneel(Motion):
    """On the knees: the hips go from above them back to the heels, arms as in standing."""

    arms: str = one_of("sides", "hips", "knees", "chest", "overhead", "phone", "front")
    spread: float = ranging(0.12, 0.07, 0.22)
    lean: float = ranging(8, -8, 40)
    sit: float = ranging(0.8, 0.2, 1.0)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Upright on the knees at 0, sitting back at 1; the knees at z = 0."""
        angle = np.radians(4 + 58 * self.sit * depth)
        up, back = float(np.cos(angle)), float(np.sin(angle))
        hips = vector(0, KNEE_HEIGHT + skeleton.thigh * up, -skeleton.thigh * back)
        lean = mix(2, self.lean, depth)
        posture = Posture(skeleton, hips, facing(lean * 0.8), facing(lean), facing(lean * 0.5))
        kneel(posture, self.spread)
        place_arms(posture, self.arms)
        return posture


def kneel(posture: Posture, spread: float) -> None:
    """Both knees and shins on the floor, wherever the hips are within reach."""
    skeleton = posture.skeleton
    for side, sign in SIDES:
        hip = posture.at(f"thigh_{side}")
        level = hip[1] - KNEE_HEIGHT
        out = sign * (spread - skeleton.hip_half)
        ahead = float(np.sqrt(max(skeleton.thigh**2 - level**2 - out**2, 0)))
        knee = vector(hip[0] + out, KNEE_HEIGHT, hip[2] + ahead)
        ankle = knee + unit((0, 0.02, -1)) * skeleton.shin
        posture.leg(side, ankle, knee - (hip + ankle) / 2, facing(145), toes=-10)


@dataclass(frozen=True, kw_only=True)
class AllFours(Motion):
    """On hands and knees: rocking back to the heels, or an arm and the other leg stretched."""

    kind: str = one_of("rock", "bird_l", "bird_r", "still")
    width: float = ranging(1.0, 0.85, 1.3)
    rock: float = ranging(0.7, 0.3, 1.0)
    arch: float = ranging(0, -18, 14)
    gaze: float = ranging(10, -25, 40)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Square on hands and knees at 0, moved at 1; the head towards +z."""
        back = self.rock * depth if self.kind == "rock" else 0.0
        angle = np.radians(4 + 60 * back)
        hips = vector(0, KNEE_HEIGHT + skeleton.thigh * float(np.cos(angle)), 0)
        hips[2] = -skeleton.thigh * float(np.sin(angle))
        start = self._trunk(skeleton, vector(0, KNEE_HEIGHT + skeleton.thigh, 0), 0)
        hands = float(start.at("upperarm_l")[2]) + 0.03
        posture = self._trunk(skeleton, hips, back)
        kneel(posture, 0.12)
        for side, sign in SIDES:
            wrist = vector(sign * self.width * skeleton.shoulder_half, WRIST_HEIGHT, hands)
            posture.arm(side, wrist, vector(sign * 0.4, 0.2, -1))
            posture.hand_flat(side, -4)
        if self.kind.startswith("bird") and depth > 0:
            _bird_dog(posture, "l" if self.kind == "bird_l" else "r", ease(depth))
        return posture

    def _trunk(self, skeleton: Skeleton, hips: FloatArray, back: float) -> Posture:
        """Shoulders at arm's height above the floor, less as he rocks back."""
        high = mix(WRIST_HEIGHT + 0.975 * skeleton.arm, 0.24, back)
        pitch = float(np.degrees(np.arccos(np.clip((high - hips[1]) / skeleton.torso, -0.9, 0.9))))
        chest, head = facing(pitch + self.arch * 0.5), facing(pitch - self.gaze)
        return Posture(skeleton, hips, facing(pitch - self.arch * 0.5), chest, head)


def _bird_dog(posture: Posture, side: Side, share: float) -> None:
    """Stretch one arm ahead and the other side's leg back."""
    other = OTHER[side]
    shoulder, skeleton = posture.at(f"upperarm_{side}"), posture.skeleton
    start = posture.at(f"hand_{side}")
    end = shoulder + vector(0, 0.06, 0.97) * skeleton.arm
    posture.arm(side, _lifted(start, end, share), vector(0, 0.2, -1))
    posture.turn(f"hand_{side}", posture.rotation(f"lowerarm_{side}"))
    hip, ankle = posture.at(f"thigh_{other}"), posture.at(f"foot_{other}")
    far = hip + vector(0, 0.02, -0.985) * skeleton.leg
    posture.leg(
        other, ankle + (far - ankle) * share, vector(0, -1, 0.3), facing(mix(145, 100, share))
    )


@dataclass(frozen=True, kw_only=True)
class DownwardDog(Motion):
    """Hands and feet on the floor, the hips pushed up from a plank."""

    shorter: float = ranging(0.25, 0.0, 0.45)
    width: float = ranging(1.2, 0.95, 1.5)
    knees: float = ranging(0.985, 0.93, 0.995)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Plank at 0, hips high at 1."""
        plank = PushUp(width=self.width, ahead=0.0, pike=0.0).posture(skeleton, 0)
        return through([plank, self._dog(skeleton, plank)], depth)

    def _dog(self, skeleton: Skeleton, plank: Posture) -> Posture:
        hands = vector(0, WRIST_HEIGHT, float(plank.at("hand_l")[2]) - self.shorter)
        ankle = ankle_over(skeleton, vector(0, ball_height(skeleton), 0), _DOG_HEELS)
        upper = skeleton.torso + skeleton.arm * 0.97
        hips, lean = _apex(ankle, hands, skeleton.leg * self.knees, upper)
        posture = Posture(skeleton, hips, facing(lean), facing(lean), facing(lean - 5))
        for side, sign in SIDES:
            ball = vector(sign * 0.1, ball_height(skeleton), 0)
            on_toes(posture, side, ball, _DOG_HEELS, vector(0, 0, 1))
            wrist = hands + vector(sign * self.width * skeleton.shoulder_half, 0, 0)
            posture.arm(side, wrist, vector(sign, 0, -0.3))
            posture.hand_flat(side)
        return posture


def _apex(
    foot: FloatArray, hand: FloatArray, lower: float, upper: float
) -> tuple[FloatArray, float]:
    """Hips above foot and hand at the given distances, and the trunk's pitch in degrees."""
    way = hand - foot
    span = float(np.clip(np.linalg.norm(way), abs(lower - upper) + 1e-3, (lower + upper) * 0.999))
    along = unit(way)
    reach = (lower**2 - upper**2 + span**2) / (2 * span)
    rise = vector(0, float(along[2]), -float(along[1]))
    hips = foot + along * reach + rise * float(np.sqrt(max(lower**2 - reach**2, 0)))
    trunk = hand - hips
    return hips, float(np.degrees(np.arctan2(trunk[2], trunk[1])))


@dataclass(frozen=True, kw_only=True)
class SitOnFloor(Motion):
    """Sitting on the floor, legs ahead: reaching for the toes or turning."""

    reach: float = ranging(35, -10, 60)
    twist: float = ranging(0, -40, 40)
    knees: float = ranging(0.97, 0.55, 0.985)
    arms: str = one_of("front", "knees", "sides", "crossed", "chest")
    lean: float = ranging(-6, -28, 6)

    def posture(self, skeleton: Skeleton, depth: float) -> Posture:
        """Upright at 0, reaching or turned at 1; the legs towards +z."""
        lean, twist = self.lean + self.reach * depth, self.twist * depth
        chest = facing(lean, twist)
        posture = Posture(skeleton, vector(0, _LYING_HIPS, 0), facing(lean * 0.6), chest)
        for side, sign in SIDES:
            ankle = vector(sign * 0.12, 0.06, self.knees * skeleton.leg)
            posture.leg(side, ankle, vector(0, 1, 0), facing(-20))
        for side, _ in SIDES:
            place_arm(posture, side, self.arms)
        return posture
