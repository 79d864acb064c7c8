import numpy as np
import pytest

from models.graph import ConversionError, read_graph
from tests.models.tiny import Compressed, TinyOperator, TinyTensor, tflite_file


def _weights_file(stored: TinyTensor, kind: str = "DEQUANTIZE") -> bytes:
    """A graph that adds nothing but an operator that unpacks stored weights."""
    tensors = [TinyTensor((1, 2)), stored, TinyTensor(stored.shape), TinyTensor((1, 2))]
    operators = [
        TinyOperator(kind, [1], 2),
        TinyOperator("LOGISTIC", [0], 3),
    ]
    return tflite_file(tensors, operators, outputs=[3])


def test_float16_weights_become_float32_constants_and_the_operator_goes() -> None:
    half = np.array([[0.1, -2.5], [3.0, 65504.0]], np.float16)
    graph = read_graph(_weights_file(TinyTensor((2, 2), half)))
    value = graph.tensors[2].value
    assert value is not None
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, half.astype(np.float32))
    assert [operator.kind for operator in graph.operators] == ["LOGISTIC"]


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_sparse_rows_are_spread(bits: int) -> None:
    rows = Compressed(segments=[0, 2, 2, 3], indices=[1, 3, 0], bits=bits)
    stored = TinyTensor((3, 4), np.array([5, 6, 7], np.float16), sparse=[3, rows])
    graph = read_graph(_weights_file(stored, "DENSIFY"))
    expected = [[0, 5, 0, 6], [0, 0, 0, 0], [7, 0, 0, 0]]
    np.testing.assert_array_equal(np.asarray(graph.tensors[2].value), expected)


def test_sparse_dimension_above_a_dense_one() -> None:
    kept = Compressed(segments=[0, 2], indices=[0, 2])
    stored = TinyTensor((3, 2), np.array([1, 2, 3, 4], np.float32), sparse=[kept, 2])
    graph = read_graph(_weights_file(stored, "DENSIFY"))
    np.testing.assert_array_equal(np.asarray(graph.tensors[2].value), [[1, 2], [0, 0], [3, 4]])


def test_sparse_weights_in_another_order_are_refused() -> None:
    rows = Compressed(segments=[0, 1, 1], indices=[0])
    stored = TinyTensor((2, 2), np.array([1], np.float32), sparse=[2, rows], order=[1, 0])
    with pytest.raises(ConversionError, match="reordered or blocked"):
        read_graph(_weights_file(stored, "DENSIFY"))


def test_quantized_weights_are_refused() -> None:
    stored = TinyTensor((2, 2), np.ones((2, 2), np.int8), name="quantized")
    with pytest.raises(ConversionError, match="'quantized' has tensor type"):
        read_graph(_weights_file(stored))


def test_dequantizing_something_computed_is_refused() -> None:
    with pytest.raises(ConversionError, match="DEQUANTIZE of something else"):
        read_graph(_weights_file(TinyTensor((2, 2), dtype="float16")))


def test_another_file_is_refused() -> None:
    with pytest.raises(ConversionError, match="not a TensorFlow Lite file"):
        read_graph(b"PK\x03\x04 something else")


def test_an_unknown_output_is_refused_and_the_known_ones_are_named() -> None:
    graph = read_graph(_weights_file(TinyTensor((1,), np.ones(1, np.float32))))
    assert graph.output_named("tensor3") == 3
    with pytest.raises(ConversionError, match="no output 'mask'; the graph has tensor3"):
        graph.output_named("mask")


def test_only_what_leads_to_the_outputs_is_kept() -> None:
    tensors = [TinyTensor((1, 2)) for _ in range(4)]
    chain = [TinyOperator("LOGISTIC", [i], i + 1) for i in range(3)]
    graph = read_graph(tflite_file(tensors, chain, outputs=[2, 3]))
    assert [operator.output for operator in graph.leading_to({2})] == [1, 2]
