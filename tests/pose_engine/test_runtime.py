"""ONNX Runtime: a tiny model in, named outputs out; what is no model is refused."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from pose_engine.runtime import Device, DeviceError, ModelError, OnnxNet, sigmoid


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that doubles and negates a batch of pictures."""
    shape: list[str | int | None] = ["batch", 2, 2, 3]
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["image", "image"], ["double"]),
            helper.make_node("Neg", ["image"], ["negative"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name in ("double", "negative")
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("models") / "tiny.onnx"
    onnx.save(model, path)
    return path


def test_outputs_come_by_name(tiny: Path) -> None:
    net = OnnxNet.load(tiny)
    image = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    answer = net.run(image)
    assert net.outputs == ("double", "negative")
    assert net.picture == (2, 2, 3)
    np.testing.assert_array_equal(answer["double"], 2 * image)
    np.testing.assert_array_equal(answer["negative"], -image)


def test_nobody_is_told_that_it_runs(tiny: Path, tmp_path: Path) -> None:
    """ONNX Runtime's telemetry would leave an id and what it has to send in the user's cache."""
    code = "import sys; from pose_engine.runtime import OnnxNet; OnnxNet.load(sys.argv[1])"
    # Without the variables of build machines, where it is silent by itself.
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    subprocess.run(
        [sys.executable, "-c", code, tiny],
        env=kept | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert os.listdir(tmp_path) == []


def test_many_threads_may_share_a_net(tiny: Path) -> None:
    net = OnnxNet.load(tiny, threads=2)
    images = [np.full((1, 2, 2, 3), index, np.float32) for index in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(net.run, images))
    for image, answer in zip(images, answers, strict=True):
        np.testing.assert_array_equal(answer["double"], 2 * image)


@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_what_is_no_model_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        OnnxNet.load(path)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="it can use a GPU"
)
def test_a_gpu_that_onnx_runtime_cannot_use_is_refused_with_what_to_install(tiny: Path) -> None:
    with pytest.raises(DeviceError, match="install onnxruntime-gpu"):
        OnnxNet.load(tiny, device=Device.CUDA)


@given(st.lists(st.floats(allow_nan=False, width=32), min_size=1))
def test_probabilities_are_ordered_and_within_bounds(logits: list[float]) -> None:
    odds = sigmoid(np.array(sorted(logits), np.float32))
    assert odds.dtype == np.float32
    assert ((odds >= 0) & (odds <= 1)).all()
    assert (np.diff(odds) >= 0).all()
    assert sigmoid(np.zeros(1, np.float32))[0] == 0.5
