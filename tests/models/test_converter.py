import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from models import cards
from models.converted import INPUT
from models.converter import convert
from models.graph import ConversionError
from models.manifest import DETECTOR, VARIANTS, Network
from models.store import ModelFiles, ModelsMissing, ModelStore
from tests.models.tiny import TinyOperator, TinyTensor, tflite_file

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())
"""Printed by `python -m benchmarks.model_parity --golden`, from the TFLite interpreter."""

TOLERANCE = {
    "boxes": 0.01,  # pixels
    "scores": 0.005,  # logit
    "landmarks": 0.01,  # pixels
    "flag": 0.0002,  # probability
    "heatmap": 0.005,  # logit
    "world": 0.0002,  # metres
}
"""About five times what benchmarks.model_parity finds."""


def _pattern(side: int) -> NDArray[np.float32]:
    y, x, channel = np.ogrid[:side, :side, :3]
    waves = np.sin(0.05 * x * (channel + 1) + 0.03 * y) * np.cos(0.02 * y * (3 - channel))
    return np.asarray(0.5 + 0.5 * waves, np.float32)


def _outputs(path: Path, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {INPUT: images}), strict=True))


def _assert_golden(network: Network, path: Path) -> None:
    image = _pattern(network.side)[None]
    found = _outputs(path, image * 2 - 1 if network is DETECTOR else image)
    for name, figures in GOLDEN[network.name].items():
        flat = found[name].ravel()
        picked = [float(flat[int(index)]) for index in figures]
        assert picked == pytest.approx(list(figures.values()), rel=0, abs=TOLERANCE[name]), name


def test_detector_gives_what_tflite_gives(model_files: ModelFiles) -> None:
    _assert_golden(DETECTOR, model_files.detector)


def test_full_gives_what_tflite_gives(model_files: ModelFiles) -> None:
    _assert_golden(VARIANTS["full"], model_files.landmarker)


@pytest.mark.parametrize("variant", ["lite", "heavy"])
def test_other_variants_give_what_tflite_gives(variant: str, model_store: ModelStore) -> None:
    try:
        files = model_store.find(variant)
    except ModelsMissing as error:
        pytest.skip(f"not downloaded for a test alone: {error}")
    _assert_golden(VARIANTS[variant], files.landmarker)


def test_pictures_of_a_batch_do_not_touch_each_other(model_files: ModelFiles) -> None:
    one = _pattern(VARIANTS["full"].side)
    batch = _outputs(model_files.landmarker, np.stack([one, one[::-1], one]))
    alone = _outputs(model_files.landmarker, one[None])
    for name, values in alone.items():
        np.testing.assert_allclose(batch[name][2], values[0], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_card_tells_the_truth_about_inputs_and_outputs(
    variant: str, model_store: ModelStore, model_files: ModelFiles
) -> None:
    try:
        files = model_store.find(variant)
    except ModelsMissing as error:
        pytest.skip(f"not downloaded for a test alone: {error}")
    described = cards.card(variant)
    for card, path in (
        (described.detector, files.detector),
        (described.landmarker, files.landmarker),
    ):
        graph = onnx.load(path).graph
        assert _shapes(graph.input) == {t.name: ("batch", *t.shape) for t in card.inputs}
        assert _shapes(graph.output) == {t.name: ("batch", *t.shape) for t in card.outputs}


def _shapes(values: list[onnx.ValueInfoProto]) -> dict[str, tuple[str | int, ...]]:
    return {
        value.name: tuple(
            side.dim_param or side.dim_value for side in value.type.tensor_type.shape.dim
        )
        for value in values
    }


def _two_outputs() -> bytes:
    tensors = [
        TinyTensor((1, 2, 2, 3), name="in"),
        TinyTensor((1, 2, 2, 3), name="sigmoid"),
        TinyTensor((1, 2, 2, 3), name="twice"),
    ]
    operators = [
        TinyOperator("LOGISTIC", [0], 1),
        TinyOperator("LOGISTIC", [1], 2),
    ]
    return tflite_file(tensors, operators, outputs=[1, 2])


def test_an_output_that_is_not_asked_for_costs_nothing() -> None:
    pruned = onnx.load_from_string(convert(_two_outputs(), {"result": "sigmoid"}))
    assert [node.op_type for node in pruned.graph.node] == ["Transpose", "Sigmoid", "Transpose"]


def test_an_output_that_another_one_is_made_from_is_given_as_well() -> None:
    model = convert(_two_outputs(), {"a": "sigmoid", "b": "twice"})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    image = np.linspace(-3, 3, 24, dtype=np.float32).reshape(2, 2, 2, 3)
    a, b = session.run(["a", "b"], {INPUT: image})
    np.testing.assert_allclose(a, 1 / (1 + np.exp(-image)), rtol=1e-5)
    np.testing.assert_allclose(b, 1 / (1 + np.exp(-a)), rtol=1e-5)


def test_the_same_file_always_gives_the_same_bytes() -> None:
    outputs = {"a": "sigmoid", "b": "twice"}
    assert convert(_two_outputs(), outputs) == convert(_two_outputs(), outputs)


def test_an_operator_that_is_not_in_the_table_is_named() -> None:
    tensors = [TinyTensor((1, 2)), TinyTensor((1, 2), name="out")]
    data = tflite_file(tensors, [TinyOperator("SQRT", [0], 1)], outputs=[1])
    with pytest.raises(ConversionError, match="operator SQRT"):
        convert(data, {"result": "out"})
