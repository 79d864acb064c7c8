"""Draws dressed people in a room off-screen: moderngl over EGL; Mesa's software GL is enough."""

import io
from collections.abc import Sequence
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from people.assets import Assets
from people.figure import Figure
from people.gl import (
    MASK_UNIT,
    NOISE_UNIT,
    PAINT_UNIT,
    SHADOW_UNIT,
    Values,
    columns,
    program,
    set_uniforms,
    uniform,
    vertex_array,
)
from people.mesh import Mesh
from people.outfit import Outfit
from people.projection import Camera
from people.rotations import FloatArray, unit, vector
from people.scene import Light, Room

CONTACTS = 6
"""So many points of a person darken the floor."""

_NEAR, _FAR = 0.1, 40.0
_SHADOW, _SUN_AWAY, _SUN_HALF = 1024, 6.0, 1.7
_ROOM_ATTRIBUTES = (("position", 3), ("normal", 3), ("material", 1))


class RendererMissing(RuntimeError):
    """No EGL here; the message says what to install."""


class Renderer:
    """People in one room before one camera; frames come posture by posture.

    `people`: the mesh and outfit of each; the sun's shadows fall around the first. A context
    manager: it holds graphics memory. Raises RendererMissing without EGL.
    """

    def __init__(
        self,
        assets: Assets,
        *,
        camera: Camera,
        people: Sequence[tuple[Mesh, Outfit]],
        room: Room,
        light: Light,
    ) -> None:
        self.camera = camera
        self._ctx = _context()
        self._ctx.enable(moderngl.DEPTH_TEST)
        self._light = light
        self._view = _view(camera)
        self._targets()
        self._textures(assets)
        scene = _scene(camera, room, light)
        self._figures = [Figure(self._ctx, mesh, outfit, scene) for mesh, outfit in people]
        self._load_room(room, scene)
        self._paint_room()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        self._ctx.release()

    def frame(
        self, postures: Sequence[FloatArray], contacts: FloatArray
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """The image (h, w, 3) RGB; the nearest person's distance per half pixel (h/2, w/2), metres.

        `postures`: (n, 4, 4) bone transforms of each person. `contacts`: (6 a person, 4) points
        that darken the floor below them, and their reach, metres.
        """
        for figure, matrices in zip(self._figures, postures, strict=True):
            figure.pose(matrices)
        middle = postures[0][0, :3, 3] * vector(1, 0, 1) + vector(0, 0.8, 0)
        from_sun = _from_sun(unit(self._light.direction), middle)
        self._draw_depth(self._shadow_buffer, from_sun)
        self._draw_depth(self._depth_buffer, self._view)
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

    def _textures(self, assets: Assets) -> None:
        noise = np.random.default_rng(0).integers(0, 256, 32**3, np.uint8)
        self._noise = self._ctx.texture3d((32, 32, 32), 1, noise.tobytes())
        self._masks = self._ctx.texture((1024, 1024), 4, _masks(assets))
        self._masks.build_mipmaps()

    def _load_room(self, room: Room, scene: Values) -> None:
        rows = self._ctx.buffer(room.triangles().tobytes())
        contacts = CONTACTS * len(self._figures)
        passes = [program(self._ctx, "room.vert", "room.frag", PASS=k, CONTACTS=contacts)
                  for k in range(2)]  # fmt: skip
        for one in passes:
            set_uniforms(one, scene)
            uniform(one, "view").write(columns(self._view))
        self._painted, self._lit = [
            vertex_array(self._ctx, one, rows, _ROOM_ATTRIBUTES) for one in passes
        ]

    def _paint_room(self) -> None:
        """The camera stands still, so what does not depend on the person is drawn once."""
        self._noise.use(NOISE_UNIT)
        self._paint_buffer.use()
        self._paint_buffer.clear()
        self._painted.render()

    def _draw_depth(self, buffer: moderngl.Framebuffer, view: FloatArray) -> None:
        buffer.use()
        buffer.clear()
        for figure in self._figures:
            figure.draw_depth(view)

    def _draw_image(self, from_sun: FloatArray, contacts: FloatArray) -> None:
        textures = ((self._shadow, SHADOW_UNIT), (self._masks, MASK_UNIT),
                    (self._paint, PAINT_UNIT), (self._noise, NOISE_UNIT))  # fmt: skip
        for texture, unit_ in textures:
            texture.use(unit_)
        self._samples.use()
        self._samples.clear(0.3, 0.3, 0.3)
        for figure in self._figures:
            figure.draw(self._view, from_sun)
        uniform(self._lit.program, "from_sun").write(columns(from_sun))
        uniform(self._lit.program, "contacts").write(contacts.astype(np.float32).tobytes())
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


def _scene(camera: Camera, room: Room, light: Light) -> Values:
    """What every shader may ask of room, light and camera."""
    return {
        "wall_colour": room.wall, "floor_colour": room.floor, "mat_colour": room.mat_colour,
        "seed": float(room.seed), "eye": tuple(camera.eye), "sun": tuple(unit(light.direction)),
        "sun_colour": light.sun, "ambient": light.ambient, "shadow": SHADOW_UNIT,
        "masks": MASK_UNIT, "paint": PAINT_UNIT, "noise_volume": NOISE_UNIT,
    }  # fmt: skip


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
