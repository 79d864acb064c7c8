"""How far the converted networks are from the TFLite originals, and what pruning saves.

    python -m benchmarks.model_parity                    # every variant, noise, pattern
    python -m benchmarks.model_parity --clip CLIP.mp4    # the clip's first frame as well
    python -m benchmarks.model_parity --golden           # figures for tests/models/golden.json
    python -m benchmarks.model_parity --speed            # milliseconds a run, on one thread

The TFLite interpreter (the PyPI package `ai-edge-litert`) is not a dependency of the project: it
is installed into an environment of its own in the user's cache the first time. Networks that are
not in the model cache yet are built. Prints, for each network, picture and output, the largest
absolute difference and the largest absolute value.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np
import onnxruntime
import platformdirs
from numpy.typing import NDArray

from benchmarks.command_line import command_line
from models.converted import INPUT
from models.converter import convert
from models.manifest import BLAZEPOSE, DETECTOR, Network
from models.store import ModelStore

Images = Mapping[str, NDArray[np.float32]]

INTERPRETER = "ai-edge-litert==2.3.0"
SEGMENTATION = "Identity_2"
GOLDEN_COUNT = 12


def pattern(side: int) -> NDArray[np.float32]:
    """A smooth picture (side, side, 3) from 0 to 1 that any machine computes alike."""
    y, x, channel = np.ogrid[:side, :side, :3]
    waves = np.sin(0.05 * x * (channel + 1) + 0.03 * y) * np.cos(0.02 * y * (3 - channel))
    return np.asarray(0.5 + 0.5 * waves, np.float32)


def noise(side: int) -> NDArray[np.float32]:
    """Uniform noise (side, side, 3) from 0 to 1."""
    return np.random.default_rng(0).random((side, side, 3), dtype=np.float32)


def first_frame(clip: Path, side: int) -> NDArray[np.float32]:
    """The clip's first frame, fitted into a square (side, side, 3) with its ratio kept, 0 to 1."""
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    height, width = frame.shape[:2]
    scale = side / max(height, width)
    size = (round(width * scale), round(height * scale))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    square = np.zeros((side, side, 3), np.float32)
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small / np.float32(255)
    return square


def inputs(network: Network, clip: Path | None) -> Images:
    """The pictures for one network, in the range that it takes."""
    images = {"noise": noise(network.side), "pattern": pattern(network.side)}
    if clip:
        images["frame"] = first_frame(clip, network.side)
    if network is DETECTOR:
        return {name: image * 2 - 1 for name, image in images.items()}
    return images


def interpreter_python() -> Path:
    """The Python that has the TFLite interpreter; made the first time."""
    folder = Path(platformdirs.user_cache_dir("blazereps")) / "benchmarks" / INTERPRETER
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / ".complete").exists():
        print(f"Installing {INTERPRETER} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, INTERPRETER, "numpy"], check=True)
        (folder / ".complete").touch()
    return python


def tflite_outputs(network: Path, images: Images) -> dict[str, NDArray[np.float32]]:
    """What the TFLite interpreter gives, by `picture/tensor name`."""
    with tempfile.TemporaryDirectory() as name:
        pictures, outputs = Path(name) / "pictures.npz", Path(name) / "outputs.npz"
        np.savez(pictures, allow_pickle=False, **images)
        script = Path(__file__).with_name("tflite_outputs.py")
        command = [interpreter_python(), script, network, pictures, outputs]
        subprocess.run([str(part) for part in command], check=True, stderr=subprocess.DEVNULL)
        with np.load(outputs) as values:
            return dict(values)


def session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """The network on one thread, set up as pose_engine.runtime does."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def compare(network: Network, store: ModelStore, clip: Path | None) -> None:
    """Print how far each output is from the TFLite interpreter's."""
    images = inputs(network, clip)
    truth = tflite_outputs(store.source_path(network), images)
    net = session(store.path(network))
    for picture, image in images.items():
        for name, source in network.outputs.items():
            (found,) = net.run([name], {INPUT: image[None]})
            expected = truth[f"{picture}/{source}"]
            off, largest = np.abs(found - expected).max(), np.abs(expected).max()
            print(f"{network.name:<20} {picture:<8} {name:<10} {off:10.2e} {largest:10.3g}")


def golden(network: Network, store: ModelStore) -> dict[str, Any]:
    """Some figures of what the TFLite interpreter makes of `pattern`: for the tests."""
    images = {"pattern": inputs(network, None)["pattern"]}
    truth = tflite_outputs(store.source_path(network), images)
    figures = {}
    for name, source in network.outputs.items():
        values = truth[f"pattern/{source}"].ravel()
        picked = np.linspace(0, values.size - 1, min(GOLDEN_COUNT, values.size)).astype(int)
        figures[name] = {str(i): float(values[i]) for i in picked}
    return figures


def milliseconds(run: Callable[[], object], repeats: int) -> float:
    """The median time of a call, after one that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return median(times) * 1000


def measure(network: Network, store: ModelStore, repeats: int) -> None:
    """Print milliseconds a run: as built, without the heatmap, and with every output."""
    kinds = {"as built": network.outputs}
    if network is not DETECTOR:
        landmarks = {k: v for k, v in network.outputs.items() if k != "heatmap"}
        kinds["without heatmap"] = landmarks
        kinds["with segmentation"] = {**network.outputs, "segmentation": SEGMENTATION}
    feed = {INPUT: pattern(network.side)[None]}
    data = store.source_path(network).read_bytes()
    for kind, outputs in kinds.items():
        net = session(convert(data, outputs))
        spent = milliseconds(lambda net=net: net.run(None, feed), repeats)  # type: ignore[misc]
        print(f"{network.name:<20} {kind:<18} {spent:8.2f} ms")


def main() -> None:
    """Build what is missing, then do what the command line asks for."""
    parser = command_line(__doc__)
    parser.add_argument("--clip", type=Path, help="compare on this clip's first frame as well")
    parser.add_argument("--golden", action="store_true", help="print figures for the tests")
    parser.add_argument("--speed", action="store_true", help="measure instead of comparing")
    parser.add_argument("--repeats", type=int, default=40, help="runs for each measurement")
    options = parser.parse_args()
    store = ModelStore()
    for variant in BLAZEPOSE.variants:
        store.build(variant, report=lambda line: print(line, file=sys.stderr))
    if options.golden:
        print(json.dumps({n.name: golden(n, store) for n in BLAZEPOSE.networks}, indent=1))
        return
    for network in BLAZEPOSE.networks:
        if options.speed:
            measure(network, store, options.repeats)
        else:
            compare(network, store, options.clip)


if __name__ == "__main__":
    main()
