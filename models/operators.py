"""The operator table: how each TFLite operator is said in ONNX.

TFLite keeps images as batch, height, width, channels (NHWC); ONNX operators want NCHW. Everything
here emits NCHW and keeps the batch free. Semantics: TFLite's kernels (lite/kernels) and the ONNX
operator specification, opset 17.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import helper, numpy_helper

from models.graph import Array, ConversionError, Graph, Operator

Pads = tuple[tuple[int, int], tuple[int, int]]
"""Zeros before and after, for height and for width."""

TO_NCHW = (0, 3, 1, 2)
TO_NHWC = (0, 2, 3, 1)
_NO_PADS: Pads = ((0, 0), (0, 0))


class Emitter:
    """Collects the ONNX nodes and constants that stand for a TFLite graph."""

    def __init__(self, graph: Graph, names: Mapping[int, str]) -> None:
        """`names` says what to call some tensors; the others are numbered."""
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self._names = names
        self._padded: dict[int, tuple[int, Pads]] = {}

    def name(self, tensor: int) -> str:
        """The ONNX name of a TFLite tensor."""
        return self._names.get(tensor, f"t{tensor}")

    def shape(self, tensor: int) -> tuple[int, ...]:
        """The TFLite shape of a tensor (NHWC where it is an image)."""
        return self.graph.tensors[tensor].shape

    def value(self, tensor: int) -> Array:
        """The value of a constant; raises ConversionError where it is computed instead."""
        value = self.graph.tensors[tensor].value
        if value is None:
            name = self.graph.tensors[tensor].name
            raise ConversionError(f"tensor {name!r} must be a constant")
        return value

    def computed(self, operator: Operator) -> list[str]:
        """The names of an operator's inputs, none of which may be a constant."""
        for tensor in operator.inputs:
            if self.graph.tensors[tensor].value is not None:
                raise ConversionError(f"{operator.kind} with a constant operand")
        return [self.name(tensor) for tensor in operator.inputs]

    def constant(self, name: str, value: Array) -> str:
        """Add a constant, and give its name back."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an ONNX node, and give its output's name back."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def activated(
        self, kind: str, inputs: Sequence[str], operator: Operator, **attributes: Any
    ) -> None:
        """Add a node followed by the activation that TFLite fuses into the operator."""
        output = self.name(operator.output)
        activation = operator.options.FusedActivationFunction()
        if activation == tflite.ActivationFunctionType.NONE:
            self.node(kind, inputs, output, **attributes)
            return
        linear = self.node(kind, inputs, f"{output}_linear", **attributes)
        if activation == tflite.ActivationFunctionType.RELU:
            self.node("Relu", [linear], output)
        elif activation in _CLIPS:
            low, high = (
                self.constant(f"clip_{v:g}", np.array(v, np.float32)) for v in _CLIPS[activation]
            )
            self.node("Clip", [linear, low, high], output)
        else:
            raise ConversionError(f"{operator.kind} with fused activation {activation}")

    def postpone_padding(self, operator: Operator, pads: Pads) -> None:
        """Leave a padding to the convolutions that read it, which do it at no cost."""
        self._padded[operator.output] = (operator.inputs[0], pads)

    def without_padding(self, tensor: int) -> tuple[int, Pads]:
        """The tensor before a postponed padding, and that padding."""
        return self._padded.get(tensor, (tensor, _NO_PADS))


_CLIPS = {
    tflite.ActivationFunctionType.RELU6: (0.0, 6.0),
    tflite.ActivationFunctionType.RELU_N1_TO_1: (-1.0, 1.0),
}


def _convolution(emit: Emitter, operator: Operator, weights: Array, groups: int) -> None:
    """A convolution with `weights` as (output, input, height, width), padding folded in."""
    options = operator.options
    strides = (options.StrideH(), options.StrideW())
    dilations = (options.DilationHFactor(), options.DilationWFactor())
    kernel = weights.shape[2:]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    source, before = emit.without_padding(operator.inputs[0])
    own = padding(options.Padding(), emit.shape(operator.inputs[0])[1:3], reach, strides)
    inputs = [emit.name(source), emit.constant(f"w{operator.output}", weights)]
    if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
        inputs.append(emit.constant(f"b{operator.output}", emit.value(operator.inputs[2])))
    pads = np.add(before, own).T.ravel().tolist()
    emit.activated(
        "Conv",
        inputs,
        operator,
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=pads,
        group=groups,
    )


def padding(kind: int, sides: Sequence[int], reach: Sequence[int], strides: Sequence[int]) -> Pads:
    """TFLite's SAME or VALID padding, the odd pixel after (lite/kernels/padding.h)."""
    if kind == tflite.Padding.VALID:
        return _NO_PADS
    totals = [
        max((-(-side // stride) - 1) * stride + k - side, 0)
        for side, k, stride in zip(sides, reach, strides, strict=True)
    ]
    height, width = ((total // 2, total - total // 2) for total in totals)
    return height, width


def _conv_2d(emit: Emitter, operator: Operator) -> None:
    weights = emit.value(operator.inputs[1])
    _convolution(emit, operator, weights.transpose(TO_NCHW), groups=1)


def _depthwise_conv_2d(emit: Emitter, operator: Operator) -> None:
    weights = emit.value(operator.inputs[1])
    channels = emit.shape(operator.inputs[0])[3]
    _convolution(emit, operator, weights.transpose(3, 0, 1, 2), groups=channels)


def _max_pool_2d(emit: Emitter, operator: Operator) -> None:
    options = operator.options
    kernel = (options.FilterHeight(), options.FilterWidth())
    strides = (options.StrideH(), options.StrideW())
    pads = padding(options.Padding(), emit.shape(operator.inputs[0])[1:3], kernel, strides)
    emit.activated(
        "MaxPool",
        emit.computed(operator),
        operator,
        kernel_shape=kernel,
        strides=strides,
        pads=np.transpose(pads).ravel().tolist(),
    )


def _add(emit: Emitter, operator: Operator) -> None:
    if len({emit.shape(tensor) for tensor in operator.inputs}) > 1:
        raise ConversionError("ADD of tensors of different shapes")
    emit.activated("Add", emit.computed(operator), operator)


def _concatenation(emit: Emitter, operator: Operator) -> None:
    rank = len(emit.shape(operator.output))
    axis = operator.options.Axis() % rank
    if rank == 4:
        axis = TO_NCHW.index(axis)
    emit.activated("Concat", emit.computed(operator), operator, axis=axis)


def _pad(emit: Emitter, operator: Operator) -> None:
    pads = emit.value(operator.inputs[1])
    readers = [o.kind for o in emit.graph.operators if operator.output in o.inputs]
    inside_image = not pads[[0, 3]].any()
    if inside_image and set(readers) <= {"CONV_2D", "DEPTHWISE_CONV_2D"}:
        height, width = pads[1:3].tolist()
        emit.postpone_padding(operator, ((height[0], height[1]), (width[0], width[1])))
        return
    amounts = emit.constant(f"pads{operator.output}", pads[list(TO_NCHW)].T.ravel().astype("i8"))
    emit.node("Pad", [emit.name(operator.inputs[0]), amounts], emit.name(operator.output))


def _resize_bilinear(emit: Emitter, operator: Operator) -> None:
    before, after = (emit.shape(t)[1:3] for t in (operator.inputs[0], operator.output))
    scales = np.array([1, 1, after[0] / before[0], after[1] / before[1]], np.float32)
    if operator.options.AlignCorners():
        mode = "align_corners"
    else:
        mode = "half_pixel" if operator.options.HalfPixelCenters() else "asymmetric"
    emit.node(
        "Resize",
        [emit.name(operator.inputs[0]), "", emit.constant(f"scales{operator.output}", scales)],
        emit.name(operator.output),
        mode="linear",
        coordinate_transformation_mode=mode,
    )


def _reshape(emit: Emitter, operator: Operator) -> None:
    source, before = emit.name(operator.inputs[0]), emit.shape(operator.inputs[0])
    after, output = emit.shape(operator.output), emit.name(operator.output)
    if len(after) == 4 or len(before) not in (2, 3, 4):
        raise ConversionError(f"RESHAPE from {before} to {after}")
    if len(before) == 4 and before[1:3] != (1, 1):
        source = emit.node("Transpose", [source], f"{output}_nhwc", perm=TO_NHWC)
    keep_batch = np.array([0, *after[1:]], np.int64)
    emit.node("Reshape", [source, emit.constant(f"shape{operator.output}", keep_batch)], output)


def _depth_to_space(emit: Emitter, operator: Operator) -> None:
    emit.node(
        "DepthToSpace",
        emit.computed(operator),
        emit.name(operator.output),
        blocksize=operator.options.BlockSize(),
        mode="DCR",
    )


def _logistic(emit: Emitter, operator: Operator) -> None:
    emit.node("Sigmoid", emit.computed(operator), emit.name(operator.output))


OPERATORS: Mapping[str, Callable[[Emitter, Operator], None]] = {
    "ADD": _add,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "DEPTH_TO_SPACE": _depth_to_space,
    "LOGISTIC": _logistic,
    "MAX_POOL_2D": _max_pool_2d,
    "PAD": _pad,
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize_bilinear,
}
