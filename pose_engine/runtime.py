"""ONNX Runtime, and nothing else knows of it: a file of weights -> a net that maps arrays."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from pose_engine.landmarks import FloatArray

# From 1.29 on its own wheels would tell Microsoft of each process and model; heeded only if set
# before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


class Device(StrEnum):
    """What nets run on."""

    CPU = "cpu"
    CUDA = "cuda"


_CUDA_OPTIONS = {
    "use_tf32": "0",  # landmarks would be others than on a CPU
    "cudnn_conv_algo_search": "HEURISTIC",  # as fast as an exhaustive search, which takes longer
}


class ModelError(RuntimeError):
    """A model file that cannot be used."""


class DeviceError(OSError):
    """A device that is not there, or that ONNX Runtime cannot use."""


class Net(Protocol):
    """What detector and landmarker need of a net. Thread-safe."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it gives."""
        ...

    def run(self, image: FloatArray) -> dict[str, FloatArray]:
        """A batch of pictures, (n, height, width, 3) float32, -> its outputs by name."""
        ...


class OnnxNet:
    """A net on ONNX Runtime; one session, shared by all threads."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        image = session.get_inputs()[0]
        self._input = image.name
        self.picture: tuple[int, ...] = tuple(image.shape[1:])
        """The shape of one picture: height, width, 3."""
        self.outputs: tuple[str, ...] = tuple(output.name for output in session.get_outputs())

    @classmethod
    def load(cls, path: Path, *, threads: int = 1, device: Device = Device.CPU) -> Self:
        """Loads a model, for a CPU with `threads` for each run. Raises ModelError, DeviceError."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        # Idle threads must sleep: many sessions share the cores with decoding and the server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = _providers(device)
        try:
            session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # ONNX Runtime's own errors share no base but this
            raise ModelError(f"{path} is not a model that can be used: {error}") from error
        if session.get_providers()[0] != providers[0][0]:  # it would go on, on the CPU
            raise DeviceError(f"ONNX Runtime found no {device} device, or not what drives it")
        return cls(session)

    def run(self, image: FloatArray) -> dict[str, FloatArray]:
        """A batch of pictures, (n, height, width, 3) float32, -> its outputs by name."""
        values: list[FloatArray] = self._session.run(None, {self._input: image})
        return dict(zip(self.outputs, values, strict=True))


def _providers(device: Device) -> list[tuple[str, dict[str, str]]]:
    if device is Device.CPU:
        return [("CPUExecutionProvider", {})]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise DeviceError("this ONNX Runtime has no CUDA: install onnxruntime-gpu in its place")
    onnxruntime.preload_dlls()  # CUDA and cuDNN as pip installs them
    return [("CUDAExecutionProvider", _CUDA_OPTIONS)]


def sigmoid(logits: FloatArray) -> FloatArray:
    """A net's logits -> probabilities; beyond +-80 nothing changes, and nothing overflows."""
    odds: FloatArray = np.exp(-np.clip(logits, -80, 80))
    return np.reciprocal(1 + odds)
