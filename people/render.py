"""Draws a dressed person in a room off-screen: moderngl over EGL; Mesa's software GL is enough."""

import io
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from people.assets import Assets
from people.mesh import ATTRIBUTES, Kind, Mesh
from people.outfit import Outfit
from people.projection import Camera
from people.rotations import FloatArray, unit, vector
from people.scene import Light, Room

_SHADERS = Path(__file__).parent / "shaders"
_NEAR, _FAR = 0.1, 40.0
_SHADOW, _SUN_AWAY, _SUN_HALF = 1024, 6.0, 1.7
_BONES = 64
_SHADOW_UNIT, _MASK_UNIT, _PAINT_UNIT, _NOISE_UNIT = range(4)
_UNITS = {"shadow": _SHADOW_UNIT, "masks": _MASK_UNIT, "paint": _PAINT_UNIT,
          "noise_volume": _NOISE_UNIT}  # fmt: skip
_ROOM_ATTRIBUTES = (("position", 3), ("normal", 3), ("material", 1))


class RendererMissing(RuntimeError):
    """No EGL here; the message says what to install."""


class Renderer:
    """One person in one room before one camera; frames come posture by posture.

    A context manager: it holds graphics memory. Raises RendererMissing without EGL.
    """

    def __init__(
        self,
        assets: Assets,
        *,
        camera: Camera,
        mesh: Mesh,
        outfit: Outfit,
        room: Room,
        light: Light,
    ) -> None:
        self.camera = camera
        self._ctx = _context()
        self._ctx.enable(moderngl.DEPTH_TEST)
        self._light = light
        self._targets()
        self._load_person(mesh, assets)
        self._load_room(room)
        self._style(outfit, room, light)
        self._paint_room()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        self._ctx.release()

    def frame(
        self, matrices: FloatArray, contacts: FloatArray
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """The image (h, w, 3) RGB and the person's distance per half pixel (h/2, w/2), metres.

        `matrices`: (n, 4, 4) bone transforms. `contacts`: (6, 4) points that darken the floor
        below them, and their reach, metres.
        """
        bones = np.tile(np.eye(4), (_BONES, 1, 1))
        bones[: len(matrices)] = matrices
        self._bones.write(_columns(bones))
        middle = matrices[0, :3, 3] * vector(1, 0, 1) + vector(0, 0.8, 0)
        from_sun = _from_sun(unit(self._light.direction), middle)
        self._draw_depth(self._shadow_buffer, from_sun)
        self._draw_depth(self._depth_buffer, _view(self.camera))
        self._draw_image(from_sun, contacts)
        return self._read_image(), self._read_depth()

    def _targets(self) -> None:
        ctx, size = self._ctx, (self.camera.width, self.camera.height)
        half = (size[0] // 2, size[1] // 2)
        self._samples = ctx.framebuffer(
            [ctx.renderbuffer(size, 3, samples=4)], ctx.depth_renderbuffer(size, samples=4)
        )
        self._resolved = ctx.framebuffer([ctx.renderbuffer(size, 3)])
        self._paint = ctx.texture(size, 3, dtype="f2")
        self._paint_buffer = ctx.framebuffer([self._paint], ctx.depth_renderbuffer(size))
        self._shadow = ctx.depth_texture((_SHADOW, _SHADOW))
        self._shadow.compare_func = "<="
        self._shadow_buffer = ctx.framebuffer([], self._shadow)
        self._depth = ctx.depth_texture(half)
        self._depth_buffer = ctx.framebuffer([], self._depth)
        noise = np.random.default_rng(0).integers(0, 256, 32**3, np.uint8)
        self._noise = ctx.texture3d((32, 32, 32), 1, noise.tobytes())
        self._bones = ctx.buffer(reserve=_BONES * 64)

    def _load_person(self, mesh: Mesh, assets: Assets) -> None:
        ctx = self._ctx
        kinds = [kind for kind in Kind if len(mesh.triangles[kind])]
        self._person = {k: _program(ctx, "person.vert", "person.frag", f"KIND {k}") for k in kinds}
        solid = {
            k: _program(ctx, "person.vert", "depth.frag", f"KIND {k}")
            for k in kinds
            if k is not Kind.HAIR
        }
        rows = ctx.buffer(mesh.vertices.tobytes())
        index = {k: ctx.buffer(mesh.triangles[k].tobytes()) for k in kinds}
        self._body = {
            k: _vertex_array(ctx, p, rows, ATTRIBUTES, index[k]) for k, p in self._person.items()
        }
        self._solid = {
            k: _vertex_array(ctx, p, rows, ATTRIBUTES, index[k]) for k, p in solid.items()
        }
        self._masks = ctx.texture((1024, 1024), 4, _masks(assets))
        self._masks.build_mipmaps()

    def _load_room(self, room: Room) -> None:
        rows = self._ctx.buffer(room.triangles().tobytes())
        self._room = [_program(self._ctx, "room.vert", "room.frag", f"PASS {k}") for k in range(2)]
        self._painted, self._lit = [
            _vertex_array(self._ctx, p, rows, _ROOM_ATTRIBUTES) for p in self._room
        ]

    def _style(self, outfit: Outfit, room: Room, light: Light) -> None:
        values: dict[str, Any] = {
            "skin": outfit.skin, "shirt": outfit.shirt, "trousers": outfit.trousers,
            "shoes": outfit.shoes, "hair": outfit.hair_colour, "iris": outfit.iris,
            "long_hair": outfit.long_hair, "striped": float(outfit.striped),
            "wall_colour": room.wall, "floor_colour": room.floor, "mat_colour": room.mat_colour,
            "seed": float(room.seed), "eye": tuple(self.camera.eye),
            "sun": tuple(unit(light.direction)), "sun_colour": light.sun, "ambient": light.ambient,
        }  # fmt: skip
        view = _columns(_view(self.camera))
        for program in (*self._person.values(), *self._room):
            for name, value in (values | _UNITS).items():
                if name in program:
                    _uniform(program, name).value = value
            _uniform(program, "view").write(view)

    def _paint_room(self) -> None:
        """The camera stands still, so what does not depend on the person is drawn once."""
        self._noise.use(_NOISE_UNIT)
        self._paint_buffer.use()
        self._paint_buffer.clear()
        self._painted.render()

    def _draw_depth(self, buffer: moderngl.Framebuffer, view: FloatArray) -> None:
        buffer.use()
        buffer.clear()
        for vertices in self._solid.values():
            _uniform(vertices.program, "view").write(_columns(view))
            self._bones.bind_to_uniform_block(0)
            vertices.render()

    def _draw_image(self, from_sun: FloatArray, contacts: FloatArray) -> None:
        textures = ((self._shadow, _SHADOW_UNIT), (self._masks, _MASK_UNIT),
                    (self._paint, _PAINT_UNIT), (self._noise, _NOISE_UNIT))  # fmt: skip
        for texture, unit_ in textures:
            texture.use(unit_)
        self._samples.use()
        self._samples.clear(0.3, 0.3, 0.3)
        for program in (*self._person.values(), self._room[1]):
            _uniform(program, "from_sun").write(_columns(from_sun))
        _uniform(self._room[1], "contacts").write(contacts.astype(np.float32).tobytes())
        for kind, vertices in self._body.items():
            culled = kind in (Kind.SKIN, Kind.EYE)
            (self._ctx.enable if culled else self._ctx.disable)(moderngl.CULL_FACE)
            vertices.render()
        self._ctx.disable(moderngl.CULL_FACE)
        self._lit.render()

    def _read_image(self) -> NDArray[np.uint8]:
        self._ctx.copy_framebuffer(self._resolved, self._samples)
        data = np.frombuffer(self._resolved.read(components=3), np.uint8)
        return data.reshape(self.camera.height, self.camera.width, 3)[::-1]

    def _read_depth(self) -> FloatArray:
        width, height = self._depth.size
        depth = np.frombuffer(self._depth.read(), np.float32).reshape(height, width)[::-1]
        metres: FloatArray = (
            2 * _NEAR * _FAR / (_FAR + _NEAR - (2 * depth.astype(np.float64) - 1) * (_FAR - _NEAR))
        )
        return metres


def _context() -> moderngl.Context:
    settings: Any = {"backend": "egl"}
    try:
        return moderngl.create_context(standalone=True, **settings)
    except Exception as error:  # glcontext raises a bare Exception when it finds no library
        packages = "libegl1 libegl-mesa0 libgl1-mesa-dri"
        message = f"rendering needs EGL (Debian packages {packages}): {error}"
        raise RendererMissing(message) from error


def _program(ctx: moderngl.Context, vertex: str, fragment: str, define: str) -> moderngl.Program:
    head = f"#version 430\n#define {define}\n"
    common = (_SHADERS / "common.glsl").read_text() if fragment != "depth.frag" else ""
    return ctx.program(
        head + (_SHADERS / vertex).read_text(), head + common + (_SHADERS / fragment).read_text()
    )


def _uniform(program: moderngl.Program, name: str) -> moderngl.Uniform:
    uniform = program[name]
    if not isinstance(uniform, moderngl.Uniform):
        raise TypeError(f"{name} is not a uniform of the shader")
    return uniform


def _vertex_array(
    ctx: moderngl.Context,
    program: moderngl.Program,
    rows: moderngl.Buffer,
    attributes: tuple[tuple[str, int], ...],
    index: moderngl.Buffer | None = None,
) -> moderngl.VertexArray:
    """The attributes that the program uses; it skips over the others."""
    layout = " ".join(f"{n}f" if name in program else f"{4 * n}x" for name, n in attributes)
    used = [name for name, _ in attributes if name in program]
    return ctx.vertex_array(program, [(rows, layout, *used)], index)


def _masks(assets: Assets) -> bytes:
    """Where lips, eyelids, face and ears are on the skin, one channel each."""
    images = [
        assets.read(f"textures/mpfb_{name}.jpg") for name in ("lips", "eyelids", "face", "ears")
    ]
    channels = [np.asarray(Image.open(io.BytesIO(data)).convert("L").resize((1024, 1024)))[::-1]
                for data in images]  # fmt: skip
    return np.stack(channels, -1).tobytes()


def _view(camera: Camera) -> FloatArray:
    """World to clip coordinates, (4, 4): OpenGL's camera looks along -z with y up."""
    axes = camera.axes * np.array([[1], [-1], [-1]])
    seen = np.eye(4)
    seen[:3, :3], seen[:3, 3] = axes, -axes @ camera.eye
    lens = np.zeros((4, 4))
    lens[0, 0], lens[1, 1] = 2 * camera.focal / camera.width, 2 * camera.focal / camera.height
    lens[2, 2:] = -(_FAR + _NEAR) / (_FAR - _NEAR), -2 * _FAR * _NEAR / (_FAR - _NEAR)
    lens[3, 2] = -1
    view: FloatArray = lens @ seen
    return view


def _from_sun(direction: FloatArray, middle: FloatArray) -> FloatArray:
    """World to the shadow map's clip coordinates: parallel light from `direction`."""
    right = unit(np.cross(vector(0, 1, 0), direction))
    axes = np.stack([right, np.cross(direction, right), direction])
    seen = np.eye(4)
    seen[:3, :3], seen[:3, 3] = axes, -axes @ (middle + direction * _SUN_AWAY)
    depth = 2 * _SUN_AWAY
    lens = np.diag((1 / _SUN_HALF, 1 / _SUN_HALF, -2 / depth, 1.0))
    lens[2, 3] = -1
    view: FloatArray = lens @ seen
    return view


def _columns(matrices: FloatArray) -> bytes:
    """As OpenGL wants them: column by column, float32."""
    return np.swapaxes(matrices, -1, -2).astype(np.float32).tobytes()
