"""Writes tiny TensorFlow Lite files for the converter's tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import tflite
from numpy.typing import NDArray

_TYPES = {
    "float32": tflite.TensorType.FLOAT32,
    "float16": tflite.TensorType.FLOAT16,
    "int32": tflite.TensorType.INT32,
    "int8": tflite.TensorType.INT8,
}


@dataclass(frozen=True)
class Compressed:
    """A sparse dimension: row boundaries and column indices, as `bits`-wide integers."""

    segments: Sequence[int]
    indices: Sequence[int]
    bits: int = 32


@dataclass(frozen=True)
class TinyTensor:
    """A tensor; with `sparse`, one entry a dimension: a side (dense) or `Compressed`."""

    shape: tuple[int, ...]
    value: NDArray[Any] | None = None
    name: str = ""
    dtype: str = "float32"
    sparse: Sequence[int | Compressed] = ()
    order: Sequence[int] = ()


@dataclass(frozen=True)
class TinyOperator:
    """An operator; `options` are the fields of its options table."""

    kind: str
    inputs: Sequence[int]
    output: int
    options: Mapping[str, int] = field(default_factory=dict)
    table: str = ""


def tflite_file(
    tensors: Sequence[TinyTensor],
    operators: Sequence[TinyOperator],
    outputs: Sequence[int],
) -> bytes:
    """A whole TFLite file whose input is tensor 0."""
    b = flatbuffers.Builder(1024)
    buffers = [_buffer(b, None), *(_buffer(b, tensor.value) for tensor in tensors)]
    written = [_tensor(b, i, tensor) for i, tensor in enumerate(tensors)]
    kinds = sorted({operator.kind for operator in operators})
    steps = [_operator(b, operator, kinds.index(operator.kind)) for operator in operators]
    parts = {
        "Tensors": _offsets(b, written),
        "Inputs": _integers(b, [0]),
        "Outputs": _integers(b, outputs),
        "Operators": _offsets(b, steps),
    }
    graph = _table(b, "SubGraph", parts)
    codes = [
        _table(b, "OperatorCode", {"DeprecatedBuiltinCode": getattr(tflite.BuiltinOperator, kind)})
        for kind in kinds
    ]
    lists = {
        "OperatorCodes": _offsets(b, codes),
        "Subgraphs": _offsets(b, [graph]),
        "Buffers": _offsets(b, buffers),
    }
    b.Finish(_table(b, "Model", {"Version": 3, **lists}), file_identifier=b"TFL3")
    return bytes(b.Output())


def _table(b: Any, name: str, fields: Mapping[str, int]) -> Any:
    getattr(tflite, f"{name}Start")(b)
    for key, value in fields.items():
        getattr(tflite, f"{name}Add{key}")(b, value)
    return getattr(tflite, f"{name}End")(b)


def _offsets(b: Any, offsets: Sequence[int]) -> Any:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _integers(b: Any, values: Sequence[int], bits: int = 32) -> Any:
    dtype = {8: np.uint8, 16: np.uint16, 32: np.int32}[bits]
    return b.CreateNumpyVector(np.array(values, dtype))


def _buffer(b: Any, value: NDArray[Any] | None) -> Any:
    if value is None:
        return _table(b, "Buffer", {})
    data = b.CreateByteVector(value.tobytes())
    return _table(b, "Buffer", {"Data": data})


def _tensor(b: Any, index: int, tensor: TinyTensor) -> Any:
    dtype = tensor.dtype if tensor.value is None else tensor.value.dtype.name
    fields = {
        "Name": b.CreateString(tensor.name or f"tensor{index}"),
        "Shape": _integers(b, tensor.shape),
        "Type": _TYPES[dtype],
        "Buffer": index + 1,
    }
    if tensor.sparse:
        fields["Sparsity"] = _sparsity(b, tensor)
    return _table(b, "Tensor", fields)


def _sparsity(b: Any, tensor: TinyTensor) -> Any:
    dimensions = _offsets(b, [_dimension(b, dimension) for dimension in tensor.sparse])
    order = _integers(b, tensor.order or range(len(tensor.shape)))
    return _table(b, "SparsityParameters", {"TraversalOrder": order, "DimMetadata": dimensions})


def _dimension(b: Any, dimension: int | Compressed) -> Any:
    if isinstance(dimension, int):
        fields = {"Format": tflite.DimensionType.DENSE, "DenseSize": dimension}
        return _table(b, "DimensionMetadata", fields)
    name = {8: "Uint8Vector", 16: "Uint16Vector", 32: "Int32Vector"}[dimension.bits]
    kind = getattr(tflite.SparseIndexVector, name)

    def vector(values: Sequence[int]) -> Any:
        return _table(b, name, {"Values": _integers(b, values, dimension.bits)})

    fields = {
        "ArraySegments": vector(dimension.segments),
        "ArraySegmentsType": kind,
        "ArrayIndices": vector(dimension.indices),
        "ArrayIndicesType": kind,
        "Format": tflite.DimensionType.SPARSE_CSR,
    }
    return _table(b, "DimensionMetadata", fields)


def _operator(b: Any, operator: TinyOperator, code: int) -> Any:
    fields = {
        "OpcodeIndex": code,
        "Inputs": _integers(b, operator.inputs),
        "Outputs": _integers(b, [operator.output]),
    }
    if operator.table:
        fields["BuiltinOptions"] = _table(b, operator.table, operator.options)
        fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, operator.table)
    return _table(b, "Operator", fields)
