"""What a GPU brings: nets by size of batch, landmarks beside a CPU's, live sessions a server.

    python -m benchmarks.gpu [--data ../shared/data] [--seconds 10] [--cores 8] [--out docs]

Needs an NVIDIA GPU and onnxruntime-gpu, and writes docs/gpu.md between its marks. Sessions are
played as `sessions` does, with the server on so many `--cores` and its clients on the others.
"""

import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.command_line import DATA, command_line
from benchmarks.frame_blocks import FPS
from benchmarks.hd_clips import hd_clips
from benchmarks.live_clients import Window, ours
from benchmarks.live_trial import HEADER, alone
from benchmarks.report import write_between_marks
from benchmarks.section import Section
from benchmarks.server_process import blazereps
from benchmarks.speed import machine
from blazereps_client import SessionStart
from models.store import ModelStore
from pose_engine.engine import PoseEngine, Variant
from pose_engine.frames import read_image
from pose_engine.landmarks import Pose
from pose_engine.runtime import Device, DeviceError, OnnxNet

BATCHES = (1, 2, 4, 8, 16, 32, 64)
SESSIONS = (8, 16, 24, 32, 48, 64, 96, 128)
VARIANTS = (Variant.LITE, Variant.FULL)
_WARM_S, _SECONDS = 3.0, 10.0
_RUNS, _FIRST_RUNS = 60, 5
_WORKERS = 64
"""Threads of a server whose nets run on the GPU: they wait there more than they compute."""


def nets() -> Section:
    """How long a run takes, from array to arrays."""
    files = {variant: ModelStore().find(variant) for variant in VARIANTS}
    paths = {"detector": files[Variant.FULL].detector}
    paths |= {str(variant): found.landmarker for variant, found in files.items()}
    rows = []
    for name, path in paths.items():
        net = OnnxNet.load(path)
        rows.append((name, "a core", 1, *_timed(net, 1)))
        net = OnnxNet.load(path, device=Device.CUDA)
        rows.extend((name, "GPU", batch, *_timed(net, batch)) for batch in BATCHES)
    header = ("net", "on", "pictures a run", "median", "95 %", "pictures a second")
    return Section("Nets", header, rows)


def _timed(net: OnnxNet, batch: int) -> tuple[str, str, str]:
    pictures = np.random.default_rng(0).random((batch, *net.picture), np.float32)
    times_s = []
    for _ in range(_FIRST_RUNS + _RUNS):
        began_s = time.perf_counter()
        net.run(pictures)
        times_s.append(time.perf_counter() - began_s)
    middle_s, late_s = np.percentile(times_s[_FIRST_RUNS:], (50, 95))
    return f"{1000 * middle_s:.2f} ms", f"{1000 * late_s:.2f} ms", f"{batch / middle_s:.0f}"


def landmarks(clips: Sequence[Sequence[bytes]]) -> Section:
    """How far the landmarks of the same pictures are apart, each device with a tracker."""
    rows = []
    for variant in VARIANTS:
        tracks = [[*_track(variant, device, clips)] for device in Device]
        both = [(one, other) for one, other in zip(*tracks, strict=True) if one and other]
        alike = sum((one is None) == (other is None) for one, other in zip(*tracks, strict=True))
        apart = [np.linalg.norm((one.image - other.image)[:, :2], axis=1) for one, other in both]
        middle, late, most = np.percentile(np.concatenate(apart), (50, 95, 100))
        rows.append(
            (
                variant,
                f"{alike} of {len(tracks[0])}",
                *(f"{pixels:.3f}" for pixels in (middle, late, most)),
            )
        )
    header = ("net", "found by both or neither", "median, px", "95 %, px", "most, px")
    return Section("Landmarks of 720p pictures", header, rows)


def _track(
    variant: Variant, device: Device, clips: Iterable[Sequence[bytes]]
) -> Iterator[Pose | None]:
    files = ModelStore().find(variant)
    engine = PoseEngine.load(detector=files.detector, landmarker=files.landmarker, device=device)
    for jpegs in clips:
        tracker = engine.tracker()
        for number, jpeg in enumerate(jpegs):
            yield tracker.track(read_image(jpeg), number / FPS)


def sessions(clips: Sequence[Sequence[bytes]], *, seconds: float, cores: int) -> Section:
    """What one server answers, with its nets on its cores and on the GPU: more and more sessions,
    up to the first number that does not hold."""
    window, rows = Window(_WARM_S, seconds), []
    for variant, (device, workers) in product(
        VARIANTS, ((Device.CPU, cores), (Device.CUDA, _WORKERS))
    ):
        start = partial(
            blazereps, variant=variant, inference_device=device, inference_workers=workers
        )
        with alone(start, ours(SessionStart()), clips, cores=cores) as running:
            for number in SESSIONS:
                trial = running.trial(number, window)
                rows.append((f"{variant}, {device}", *trial.row()))
                if not trial.holds:
                    break
    note = f"The server has {cores} cores, and its clients the others."
    return Section("Live sessions of one server", ("nets", *HEADER), rows, note)


def gpu() -> str:
    """Its name, as its driver tells it."""
    asked = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def check() -> None:
    """Ends the program with a line where no GPU can be used."""
    try:
        OnnxNet.load(ModelStore().find(Variant.FULL).detector, device=Device.CUDA)
    except DeviceError as error:
        raise SystemExit(f"nothing to measure: {error}") from error


def main() -> None:
    """Measure, print, write."""
    parser = command_line(__doc__, DATA)
    parser.add_argument("--seconds", type=float, default=_SECONDS)
    parser.add_argument("--cores", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    check()
    clips = [clip.jpegs for clip in hd_clips(arguments.data)]
    told = [f"Measured on one {gpu()} beside {machine()}."]
    for section in (
        nets(),
        landmarks(clips),
        sessions(clips, seconds=arguments.seconds, cores=arguments.cores),
    ):
        print(section.markdown(), flush=True)
        told.append(section.markdown())
    write_between_marks(arguments.out / "gpu.md", "\n\n".join(told))


if __name__ == "__main__":
    main()
