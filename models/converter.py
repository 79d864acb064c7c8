"""Converts a TensorFlow Lite network to ONNX, pruned to the outputs that are asked for."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper

from models.converted import INPUT, VERSION
from models.graph import ConversionError, Graph, Operator, read_graph
from models.operators import OPERATORS, TO_NCHW, TO_NHWC, Emitter

_OPSET = 17
_IR_VERSION = 8


def convert(data: bytes, outputs: Mapping[str, str]) -> bytes:
    """Convert a TFLite file, given whole, and return an ONNX file.

    `outputs` maps the name that each output shall have to its name in the TFLite graph. Input and
    outputs keep TFLite's layout (images as batch, height, width, channels; float32) with a free
    batch dimension; the same input always gives the same bytes. Raises ConversionError.
    """
    graph = read_graph(data)
    wanted = {graph.output_named(source): name for name, source in outputs.items()}
    names = {tensor: name for tensor, name in wanted.items() if not _is_image(graph, tensor)}
    emit = Emitter(graph, names)
    emit.node("Transpose", [INPUT], emit.name(graph.input), perm=TO_NCHW)
    for operator in graph.leading_to(set(wanted)):
        _emit(emit, operator)
    for tensor, name in wanted.items():
        if _is_image(graph, tensor):
            emit.node("Transpose", [emit.name(tensor)], name, perm=TO_NHWC)
    model = _model(emit, wanted)
    onnx.checker.check_model(model)
    serialized: bytes = model.SerializeToString(deterministic=True)
    return serialized


def _emit(emit: Emitter, operator: Operator) -> None:
    if operator.kind not in OPERATORS:
        raise ConversionError(f"operator {operator.kind} is not in the table")
    OPERATORS[operator.kind](emit, operator)


def _is_image(graph: Graph, tensor: int) -> bool:
    return len(graph.tensors[tensor].shape) == 4


def _model(emit: Emitter, wanted: Mapping[int, str]) -> onnx.ModelProto:
    def described(tensor: int, name: str) -> onnx.ValueInfoProto:
        shape: list[str | int | None] = ["batch", *emit.shape(tensor)[1:]]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        emit.nodes,
        "blazepose",
        [described(emit.graph.input, INPUT)],
        [described(tensor, name) for tensor, name in wanted.items()],
        list(emit.constants.values()),
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="blazereps",
        producer_version=str(VERSION),
    )
