"""The triangles to draw: a body dressed in an outfit, cloth pushed out and hidden skin cut away."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from people.body import EYES, SKIN, TIGHTS, Body
from people.outfit import Outfit
from people.rotations import FloatArray

_SHOE_TOP = 1.93
_HANDS = ("hand", "thumb", "index", "middle", "ring", "pinky")


class Kind(IntEnum):
    """What a triangle is made of; each has its own shader."""

    SKIN = 0
    EYE = 1
    CLOTH = 2
    HAIR = 3


_KINDS = {
    "body": Kind.SKIN,
    "helper-l-eye": Kind.EYE,
    "helper-r-eye": Kind.EYE,
    "helper-tights": Kind.CLOTH,
    "helper-hair": Kind.HAIR,
}


class Limb(IntEnum):
    """Which part of the body a vertex belongs to."""

    TORSO = 0
    ARM = 1
    LEG = 2
    FOOT = 3
    HEAD = 4


ATTRIBUTES = (("position", 3), ("normal", 3), ("unshaped", 3), ("uv", 2), ("bones", 4),
              ("weights", 4), ("garment", 3))  # fmt: skip
"""Vertex attributes in order, with their float counts. `unshaped`: the base mesh, where the
shaders draw; `garment`: distance inside the cut, height over the waist, zone (0, 1, 2: shirt,
trousers, shoes)."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """`vertices` (k, 22) float32 as ATTRIBUTES say; `triangles` per kind, (m, 3) int32 rows."""

    vertices: NDArray[np.float32]
    triangles: dict[Kind, NDArray[np.int32]]


def dress(body: Body, outfit: Outfit) -> Mesh:
    """The body at rest, dressed."""
    limb, along = _limbs(body)
    normals = _normals(body)
    cut = _cut(body, outfit, limb, along)
    shoe = (limb == Limb.FOOT) | ((limb == Limb.LEG) & (along > 1.9))
    vertices = body.vertices + normals * _cloth_offset(outfit, limb, along, shoe)[:, None]
    tucked = np.clip(cut * 0.2, 0, 0.012) * (limb != Limb.HEAD)
    vertices[SKIN] -= (normals * tucked[:, None])[SKIN]
    thickness, scalp = _hair(body, outfit, limb)
    vertices += normals * thickness[:, None]
    cut[scalp] = 10.0 if outfit.hair > 0 else -10.0
    hidden = np.where(_is_skin(body), (cut > 0.30) & (limb != Limb.HEAD), cut < -0.05)
    garment = np.stack([cut, *_zones(body, limb, shoe)], 1)
    return _assemble(body, vertices, normals, garment, hidden)


def _is_skin(body: Body) -> NDArray[np.bool_]:
    return np.arange(len(body.vertices)) < SKIN.stop


def _limbs(body: Body) -> tuple[NDArray[np.int64], FloatArray]:
    """Each vertex's Limb, and how far along: 0 shoulder, hip; 1 elbow, knee; 2 wrist, ankle."""
    names = np.array(body.assets.bone_names)[body.assets.bone_index[:, 0]]
    limb = np.zeros(len(names), np.int64)
    along = np.zeros(len(names))
    joint = body.skeleton.joint

    def measure(bone: str, start: str, end: str, first: float, part: Limb) -> None:
        on = names == bone
        way = joint(end) - joint(start)
        limb[on] = part
        along[on] = first + (body.vertices[on] - joint(start)) @ way / (way @ way)

    for side in "lr":
        for part, chain in (
            (Limb.ARM, ("upperarm", "lowerarm", "hand")),
            (Limb.LEG, ("thigh", "calf", "foot")),
        ):
            upper, lower, end = (f"{bone}_{side}" for bone in chain)
            measure(upper, upper, lower, 0, part)
            measure(lower, lower, end, 1, part)
        for part, bones in ((Limb.FOOT, ("foot", "ball")), (Limb.ARM, _HANDS)):
            on = np.isin([n.split("_")[0] for n in names], bones) & np.char.endswith(names, side)
            limb[on], along[on] = part, 2
    limb[np.isin(names, ("head", "neck_01"))] = Limb.HEAD
    return limb, along


def _normals(body: Body) -> FloatArray:
    corners = body.vertices[body.assets.faces.vertices]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(body.vertices)
    for k in range(3):
        np.add.at(normals, body.assets.faces.vertices[:, k], face)
    scaled: FloatArray = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return scaled


