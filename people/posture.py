"""One posture of a skeleton: bones turned parents first, limbs solved by two-bone IK."""

from collections.abc import Mapping
from copy import copy
from typing import Literal

import numpy as np

from people.rotations import (
    FloatArray,
    align,
    between,
    blend,
    facing,
    hinge,
    shortest,
    turn,
    unit,
    vector,
)
from people.skeleton import Skeleton

Side = Literal["l", "r"]
SIGN: Mapping[Side, int] = {"l": 1, "r": -1}
"""Of a side's x: the person faces +z, so his left is +x."""
SIDES = tuple(SIGN.items())
OTHER: Mapping[Side, Side] = {"l": "r", "r": "l"}

_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_CURL = 75
"""Of a fist, degrees from each joint of a finger to the next."""
_STRAIGHTEST = 0.9995


class Posture:
    """A skeleton with every bone turned. Bones never asked for keep their parent's rotation.

    `hips`: where the middle of the hip joints is, (3,) metres. `pelvis`, `chest`: rotations
    (3, 3) from rest; the spine bends evenly from one to the other. `head`: rotation, default
    the chest's. Turn parents before children: turning a bone sets what hangs on it back to rest.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        hips: FloatArray,
        pelvis: FloatArray,
        chest: FloatArray | None = None,
        head: FloatArray | None = None,
    ) -> None:
        count = len(skeleton.names)
        self.skeleton = skeleton
        self.rotations = np.tile(np.eye(3), (count, 1, 1))
        self.origins = np.zeros((count, 3))
        self._placed = [False] * count
        root = skeleton.index["Root"]
        self.rotations[root] = pelvis
        self.origins[root] = hips + pelvis @ (skeleton.joint("Root") - skeleton.hips)
        self._placed[root] = True
        self._torso(pelvis, pelvis if chest is None else chest, head)

    def _torso(self, pelvis: FloatArray, chest: FloatArray, head: FloatArray | None) -> None:
        self.turn("pelvis", pelvis)
        for k, bone in enumerate(("spine_01", "spine_02", "spine_03"), 1):
            self.turn(bone, between(pelvis, chest, k / 3))
        head = chest if head is None else head
        self.turn("neck_01", between(chest, head, 0.5))
        self.turn("head", head)

    def turn(self, bone: str, rotation: FloatArray) -> None:
        """Give a bone its rotation from rest, (3, 3), in world axes."""
        i = self.skeleton.index[bone]
        for row in (i, *self.skeleton.descendants[i]):
            self._placed[row] = False
        self._place(i, rotation)

    def _place(self, i: int, rotation: FloatArray) -> None:
        self.origins[i] = self.at(self.skeleton.names[i])
        self.rotations[i] = rotation
        self._placed[i] = True

    def at(self, bone: str) -> FloatArray:
        """Where a bone starts, (3,) metres."""
        s = self.skeleton
        i = s.index[bone]
        origin: FloatArray = self.origins[i].copy()
        if not self._placed[i]:
            parent = s.parents[i]
            offset = s.heads[i] - s.heads[parent]
            origin = self.at(s.names[parent]) + self.rotation(s.names[parent]) @ offset
        return origin

    def rotation(self, bone: str) -> FloatArray:
        """A bone's rotation from rest, (3, 3); its parent's where it has none of its own."""
        s = self.skeleton
        i = s.index[bone]
        return self.rotations[i] if self._placed[i] else self.rotation(s.names[s.parents[i]])

    def leg(
        self, side: Side, ankle: FloatArray, knee: FloatArray, foot: FloatArray, toes: float = 0
    ) -> None:
        """Bring the ankle to a point, the knee towards a direction; turn foot and toes."""
        self._reach((f"thigh_{side}", f"calf_{side}", f"foot_{side}"), ankle, knee, unit((0, 0, 1)))
        self.turn(f"foot_{side}", foot)
        self.turn(f"ball_{side}", foot @ turn("x", -toes))

    def arm(self, side: Side, wrist: FloatArray, elbow: FloatArray) -> None:
        """Bring the wrist to a point, the elbow towards a direction."""
        s = self.skeleton
        bones = (f"upperarm_{side}", f"lowerarm_{side}", f"hand_{side}")
        shoulder, mid, end = (s.joint(bone) for bone in bones)
        self._reach(bones, wrist, elbow, mid - (shoulder + end) / 2)

    def hand_flat(self, side: Side, yaw: float = 0) -> None:
        """Lay the palm on the floor, fingers ahead and turned outward by `yaw`."""
        s, sign, up = self.skeleton, SIGN[side], vector(0, 1, 0)
        ahead, inward = turn("y", sign * yaw)[:, 2], turn("y", sign * yaw)[:, 0] * -sign
        fingers = s.joint(f"middle_01_{side}") - s.joint(f"hand_{side}")
        across = s.joint(f"index_01_{side}") - s.joint(f"pinky_01_{side}")
        rotation = align(fingers, across, ahead - 0.1 * up, inward)
        self.turn(f"hand_{side}", rotation)
        for bone in (f"{finger}_0{k}_{side}" for finger in _FINGERS for k in (1, 2, 3)):
            i = s.index[bone]
            pointing = rotation @ (s.tails[i] - s.heads[i])
            flat = pointing - up * (pointing @ up) - 0.004 * up
            self.turn(bone, shortest(pointing, flat) @ rotation)

    def fist(self, side: Side) -> None:
        """Curl the fingers, the way they are a little curled at rest."""
        s, hand = self.skeleton, self.rotation(f"hand_{side}")
        first, last = (s.index[f"middle_0{k}_{side}"] for k in (1, 3))
        axle = np.cross(s.tails[first] - s.heads[first], s.tails[last] - s.heads[last])
        for bone in (f"{finger}_0{k}_{side}" for finger in _FINGERS[1:] for k in (1, 2, 3)):
            self.turn(bone, hand @ _about(axle, _CURL * int(bone[-3])))

    def _reach(
        self, bones: tuple[str, str, str], target: FloatArray, pole: FloatArray, bend: FloatArray
    ) -> None:
        """Two-bone IK by the law of cosines; out of reach, the limb points at the target."""
        s = self.skeleton
        upper, lower, end = bones
        rest = [s.joint(bone) for bone in bones]
        first, second = s.distance(upper, lower), s.distance(lower, end)
        start = self.at(upper)
        way = target - start
        length = float(np.sqrt(way @ way))
        distance = min(max(length, abs(first - second) + 1e-3), (first + second) * _STRAIGHTEST)
        along = way / max(length, 1e-9)
        side = unit(pole - along * (pole @ along))
        reach = (first**2 - second**2 + distance**2) / (2 * distance)
        middle = start + along * reach + side * np.sqrt(max(first**2 - reach**2, 0))
        before, after = hinge(rest[2] - rest[0], bend), hinge(along, side)
        self.turn(upper, align(rest[1] - rest[0], before, middle - start, after))
        final = start + along * distance
        self.turn(lower, align(rest[2] - rest[1], before, final - middle, after))

    def matrices(self) -> FloatArray:
        """Bone transforms from rest to here, (n, 4, 4), for skinning."""
        self._settle()
        matrices = np.tile(np.eye(4), (len(self.rotations), 1, 1))
        matrices[:, :3, :3] = self.rotations
        moved = np.einsum("nij,nj->ni", self.rotations, self.skeleton.heads)
        matrices[:, :3, 3] = self.origins - moved
        return matrices

    def landmarks(self) -> FloatArray:
        """The 33 BlazePose points, (33, 3) metres, y up, the person facing +z."""
        s = self.skeleton
        for bone in set(s.landmark_bones.tolist()):
            self._settle_bone(bone)
        offset = s.landmark_points - s.heads[s.landmark_bones]
        turned = np.einsum("nij,nj->ni", self.rotations[s.landmark_bones], offset)
        points: FloatArray = self.origins[s.landmark_bones] + turned
        return points

    def moved(self, offset: FloatArray, yaw: float = 0) -> "Posture":
        """The same posture turned left about the origin's vertical, then moved by (3,) metres."""
        self._settle()
        matrix = turn("y", yaw)
        return self._rebuilt(matrix @ self.rotations, self.origins @ matrix.T + offset)

    def towards(self, other: "Posture", share: float) -> "Posture":
        """The posture a share of the way to another: bones turned the short way, lengths kept."""
        self._settle()
        other._settle()
        s = self.skeleton
        rotations = blend(self.rotations, other.rotations, share)
        # Carried by the pelvis, not by the root that lies at the feet.
        pelvis = s.index["pelvis"]
        origin = self.origins[pelvis] + share * (other.origins[pelvis] - self.origins[pelvis])
        origins = np.zeros_like(self.origins)
        for i, parent in enumerate(s.parents):
            if parent >= 0:
                offset = s.heads[i] - s.heads[parent]
                origins[i] = origins[parent] + rotations[parent] @ offset
        return self._rebuilt(rotations, origins + origin - origins[pelvis])

    def grounded(self) -> "Posture":
        """Lifted, where need be, so that no landmark is under the floor."""
        return self.moved(vector(0, max(0.0, -float(self.landmarks()[:, 1].min())), 0))

    def _rebuilt(self, rotations: FloatArray, origins: FloatArray) -> "Posture":
        posture = copy(self)
        posture.rotations, posture.origins = rotations, origins
        posture._placed = [True] * len(rotations)
        return posture

    def _settle(self) -> None:
        for i in range(len(self._placed)):
            self._settle_bone(i)

    def _settle_bone(self, i: int) -> None:
        if not self._placed[i]:
            self._place(i, self.rotation(self.skeleton.names[i]))


def _about(axis: FloatArray, degrees: float) -> FloatArray:
    tilt = shortest(unit((1, 0, 0)), axis)
    return tilt @ facing(pitch=degrees) @ tilt.T
