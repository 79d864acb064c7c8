"""Reads a TensorFlow Lite file into tensors, constants and operators.

Weights come out as dense float32: float16 storage (DEQUANTIZE) and sparse storage (DENSIFY) are
resolved here, so that the rest of the converter sees ordinary constants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray
from tflite.utils import opcode2name

Array = NDArray[Any]

_DTYPES = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}
_OPTIONS = {
    "ADD": tflite.AddOptions,
    "CONCATENATION": tflite.ConcatenationOptions,
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "DEPTH_TO_SPACE": tflite.DepthToSpaceOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "RESIZE_BILINEAR": tflite.ResizeBilinearOptions,
}
_STORAGE_ONLY = {"DEQUANTIZE", "DENSIFY"}


class ConversionError(ValueError):
    """The TFLite file uses something that the converter does not know; the message names it."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph: batch, height, width, channels where it is an image.

    `value` is set for constants.
    """

    name: str
    shape: tuple[int, ...]
    value: Array | None = None


@dataclass(frozen=True)
class Operator:
    """One step of the graph; `inputs` and `outputs` are indices of tensors, -1 for absent."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Any


@dataclass(frozen=True)
class Graph:
    """A whole network: its operators in the order of execution."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    outputs: tuple[int, ...]

    def output_named(self, name: str) -> int:
        """The index of the graph's output of that name; raises ConversionError."""
        for index in self.outputs:
            if self.tensors[index].name == name:
                return index
        names = ", ".join(self.tensors[i].name for i in self.outputs)
        raise ConversionError(f"no output {name!r}; the graph has {names}")

    def leading_to(self, outputs: set[int]) -> tuple[Operator, ...]:
        """The operators without which `outputs` can't be computed, in order of execution."""
        needed = set(outputs)
        kept = []
        for operator in reversed(self.operators):
            if operator.output in needed:
                needed.update(operator.inputs)
                kept.append(operator)
        return tuple(reversed(kept))


def read_graph(data: bytes) -> Graph:
    """Read the first subgraph of a TFLite file; raises ConversionError."""
    if not tflite.Model.ModelBufferHasIdentifier(data, 0):
        raise ConversionError("not a TensorFlow Lite file: no TFL3 identifier")
    model = tflite.Model.GetRootAsModel(data, 0)
    subgraph = model.Subgraphs(0)
    tensors = [_tensor(model, subgraph.Tensors(i)) for i in range(subgraph.TensorsLength())]
    return Graph(
        operators=tuple(_computing(_operators(model, subgraph), tensors)),
        tensors=tuple(tensors),
        input=int(subgraph.Inputs(0)),
        outputs=tuple(subgraph.OutputsAsNumpy().tolist()),
    )


def _operators(model: Any, subgraph: Any) -> Iterator[Operator]:
    for i in range(subgraph.OperatorsLength()):
        raw = subgraph.Operators(i)
        kind = opcode2name(model.OperatorCodes(raw.OpcodeIndex()).BuiltinCode())
        inputs = tuple(raw.InputsAsNumpy().tolist())
        yield Operator(kind, inputs, int(raw.Outputs(0)), _options(kind, raw.BuiltinOptions()))


def _options(kind: str, table: Any) -> Any:
    if kind not in _OPTIONS:
        return None
    if table is None:
        raise ConversionError(f"{kind} without options")
    options = _OPTIONS[kind]()
    options.Init(table.Bytes, table.Pos)
    return options


def _computing(operators: Iterator[Operator], tensors: list[Tensor]) -> Iterator[Operator]:
    """Drop the operators that only unpack stored weights, and do in `tensors` what they would."""
    for operator in operators:
        if operator.kind not in _STORAGE_ONLY:
            yield operator
            continue
        stored = tensors[operator.inputs[0]].value
        if stored is None or stored.dtype.kind != "f":
            raise ConversionError(f"{operator.kind} of something else than float weights")
        unpacked = tensors[operator.output]
        tensors[operator.output] = Tensor(unpacked.name, unpacked.shape, stored)


def _tensor(model: Any, raw: Any) -> Tensor:
    name = raw.Name().decode()
    shape = tuple(raw.ShapeAsNumpy().tolist()) if raw.ShapeLength() else ()
    buffer = model.Buffers(raw.Buffer())
    if not buffer.DataLength():
        return Tensor(name, shape)
    if raw.Type() not in _DTYPES:
        raise ConversionError(f"constant {name!r} has tensor type {raw.Type()}")
    stored = buffer.DataAsNumpy().view(_DTYPES[raw.Type()])
    if stored.dtype.kind == "f":
        stored = stored.astype(np.float32)
    sparsity = raw.Sparsity()
    dense = densify(stored, shape, sparsity) if sparsity else stored.reshape(shape)
    return Tensor(name, shape, dense)


def densify(stored: Array, shape: tuple[int, ...], sparsity: Any) -> Array:
    """Spread the stored values of a sparse constant over a dense array of `shape`.

    The format is TFLite's SparsityParameters (lite/schema/schema.fbs): each dimension is either
    dense or compressed as in CSR by `array_segments` and `array_indices`. Dimensions in another
    order and blocks are refused, as the published networks have none.
    """
    if sparsity.TraversalOrderAsNumpy().tolist() != list(range(len(shape))):
        raise ConversionError("sparse constant with reordered or blocked dimensions")
    positions = np.zeros(1, np.int64)
    for axis, side in enumerate(shape):
        dimension = sparsity.DimMetadata(axis)
        if dimension.Format() == tflite.DimensionType.DENSE:
            positions = (positions[:, None] * side + np.arange(side)).ravel()
        else:
            segments = _index_vector(dimension.ArraySegmentsType(), dimension.ArraySegments())
            indices = _index_vector(dimension.ArrayIndicesType(), dimension.ArrayIndices())
            positions = np.repeat(positions, np.diff(segments)) * side + indices
    dense = np.zeros(int(np.prod(shape)), stored.dtype)
    dense[positions] = stored
    return dense.reshape(shape)


_INDEX_VECTORS = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


def _index_vector(kind: int, table: Any) -> NDArray[np.int64]:
    vector = _INDEX_VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    values: NDArray[np.int64] = vector.ValuesAsNumpy().astype(np.int64)
    return values
