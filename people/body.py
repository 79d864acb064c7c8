"""An adult body from shape sliders: its skin at rest and its skeleton."""

from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from people.assets import Assets
from people.rotations import FloatArray
from people.skeleton import Skeleton

SKIN = slice(0, 13380)
EYES = {"l": slice(14598, 14670), "r": slice(14670, 14742)}
TIGHTS = slice(15328, 18002)
ADULT_AGE = 2 / 3

_SLIDERS = {
    "gender": ("male", "female"),
    "age": ("baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "", "maxheight"),
    "proportions": ("uncommonproportions", "", "idealproportions"),
}
_TARGETS = (
    ("universal-{}-{}-{}-{}", ("gender", "age", "muscle", "weight")),
    ("height/{}-{}-{}-{}-{}", ("gender", "age", "muscle", "weight", "height")),
    ("proportions/{}-{}-{}-{}-{}", ("gender", "age", "muscle", "weight", "proportions")),
)
_ANCESTRIES = ("african", "asian", "caucasian")
_TRACED = ((11, "upperarm"), (13, "lowerarm"), (15, "hand"), (17, "pinky_01"), (19, "index_01"),
           (21, "thumb_02"), (23, "thigh"), (25, "calf"), (27, "foot"))  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """MakeHuman's sliders, each 0..1, and the shares of its three ancestries.

    `gender`: 0 male .. 1 female. `age`: 2/3 is 25 years, 1 is 90; children are refused.
    Raises ValueError when a slider is out of its range.
    """

    gender: float = 0.0
    age: float = 0.7
    muscle: float = 0.6
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.7
    ancestry: tuple[float, float, float] = (0.2, 0.2, 0.6)

    def __post_init__(self) -> None:
        for name in _SLIDERS:
            low = ADULT_AGE if name == "age" else 0
            if not low <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in {low:.3g}..1, not {getattr(self, name)}")
        if min(self.ancestry) < 0 or sum(self.ancestry) <= 0:
            raise ValueError(f"ancestry must be shares of 0 or more, not {self.ancestry}")

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Shape":
        """An adult drawn evenly over the sliders, most of them of middling build."""
        african, asian, caucasian = rng.dirichlet((0.6, 0.6, 0.6))
        return cls(
            gender=float(np.clip(rng.choice((0.05, 0.95)) + rng.uniform(-0.05, 0.05), 0, 1)),
            age=rng.uniform(ADULT_AGE, 0.9),
            muscle=rng.uniform(0.25, 0.85),
            weight=rng.triangular(0.15, 0.5, 1.0),
            height=rng.triangular(0.4, 0.52, 0.66),
            proportions=rng.uniform(0.3, 0.9),
            ancestry=(african, asian, caucasian),
        )


class Body:
    """A body at rest: `vertices` (n, 3) metres, y up, facing +z, soles at 0; `skeleton`."""

    def __init__(self, assets: Assets, shape: Shape | None = None) -> None:
        self.assets = assets
        self.shape = shape or Shape()
        self.vertices = _skin(assets, self.shape)
        self.skeleton = _skeleton(assets, self.vertices)


def _skin(assets: Assets, shape: Shape) -> FloatArray:
    vertices = assets.vertices.copy()
    for name, share in _shares(shape).items():
        rows, moves = assets.target(name)
        vertices[rows] += share * moves
    vertices *= 0.1
    vertices[:, 1] -= vertices[SKIN, 1].min()
    return vertices


def _shares(shape: Shape) -> dict[str, float]:
    """Target name -> how much of it this shape takes."""
    values = asdict(shape)
    weights = {name: _spread(values[name], anchors) for name, anchors in _SLIDERS.items()}
    shares = {}
    for pattern, sliders in _TARGETS:
        for picked in product(*(weights[slider].items() for slider in sliders)):
            names = [name for name, _ in picked]
            if all(names):
                shares[pattern.format(*names)] = float(np.prod([share for _, share in picked]))
    people = zip(_ANCESTRIES, shape.ancestry, strict=True)
    ages = product(people, weights["gender"].items(), weights["age"].items())
    for (ancestry, part), (gender, g), (age, a) in ages:
        shares[f"{ancestry}-{gender}-{age}"] = part / sum(shape.ancestry) * g * a
    return {name: share for name, share in shares.items() if share > 1e-4}


def _spread(value: float, anchors: tuple[str, ...]) -> dict[str, float]:
    """Piecewise linear weights of a slider over its evenly spaced anchors."""
    place = value * (len(anchors) - 1)
    shares = {name: 1 - abs(place - i) for i, name in enumerate(anchors)}
    return {name: share for name, share in shares.items() if share > 1e-3}


def _skeleton(assets: Assets, vertices: FloatArray) -> Skeleton:
    heads = np.array([vertices[rows].mean(0) for rows in assets.bone_heads])
    tails = np.array([vertices[rows].mean(0) for rows in assets.bone_tails])
    index = {name: i for i, name in enumerate(assets.bone_names)}
    bones = np.zeros(33, np.int64)
    points = np.zeros((33, 3))
    bones[:11], points[:11] = index["head"], _face(assets, vertices)
    for offset, side in enumerate("lr"):
        for landmark, bone in _TRACED:
            bones[landmark + offset] = index[f"{bone}_{side}"]
            points[landmark + offset] = heads[index[f"{bone}_{side}"]]
        bones[[29 + offset, 31 + offset]] = index[f"foot_{side}"], index[f"ball_{side}"]
        points[[29 + offset, 31 + offset]] = _heel_and_toe(assets, vertices, side)
    return Skeleton(assets.bone_names, assets.parents, heads, tails, bones, points)


def _face(assets: Assets, vertices: FloatArray) -> FloatArray:
    """Nose, eyes, ears and mouth on the skin, (11, 3), found in the unshaped mesh (decimetres)."""
    x, y, z = assets.vertices[SKIN].T
    points = np.zeros((11, 3))
    middle = (np.abs(x) < 0.05) & (y > 6.6) & (y < 7.4)
    points[0] = vertices[np.argmax(np.where(middle, z, -np.inf))]
    for sign, side, first, ear, mouth in ((1, "l", 1, 7, 9), (-1, "r", 4, 8, 10)):
        eye = vertices[EYES[side]]
        centre, radius = (eye.min(0) + eye.max(0)) / 2, np.ptp(eye[:, 0]) / 2
        corners = np.array([(-sign, 0, 0.5), (0, 0, 1), (sign, 0, 0.35)])
        points[first : first + 3] = centre + corners * radius
        points[ear] = vertices[np.argsort(np.where(y > 6.6, -x * sign, np.inf))[:60]].mean(0)
        lips = (np.abs(x * sign - 0.26) < 0.07) & (np.abs(y - 6.68) < 0.12) & (z > 1.2)
        points[mouth] = vertices[SKIN][lips].mean(0)
    return points


def _heel_and_toe(assets: Assets, vertices: FloatArray, side: str) -> FloatArray:
    names = np.array(assets.bone_names)[assets.bone_index[SKIN, 0]]
    sole = np.isin(names, [f"foot_{side}", f"ball_{side}"]) & (vertices[SKIN, 1] < 0.06)
    rows: NDArray[np.int64] = np.flatnonzero(sole)
    z = vertices[rows, 2]
    return vertices[[rows[np.argmin(z)], rows[np.argmax(z)]]]
