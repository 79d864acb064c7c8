"""A dressed person on the graphics card: posed by his bones, drawn in colour or as depth alone."""

import moderngl
import numpy as np

from people.gl import Values, columns, program, set_uniforms, uniform, vertex_array
from people.mesh import ATTRIBUTES, Kind, Mesh
from people.outfit import Outfit
from people.rotations import FloatArray

_BONES = 64


class Figure:
    """`mesh` in the colours of `outfit`, before the camera and in the light of `scene`."""

    def __init__(self, ctx: moderngl.Context, mesh: Mesh, outfit: Outfit, scene: Values) -> None:
        self._ctx = ctx
        self._bones = ctx.buffer(reserve=_BONES * 64)
        rows = ctx.buffer(mesh.vertices.tobytes())
        kinds = [kind for kind in Kind if len(mesh.triangles[kind])]
        self._drawn: dict[Kind, moderngl.VertexArray] = {}
        self._solid: list[moderngl.VertexArray] = []
        for kind in kinds:
            index = ctx.buffer(mesh.triangles[kind].tobytes())
            drawn = program(ctx, "person.vert", "person.frag", KIND=kind)
            set_uniforms(drawn, scene | _colours(outfit))
            self._drawn[kind] = vertex_array(ctx, drawn, rows, ATTRIBUTES, index)
            if kind is not Kind.HAIR:
                solid = program(ctx, "person.vert", "depth.frag", KIND=kind)
                self._solid.append(vertex_array(ctx, solid, rows, ATTRIBUTES, index))

    def pose(self, matrices: FloatArray) -> None:
        """Take a posture: (n, 4, 4) bone transforms from rest."""
        bones = np.tile(np.eye(4), (_BONES, 1, 1))
        bones[: len(matrices)] = matrices
        self._bones.write(columns(bones))

    def draw(self, view: FloatArray, from_sun: FloatArray) -> None:
        """Draw in colour; both (4, 4), to the clip coordinates of camera and shadow map."""
        self._bones.bind_to_uniform_block(0)
        for kind, vertices in self._drawn.items():
            uniform(vertices.program, "view").write(columns(view))
            uniform(vertices.program, "from_sun").write(columns(from_sun))
            culled = kind in (Kind.SKIN, Kind.EYE)
            (self._ctx.enable if culled else self._ctx.disable)(moderngl.CULL_FACE)
            vertices.render()
        self._ctx.disable(moderngl.CULL_FACE)

    def draw_depth(self, view: FloatArray) -> None:
        """Draw what is solid into a depth buffer; `view`: (4, 4), to its clip coordinates."""
        self._bones.bind_to_uniform_block(0)
        for vertices in self._solid:
            uniform(vertices.program, "view").write(columns(view))
            vertices.render()


def _colours(outfit: Outfit) -> Values:
    return {
        "skin": outfit.skin, "shirt": outfit.shirt, "trousers": outfit.trousers,
        "shoes": outfit.shoes, "hair": outfit.hair_colour, "iris": outfit.iris,
        "long_hair": outfit.long_hair, "striped": float(outfit.striped),
    }  # fmt: skip
