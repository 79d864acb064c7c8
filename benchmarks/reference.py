"""MediaPipe Pose 0.10.21, installed once into a venv of its own under .benchmarks/, as a tracker.

It needs Python 3.11 or 3.12. Its wheel carries only the full landmark model: for lite and heavy,
our own model cache must hold the published file (`blazereps models build lite`), which is lent to
it.
"""

import shutil
import struct
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.checkout import KEPT
from models.store import ModelStore
from pose_engine.engine import Variant
from pose_engine.frames import Frame
from pose_engine.landmarks import Pose

MEDIAPIPE = "mediapipe==0.10.21"
PACKAGES = f"{MEDIAPIPE} fastapi uvicorn[standard] simplejpeg"
"""MediaPipe, and what a live server built on it needs besides (`competitor.py`)."""
COMPLEXITY = {Variant.LITE: 0, Variant.FULL: 1, Variant.HEAVY: 2}


class Reference:
    """MediaPipe Pose in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout

    @classmethod
    @contextmanager
    def start(cls, python: Path, variant: Variant, *, smoothing: bool) -> Iterator["Reference"]:
        """Starts it, and ends it; `python` is one that has MediaPipe."""
        script = Path(__file__).with_name("mediapipe_reference.py")
        mode = "smoothing" if smoothing else "raw"
        command = [str(python), str(script), str(COMPLEXITY[variant]), mode]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            yield cls(process)
            process.communicate()

    def new_stream(self) -> None:
        """Says that the next frame does not follow on the last one."""
        self._input.write(struct.pack("<II", 0, 0))

    def track(self, frame: Frame) -> Pose | None:
        """What MediaPipe says of the next frame."""
        self._input.write(struct.pack("<II", frame.width, frame.height))
        self._input.write(frame.pixels.tobytes())
        self._input.flush()
        answer = self._output.read(33 * 8 * 4)
        if len(answer) < 33 * 8 * 4:
            raise RuntimeError("MediaPipe ended early: is its model there? (no network: see above)")
        values = np.frombuffer(answer, np.float32).reshape(33, 8)
        if np.isnan(values[0, 0]):
            return None
        return Pose(values[:, :3], values[:, 3:6], values[:, 6], values[:, 7])


def prepare_python(given: Path | None) -> Path:
    """A Python that has MediaPipe: the given one, or that of our own venv, made when missing."""
    if given:
        return given
    folder = KEPT / "mediapipe"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"Installing {MEDIAPIPE} into {folder}: about 1 GB, once", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        done.touch()
    if done.read_text() != PACKAGES:
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES.split()], check=True)
        done.write_text(PACKAGES)
    return python


def lend_model(python: Path, store: ModelStore, variant: Variant) -> None:
    """Puts the published landmark model where MediaPipe looks before it would download it."""
    where = "import mediapipe, pathlib; print(pathlib.Path(mediapipe.__file__).parent)"
    found = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)
    name = f"pose_landmark_{variant}.tflite"
    target = Path(found.stdout.strip(), "modules", "pose_landmark", name)
    if not target.exists():
        shutil.copyfile(store.folder / "sources" / name, target)
