"""A person's bones at rest, with the 33 BlazePose points fixed to them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from people.rotations import FloatArray


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Bones in metres: y up, facing +z, soles at y = 0, arms half lowered.

    `names`: n bones, parents before their children. `parents`: (n,), -1 for the root.
    `heads`, `tails`: (n, 3) where each bone starts and ends.
    `landmark_bones`: (33,) the bone each BlazePose point moves with; `landmark_points`: (33, 3)
    where the point lies at rest.
    """

    names: tuple[str, ...]
    parents: NDArray[np.int64]
    heads: FloatArray
    tails: FloatArray
    landmark_bones: NDArray[np.int64]
    landmark_points: FloatArray

    @cached_property
    def index(self) -> dict[str, int]:
        """Bone name -> row."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def descendants(self) -> tuple[tuple[int, ...], ...]:
        """For each bone the rows of all bones that hang on it."""
        below: list[list[int]] = [[] for _ in self.names]
        for i in reversed(range(len(self.names))):
            if self.parents[i] >= 0:
                below[self.parents[i]] += [i, *below[i]]
        return tuple(map(tuple, below))

    def joint(self, name: str) -> FloatArray:
        """Where the named bone starts, (3,)."""
        start: FloatArray = self.heads[self.index[name]]
        return start

    def distance(self, first: str, second: str) -> float:
        """Metres between the starts of two bones at rest."""
        return float(np.linalg.norm(self.joint(first) - self.joint(second)))

    @cached_property
    def thigh(self) -> float:
        """Hip to knee, metres."""
        return self.distance("thigh_l", "calf_l")

    @cached_property
    def shin(self) -> float:
        """Knee to ankle, metres."""
        return self.distance("calf_l", "foot_l")

    @cached_property
    def leg(self) -> float:
        """Hip to ankle along the bones, metres."""
        return self.thigh + self.shin

    @cached_property
    def upper_arm(self) -> float:
        """Shoulder to elbow, metres."""
        return self.distance("upperarm_l", "lowerarm_l")

    @cached_property
    def forearm(self) -> float:
        """Elbow to wrist, metres."""
        return self.distance("lowerarm_l", "hand_l")

    @cached_property
    def arm(self) -> float:
        """Shoulder to wrist along the bones, metres."""
        return self.upper_arm + self.forearm

    @cached_property
    def torso(self) -> float:
        """Hips to shoulders, metres upwards."""
        return float(self.joint("upperarm_l")[1] - self.hips[1])

    @cached_property
    def hip_half(self) -> float:
        """Half the distance between the hip joints, metres."""
        return float(abs(self.joint("thigh_l")[0]))

    @cached_property
    def shoulder_half(self) -> float:
        """Half the distance between the shoulder joints, metres."""
        return float(abs(self.joint("upperarm_l")[0]))

    @cached_property
    def hips(self) -> FloatArray:
        """Middle of the hip joints at rest, (3,)."""
        middle: FloatArray = (self.joint("thigh_l") + self.joint("thigh_r")) / 2
        return middle

    @cached_property
    def ankle_height(self) -> float:
        """Ankle above the floor with the shoe's sole under the foot, metres."""
        return float(self.joint("foot_l")[1]) + 0.012
