"""Renders a clip: its video, and the truth beside it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from people.assets import Assets
from people.body import Body
from people.clips import Clip, Role
from people.mesh import dress
from people.posture import Posture
from people.projection import Camera
from people.render import Renderer
from people.rotations import FloatArray
from people.script import Script
from people.skeleton import Skeleton
from people.truth import Truth

Report = Callable[[int, int], None]
"""Told how many frames are done, and how many there are."""

# Metres from the skin to each landmark, which lies within the body.
_BURIED = np.array([0.05] * 11 + [0.14] * 2 + [0.09] * 10 + [0.20] * 2 + [0.11] * 2 + [0.09] * 6)
_TOUCHING = [29, 30, 31, 32, 15, 16]
_TOUCH_REACH = 0.11
_GRAIN = 2.5
_CRF = "26"


def film(clip: Clip, folder: Path, assets: Assets, report: Report | None = None) -> Truth:
    """Write NAME.mp4 (H.264), NAME.json and NAME.npz: the same frames and truth each time.

    The encoder is not as strict: now and then x264 gives other bytes for the same frames.

    Raises RendererMissing without EGL.
    """
    actors = [_Actor(role, assets) for role in (clip, *clip.others)]
    script = actors[0].script
    times = [i / clip.fps for i in range(max(int(script.duration_s * clip.fps), 1))]
    camera = frame_people(clip, [actor.body.skeleton for actor in actors])
    world, visible = np.empty((len(times), 33, 3)), np.empty((len(times), 33), np.bool_)
    dressed = [actor.dressed for actor in actors]
    with (
        Renderer(
            assets, camera=camera, people=dressed, room=clip.room, light=clip.light
        ) as renderer,
        Video(folder / f"{clip.name}.mp4", clip) as video,
    ):
        for i, at in enumerate(times):
            postures = [actor.posture(at) for actor in actors]
            points = [posture.landmarks() for posture in postures]
            world[i] = points[0]
            image, distance = renderer.frame([p.matrices() for p in postures], _contacts(points))
            visible[i] = _visible(camera, world[i], distance)
            video.write(image)
            if report:
                report(i + 1, len(times))
    truth = Truth(
        name=clip.name,
        about=clip.about,
        fps=clip.fps,
        camera=camera,
        reps=script.reps,
        person={"shape": asdict(clip.shape), "outfit": asdict(clip.outfit)},
        image=camera.project(world),
        visible=visible,
        world=world,
        depth=np.array([script.depth(at) for at in times]),
        phases=tuple(script.phase(at) for at in times),
    )
    truth.save(folder)
    return truth


class _Actor:
    """Somebody in the clip: his body, what he does, and the mesh and outfit to draw."""

    def __init__(self, role: Role, assets: Assets) -> None:
        self.body = Body(assets, role.shape)
        self.script = Script(role.parts)
        self.dressed = dress(self.body, role.outfit), role.outfit

    def posture(self, at: float) -> Posture:
        """His posture at a time, in the room."""
        return self.script.posture(self.body.skeleton, at)


def frame_people(clip: Clip, skeletons: Sequence[Skeleton]) -> Camera:
    """The clip's camera; in its middle is all that happens except walking in and out.

    `skeletons`: of the clip's own role, and of the others.
    """
    roles = zip((clip, *clip.others), skeletons, strict=True)
    points = [_staying(Script(role.parts), skeleton) for role, skeleton in roles]
    return Camera.framing(
        np.concatenate(points),
        azimuth=clip.azimuth,
        elevation=clip.elevation,
        size=clip.size,
        view_angle=clip.view_angle,
        distance=clip.distance,
    )


def _staying(script: Script, skeleton: Skeleton) -> FloatArray:
    """Where somebody and the crown of his head get to, walking aside, (n, 3)."""
    times = [at for at in np.arange(0, script.duration_s, 0.25) if not script.travels(at)]
    if not times:
        return np.empty((0, 3))
    points = np.stack([script.posture(skeleton, float(at)).landmarks() for at in times])
    crown = points[:, :1] + (points[:, :1] - points[:, 9:11].mean(1, keepdims=True)) * 3
    return np.concatenate([points, crown], 1).reshape(-1, 3)


class Video:
    """Writes frames as H.264 with a camera's grain. A context manager."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self._file = av.open(str(path), "w")
        options = {"crf": _CRF, "preset": "medium", "threads": "1"}
        self._stream = self._file.add_stream("libx264", rate=Fraction(clip.fps), options=options)
        self._stream.width, self._stream.height = clip.size
        self._stream.pix_fmt = "yuv420p"
        self._rng = np.random.default_rng(clip.seed)
        width, height = clip.size
        self._grain = self._rng.normal(0, _GRAIN, (4, height, width, 1)).round().astype(np.int16)

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.mux(self._stream.encode(None))
        self._file.close()

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append a frame, (h, w, 3) RGB."""
        grain = self._grain[int(self._rng.integers(4))][:, :: int(self._rng.choice((-1, 1)))]
        grainy = np.clip(image + grain, 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(grainy), "rgb24")
        self._file.mux(self._stream.encode(frame))


def _contacts(people: Sequence[FloatArray]) -> FloatArray:
    """Where feet and hands darken the floor below them, (6 a person, 4)."""
    touching = np.concatenate([points[_TOUCHING] for points in people]) - (0, 0.07, 0)
    touching[:, 1] = np.maximum(touching[:, 1], 0)
    return np.column_stack([touching, np.full(len(touching), _TOUCH_REACH)])


def _visible(camera: Camera, points: FloatArray, distance: FloatArray) -> NDArray[np.bool_]:
    """Which points are in view with nothing of anybody before them."""
    rows, columns = distance.shape
    inside = camera.inside(points)
    x, y = (camera.project(points) * (columns / camera.width, rows / camera.height)).astype(int).T
    nearest = distance[y.clip(0, rows - 1), x.clip(0, columns - 1)]
    seen: NDArray[np.bool_] = inside & (nearest > camera.view(points)[:, 2] - _BURIED)
    return seen
