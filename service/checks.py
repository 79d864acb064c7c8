"""What the doctor looks at: everything that a server needs, apart from its database."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import av
import numpy as np
from anyio import to_thread
from av.codec.codec import Codec

from classifiers.exercise_file import ExerciseError
from classifiers.samples import SamplesError
from pose_engine.footage import CODECS, ClipLimits
from pose_engine.frames import Frame
from pose_engine.isolation import IsolatedClip
from service import shown
from service.cgroup import Limits, limits_of
from service.core import Core
from service.doctor import Found, failed, warned
from service.healthy import fault_of, own_url
from service.server import listen, place_of
from service.settings import MIB, Settings
from service.startup import load_core
from service.storage import Storage

ROOM_MIB: Final = 512
"""What the server takes itself: the nets, and sessions (docs/live_load.md)."""
_FRAMES = 5


async def settings_are_known(_: Settings, environment: Iterable[str] = os.environ) -> Found:
    """No variable is misspelt."""
    if strange := shown.unknown(environment):
        return warned(f"{', '.join(strange)}: no such setting", "see `blazereps settings`")
    return Found("every variable is one")


async def models_run(settings: Settings, load: Callable[[Settings], Core] = load_core) -> Found:
    """The nets are there, undamaged, and answer on the device that is set; so are the exercises."""
    from pose_engine.runtime import DeviceError  # noqa: PLC0415  # imports ONNX Runtime

    try:
        core = await to_thread.run_sync(load, settings)
    except DeviceError as error:
        return failed(str(error), "see docs/gpu.md, or set BLAZEREPS_INFERENCE_DEVICE to cpu")
    except (ExerciseError, SamplesError) as error:
        return failed(str(error), "mend the exercise's folder, see docs/own_exercises.md")
    await to_thread.run_sync(core.engine.find, Frame(np.zeros((256, 256, 3), np.uint8)))
    return Found(f"the {settings.variant} models are undamaged and run")


async def storage_keeps(
    settings: Settings, storage_of: Callable[[Settings], Storage] = Storage.of
) -> Found:
    """A part can be written, read and erased, and is never written twice."""
    await storage_of(settings).check()
    return Found(f"{settings.storage or 'the folder'} keeps what is written")


async def codecs_decode(
    _: Settings, find: Callable[[str], object] = lambda name: Codec(name, "r")
) -> Found:
    """FFmpeg, as PyAV brings it, has every decoder that a clip may need."""
    missing = [name for name in CODECS if not _has(find, name)]
    if missing:
        remedy = "install PyAV's own wheel, which brings FFmpeg whole"
        return failed(f"no decoder of {', '.join(missing)}", remedy)
    return Found(", ".join(CODECS))


async def decoder_starts(
    settings: Settings, open_clip: Callable[..., IsolatedClip] = IsolatedClip
) -> Found:
    """The confined process decodes a clip of a few frames."""

    def frames() -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = _write_clip(Path(folder) / "tiny.mp4")
            with open_clip(path, limits=ClipLimits(), decoder=settings.decoder_limits) as clip:
                return sum(1 for _ in clip.frames())

    count = await to_thread.run_sync(frames)
    if count != _FRAMES:
        return failed(f"{count} of {_FRAMES} frames were decoded", "say so to blazereps' makers")
    return Found("a clip is decoded in its confined process")


async def port_is_free(
    settings: Settings,
    environment: Mapping[str, str] = os.environ,
    fault: Callable[[str], str | None] = fault_of,
) -> Found:
    """The address can be listened on, or a server answers there already."""
    place = place_of(settings.host, settings.port)
    try:
        listen(settings).close()
    except OSError as error:
        url = own_url(environment)
        if await to_thread.run_sync(fault, url) is None:
            return Found(f"a server answers at {url} already")
        remedy = "end what listens there, or set BLAZEREPS_PORT or BLAZEREPS_HOST to another"
        return failed(f"{place}: {error.strerror}", remedy)
    return Found(f"{place} is free")


async def folder_is_ours(
    settings: Settings,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Found:
    """The data folder can be written, by us alone, and has room for a clip twice."""
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    probe = folder / f".probe-{uuid4().hex}"
    probe.write_bytes(b"probe")
    probe.unlink()
    free = free_bytes(folder)
    if folder.stat().st_mode & 0o077:
        return warned(f"others can look into {folder}", f"run `chmod 700 {folder}`")
    if free < (needed := 2 * settings.max_clip_bytes):
        return warned(
            f"{folder} has {free // MIB} MiB left, and two of the largest clips take "
            f"{needed // MIB}",
            "make room, or lower BLAZEREPS_MAX_CLIP_BYTES",
        )
    return Found(f"{folder} is writable, private, and has {free // MIB} MiB left")


async def limits_suffice(settings: Settings, look: Callable[[], Limits] = limits_of) -> Found:
    """The memory and the processors that this process may use are those that it counts on."""
    limits = look()
    needed_mib = ROOM_MIB + settings.clip_workers * settings.decoder_memory_bytes // MIB
    if limits.memory_bytes is not None and limits.memory_bytes < needed_mib * MIB:
        remedy = "raise the limit, or lower BLAZEREPS_DECODER_MEMORY_BYTES or _CLIP_WORKERS"
        return warned(f"{limits}; {needed_mib} MiB may be needed", remedy)
    if limits.processors < settings.inference_workers / 2:
        remedy = f"set BLAZEREPS_INFERENCE_WORKERS to {max(1, round(limits.processors))}"
        return warned(f"{limits}; {settings.inference_workers} threads would share them", remedy)
    return Found(str(limits))


def _has(find: Callable[[str], object], name: str) -> bool:
    try:
        find(name)
    except ValueError:  # av.codec.codec.UnknownCodecError is one
        return False
    return True


def _write_clip(path: Path) -> Path:
    with av.open(path, "w") as container:
        video = container.add_stream("mpeg4", rate=_FRAMES)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for index in range(_FRAMES):
            pixels = np.full((48, 64, 3), 40 * index, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(video.encode())
    return path
