"""ONNX Runtime, and nothing else knows of it: a file of weights -> a net that maps arrays."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from pose_engine.landmarks import FloatArray

# From 1.29 on its own wheels would tell Microsoft of each process and model; heeded only if set
# before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


class ModelError(RuntimeError):
    """A model file that cannot be used."""


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
        self._input = session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(output.name for output in session.get_outputs())

    @classmethod
    def load(
        cls, path: Path, *, threads: int = 1, providers: Sequence[str] = ("CPUExecutionProvider",)
    ) -> Self:
        """Loads a model with `threads` for each run. Raises ModelError."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        # Idle threads must sleep: many sessions share the cores with decoding and the server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(path, options, providers=list(providers))
        except Exception as error:  # ONNX Runtime's own errors share no base but this
            raise ModelError(f"{path} is not a model that can be used: {error}") from error
        return cls(session)

    def run(self, image: FloatArray) -> dict[str, FloatArray]:
        """A batch of pictures, (n, height, width, 3) float32, -> its outputs by name."""
        values: list[FloatArray] = self._session.run(None, {self._input: image})
        return dict(zip(self.outputs, values, strict=True))


def sigmoid(logits: FloatArray) -> FloatArray:
    """A net's logits -> probabilities; beyond +-80 nothing changes, and nothing overflows."""
    odds: FloatArray = np.exp(-np.clip(logits, -80, 80))
    return np.reciprocal(1 + odds)
