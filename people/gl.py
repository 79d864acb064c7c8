"""The small change of drawing with moderngl: programs, uniforms, vertex arrays, matrices."""

from pathlib import Path

import moderngl
import numpy as np

from people.rotations import FloatArray

_SHADERS = Path(__file__).parent / "shaders"
SHADOW_UNIT, MASK_UNIT, PAINT_UNIT, NOISE_UNIT = range(4)
"""The texture units that the shaders' samplers are bound to."""

Values = dict[str, object]
"""Uniforms by name: numbers and tuples."""


def program(ctx: moderngl.Context, vertex: str, fragment: str, **defines: int) -> moderngl.Program:
    """Compile two shaders of the folder, with what all share and these numbers defined."""
    head = "#version 430\n" + "".join(f"#define {k} {v}\n" for k, v in defines.items())
    common = (_SHADERS / "common.glsl").read_text() if fragment != "depth.frag" else ""
    return ctx.program(
        head + (_SHADERS / vertex).read_text(), head + common + (_SHADERS / fragment).read_text()
    )


def uniform(of: moderngl.Program, name: str) -> moderngl.Uniform:
    """A uniform of a program; raises TypeError when the name is something else's."""
    found = of[name]
    if not isinstance(found, moderngl.Uniform):
        raise TypeError(f"{name} is not a uniform of the shader")
    return found


def set_uniforms(of: moderngl.Program, values: Values) -> None:
    """Set those that the program uses."""
    for name, value in values.items():
        if name in of:
            uniform(of, name).value = value


def vertex_array(
    ctx: moderngl.Context,
    of: moderngl.Program,
    rows: moderngl.Buffer,
    attributes: tuple[tuple[str, int], ...],
    index: moderngl.Buffer | None = None,
) -> moderngl.VertexArray:
    """The attributes that the program uses; it skips over the others."""
    layout = " ".join(f"{n}f" if name in of else f"{4 * n}x" for name, n in attributes)
    used = [name for name, _ in attributes if name in of]
    return ctx.vertex_array(of, [(rows, layout, *used)], index)


def columns(matrices: FloatArray) -> bytes:
    """Matrices (..., 4, 4) as OpenGL wants them: column by column, float32."""
    return np.swapaxes(matrices, -1, -2).astype(np.float32).tobytes()