def _cut(body: Body, outfit: Outfit, limb: NDArray[np.int64], along: FloatArray) -> FloatArray:
    """How far inside its garment each vertex is; below 0 is bare. In limb lengths."""
    cut = np.ones(len(limb))
    arm, leg = limb == Limb.ARM, limb == Limb.LEG
    cut[arm] = outfit.sleeve - along[arm]
    cut[leg] = outfit.leg - along[leg]
    cut[leg & (along > 1.9)] = along[leg & (along > 1.9)] - _SHOE_TOP
    _, y, z = body.assets.vertices.T
    collar = np.minimum(1, (5.98 - 0.30 * z - y) * 0.6)  # a plane through the neck, lower in front
    trunk = (limb == Limb.HEAD) | (limb == Limb.TORSO)
    cut[trunk] = collar[trunk]
    return cut


def _cloth_offset(
    outfit: Outfit, limb: NDArray[np.int64], along: FloatArray, shoe: NDArray[np.bool_]
) -> FloatArray:
    """Metres that cloth stands off the skin: wider towards the ends of sleeves and shorts."""
    offset = np.full(len(limb), outfit.loose)
    offset += np.where(limb == Limb.ARM, 0.012 * np.clip(along / max(outfit.sleeve, 1e-3), 0, 1), 0)
    if outfit.leg < 1.2:
        offset += np.where(limb == Limb.LEG, 0.016 * np.clip(along / outfit.leg, 0, 1), 0)
    offset[shoe] = 0.007
    worn = np.zeros(len(limb))
    worn[TIGHTS] = offset[TIGHTS]
    return worn


def _hair(
    body: Body, outfit: Outfit, limb: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Metres of hair on each vertex, and which are scalp (above a hairline, decimetres)."""
    x, y, z = body.assets.vertices.T
    front = 7.28 + 0.58 * np.clip((z - 0.35) / 0.75, 0, 1) ** 0.7
    hairline = np.where(z > 0.35, front, 7.28 - 0.9 * np.clip(-z / 0.45, 0, 1))
    scalp = _is_skin(body) & (y > 6.3) & (np.abs(x) < 0.80) & (limb == Limb.HEAD)
    above = np.where(scalp, y - hairline, -1)
    tufts = 0.7 + 0.3 * np.sin(x * 9 + 3) * np.sin(z * 11) + 0.25 * np.sin(y * 17 + x * 13)
    return outfit.hair * np.clip(above / 0.22, 0, 1) * tufts, scalp


def _zones(
    body: Body, limb: NDArray[np.int64], shoe: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    over_waist = body.vertices[:, 1] - (body.skeleton.joint("spine_01")[1] - 0.02)
    trousers = (limb == Limb.LEG) | ((limb == Limb.TORSO) & (over_waist < 0))
    height = np.where(limb == Limb.TORSO, over_waist * 10, np.where(limb == Limb.LEG, -1.0, 1.0))
    return height, np.where(shoe, 2.0, np.where(trousers, 1.0, 0.0))


def _assemble(
    body: Body,
    vertices: FloatArray,
    normals: FloatArray,
    garment: FloatArray,
    hidden: NDArray[np.bool_],
) -> Mesh:
    """One row for each pair of a vertex and a texture point that a shown triangle uses."""
    assets, faces = body.assets, body.assets.faces
    kinds = np.array([_KINDS[group] for group in faces.groups])
    coverable = np.isin(kinds, (Kind.SKIN, Kind.CLOTH))
    shown = ~(hidden[faces.vertices].all(1) & coverable)
    pairs = np.stack([faces.vertices[shown], faces.textures[shown]], -1).reshape(-1, 2)
    (v, t), rows = _unique_pairs(pairs)
    columns = [vertices[v], normals[v], _unshaped(body)[v], assets.texture[t],
               assets.bone_index[v], assets.bone_weight[v], garment[v]]  # fmt: skip
    triangles = rows.reshape(-1, 3).astype(np.int32)
    by_kind = {kind: triangles[kinds[shown] == kind] for kind in Kind}
    return Mesh(np.concatenate(columns, 1).astype(np.float32), by_kind)


def _unique_pairs(
    pairs: NDArray[np.int64],
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]:
    unique, rows = np.unique(pairs, axis=0, return_inverse=True)
    return (unique[:, 0], unique[:, 1]), rows.reshape(-1)


def _unshaped(body: Body) -> FloatArray:
    """The unshaped mesh in metres; for eyes, the direction from the eyeball's centre."""
    unshaped: FloatArray = body.assets.vertices * 0.1
    for rows in EYES.values():
        eye = body.assets.vertices[rows]
        way = eye - (eye.min(0) + eye.max(0)) / 2
        unshaped[rows] = way / np.linalg.norm(way, axis=1, keepdims=True)
    return unshaped
