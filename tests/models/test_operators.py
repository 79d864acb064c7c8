"""Each operator's ONNX form, run by ONNX Runtime, against TFLite's definition in numpy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tflite
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.converted import INPUT
from models.converter import convert
from models.graph import ConversionError
from models.operators import padding
from tests.models.tiny import TinyOperator, TinyTensor, tflite_file

Array = NDArray[np.float32]

SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID
RELU = tflite.ActivationFunctionType.RELU
RELU6 = tflite.ActivationFunctionType.RELU6


def _random(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _run(model: bytes, image: Array) -> Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {INPUT: image})
    return np.asarray(output)


def _convert(
    kind: str,
    image: Array,
    shape: tuple[int, ...],
    constants: Sequence[NDArray[Any]] = (),
    *,
    table: str = "",
    options: Mapping[str, int] | None = None,
    repeat: int = 1,
) -> bytes:
    """A network of one operator that reads the image (`repeat` times) and constants."""
    tensors = [TinyTensor((1, *image.shape[1:])), TinyTensor((1, *shape), name="out")]
    tensors += [TinyTensor(value.shape, value) for value in constants]
    inputs = [0] * repeat + list(range(2, len(tensors)))
    operator = TinyOperator(kind, inputs, 1, options or {}, table)
    return convert(tflite_file(tensors, [operator], outputs=[1]), {"result": "out"})


def _same(image: Array, kernel: int, stride: int, value: float = 0.0) -> Array:
    """Padded as TFLite's SAME does: to ceil(side / stride) outputs, the odd one after."""
    wanted = -(-image.shape[1] // stride)
    total = max((wanted - 1) * stride + kernel - image.shape[1], 0)
    edge = (total // 2, total - total // 2)
    return np.pad(image, ((0, 0), edge, edge, (0, 0)), constant_values=value)


def _windows(image: Array, kernel: int, stride: int) -> Array:
    """Every window: (batch, row, column, channel, kernel row, kernel column)."""
    view = np.lib.stride_tricks.sliding_window_view(image, (kernel, kernel), axis=(1, 2))
    return np.asarray(view[:, ::stride, ::stride])


def _conv_options(pad: int, stride: int, activation: int = 0) -> dict[str, int]:
    return {
        "Padding": pad,
        "StrideH": stride,
        "StrideW": stride,
        "FusedActivationFunction": activation,
    }


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("side", [6, 7])
def test_conv_2d_same_padding(side: int, kernel: int, stride: int) -> None:
    image, weights, bias = _random(3, side, side, 4), _random(5, kernel, kernel, 4), _random(5)
    windows = _windows(_same(image, kernel, stride), kernel, stride)
    expected = np.einsum("bhwcij,oijc->bhwo", windows, weights) + bias
    options = _conv_options(SAME, stride)
    model = _convert(
        "CONV_2D",
        image,
        expected.shape[1:],
        [weights, bias],
        table="Conv2DOptions",
        options=options,
    )
    np.testing.assert_allclose(_run(model, image), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("activation", "low", "high"), [(RELU, 0, np.inf), (RELU6, 0, 6)])
def test_conv_2d_fused_activation_and_no_bias(activation: int, low: float, high: float) -> None:
    image, weights = _random(1, 5, 5, 2) * 9, _random(3, 3, 3, 2)
    windows = _windows(image, 3, 1)
    expected = np.einsum("bhwcij,oijc->bhwo", windows, weights).clip(low, high)
    options = _conv_options(VALID, 1, activation)
    model = _convert(
        "CONV_2D", image, expected.shape[1:], [weights], table="Conv2DOptions", options=options
    )
    np.testing.assert_allclose(_run(model, image), expected, rtol=1e-4, atol=1e-4)


def test_an_unknown_activation_is_refused() -> None:
    options = _conv_options(VALID, 1, tflite.ActivationFunctionType.SIGN_BIT)
    with pytest.raises(ConversionError, match="CONV_2D with fused activation"):
        _convert(
            "CONV_2D",
            _random(1, 3, 3, 1),
            (3, 3, 1),
            [_random(1, 1, 1, 1)],
            table="Conv2DOptions",
            options=options,
        )


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_conv_2d(multiplier: int) -> None:
    image, weights = _random(2, 6, 6, 3), _random(1, 3, 3, 3 * multiplier)
    windows = _windows(_same(image, 3, 2), 3, 2)
    by_channel = weights[0].reshape(3, 3, 3, multiplier)
    expected = np.einsum("bhwcij,ijcm->bhwcm", windows, by_channel).reshape(2, 3, 3, -1)
    options = _conv_options(SAME, 2) | {"DepthMultiplier": multiplier}
    model = _convert(
        "DEPTHWISE_CONV_2D",
        image,
        expected.shape[1:],
        [weights],
        table="DepthwiseConv2DOptions",
        options=options,
    )
    np.testing.assert_allclose(_run(model, image), expected, rtol=1e-4, atol=1e-4)


def test_max_pool_2d() -> None:
    image = _random(1, 7, 7, 2)
    expected = _windows(_same(image, 2, 2, -np.inf), 2, 2).max(axis=(4, 5))
    options = _conv_options(SAME, 2) | {"FilterHeight": 2, "FilterWidth": 2}
    model = _convert(
        "MAX_POOL_2D", image, expected.shape[1:], [], table="Pool2DOptions", options=options
    )
    np.testing.assert_array_equal(_run(model, image), expected)


def test_add_with_activation() -> None:
    image = _random(2, 3, 3, 2)
    options = {"FusedActivationFunction": RELU}
    model = _convert("ADD", image, (3, 3, 2), [], table="AddOptions", options=options, repeat=2)
    np.testing.assert_array_equal(_run(model, image), np.maximum(image + image, 0))


def test_add_of_a_constant_is_refused() -> None:
    with pytest.raises(ConversionError, match="ADD with a constant operand"):
        _convert("ADD", _random(1, 3), (3,), [_random(1, 3)], table="AddOptions", options={})


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenation_of_images(axis: int) -> None:
    image = _random(2, 2, 3, 4)
    expected = np.concatenate([image, image], axis=axis)
    model = _convert(
        "CONCATENATION",
        image,
        expected.shape[1:],
        [],
        table="ConcatenationOptions",
        options={"Axis": axis},
        repeat=2,
    )
    np.testing.assert_array_equal(_run(model, image), expected)


def test_padding_of_channels() -> None:
    image = _random(2, 2, 2, 3)
    amounts = np.array([[0, 0], [1, 0], [0, 2], [0, 5]], np.int32)
    expected = np.pad(image, amounts.tolist())
    model = _convert("PAD", image, expected.shape[1:], [amounts])
    np.testing.assert_array_equal(_run(model, image), expected)


def test_padding_before_a_convolution_becomes_part_of_it() -> None:
    image, weights = _random(2, 4, 4, 2), _random(3, 3, 3, 2)
    amounts = np.array([[0, 0], [0, 1], [2, 1], [0, 0]], np.int32)
    padded = np.pad(image, amounts.tolist())
    expected = np.einsum("bhwcij,oijc->bhwo", _windows(padded, 3, 1), weights)
    tensors = [
        TinyTensor((1, 4, 4, 2)),
        TinyTensor((4, 2), amounts),
        TinyTensor((1, *padded.shape[1:])),
        TinyTensor(weights.shape, weights),
        TinyTensor((1, *expected.shape[1:]), name="out"),
    ]
    operators = [
        TinyOperator("PAD", [0, 1], 2),
        TinyOperator("CONV_2D", [2, 3], 4, _conv_options(VALID, 1), "Conv2DOptions"),
    ]
    model = convert(tflite_file(tensors, operators, outputs=[4]), {"result": "out"})
    np.testing.assert_allclose(_run(model, image), expected, rtol=1e-4, atol=1e-4)
    assert "Pad" not in {node.op_type for node in onnx.load_from_string(model).graph.node}


def _bilinear(image: Array, side: int) -> Array:
    """Bilinear with pixel centres at halves, edges repeated, one axis after the other."""
    for axis in (1, 2):
        sides = image.shape[axis]
        at = np.clip((np.arange(side) + 0.5) * sides / side - 0.5, 0, sides - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, sides - 1)
        share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        image = image.take(low, axis) * (1 - share) + image.take(high, axis) * share
    return image


def test_resize_bilinear_with_half_pixel_centers() -> None:
    image = _random(2, 4, 4, 3)
    size = np.array([8, 8], np.int32)
    model = _convert(
        "RESIZE_BILINEAR",
        image,
        (8, 8, 3),
        [size],
        table="ResizeBilinearOptions",
        options={"HalfPixelCenters": True},
    )
    np.testing.assert_allclose(_run(model, image), _bilinear(image, 8), rtol=1e-5, atol=1e-5)


def test_resize_bilinear_with_aligned_corners_keeps_the_corners() -> None:
    image = _random(1, 3, 3, 1)
    size = np.array([5, 5], np.int32)
    model = _convert(
        "RESIZE_BILINEAR",
        image,
        (5, 5, 1),
        [size],
        table="ResizeBilinearOptions",
        options={"AlignCorners": True},
    )
    np.testing.assert_allclose(_run(model, image)[:, ::4, ::4], image[:, ::2, ::2], rtol=1e-5)


def test_reshape_keeps_the_order_of_batch_height_width_channels() -> None:
    image = _random(3, 2, 4, 6)
    shape = np.array([1, 16, 3], np.int32)
    model = _convert("RESHAPE", image, (16, 3), [shape])
    np.testing.assert_array_equal(_run(model, image), image.reshape(3, 16, 3))


def test_depth_to_space() -> None:
    image = _random(2, 2, 3, 8)
    expected = image.reshape(2, 2, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 6, 2)
    model = _convert(
        "DEPTH_TO_SPACE",
        image,
        (4, 6, 2),
        [],
        table="DepthToSpaceOptions",
        options={"BlockSize": 2},
    )
    np.testing.assert_array_equal(_run(model, image), expected)


def test_logistic() -> None:
    image = _random(2, 2, 2, 2)
    model = _convert("LOGISTIC", image, (2, 2, 2))
    np.testing.assert_allclose(_run(model, image), 1 / (1 + np.exp(-image)), rtol=1e-5)


@given(side=st.integers(1, 300), kernel=st.integers(1, 7), stride=st.integers(1, 4))
def test_same_padding_gives_as_many_outputs_as_strides_fit(
    side: int, kernel: int, stride: int
) -> None:
    before, after = padding(SAME, [side, side], [kernel, kernel], [stride, stride])[0]
    assert 0 <= after - before <= 1
    if kernel >= stride:
        assert (side + before + after - kernel) // stride + 1 == -(-side // stride)
