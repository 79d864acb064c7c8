"""The least time that a net could take on this core, and what it takes.

    python -m benchmarks.floor

The floor is the multiply-adds of its convolutions over the most that the core does a second, which
a product of matrices that fit the cache shows: on ONNX Runtime, one thread, the best of many.
"""

import time
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from benchmarks.command_line import command_line
from benchmarks.report import table
from models.converted import INPUT
from models.store import ModelStore
from pose_engine import detector, landmarker
from pose_engine.engine import Variant
from pose_engine.runtime import OnnxNet

SIDE = 512
"""Of the matrices: 1 MB each."""
RUNS = 200


def multiply_adds(path: Path, side_px: int) -> int:
    """Of all convolutions for one picture of `side_px`."""
    model = onnx.load(path)
    size = model.graph.input[0].type.tensor_type.shape.dim
    for dimension, length in zip(size, (1, side_px, side_px, 3), strict=True):
        dimension.dim_value = length
    graph = shape_inference.infer_shapes(model).graph
    known = {one.name: one.type.tensor_type.shape.dim for one in (*graph.value_info, *graph.output)}
    weights = {one.name: one.dims for one in graph.initializer}
    return sum(
        prod(length.dim_value for length in known[node.output[0]])
        * prod(weights[node.input[1]][1:])
        for node in graph.node
        if node.op_type == "Conv"
    )


def peak(folder: Path) -> float:
    """Multiply-adds a second of this core."""
    random = np.random.default_rng(0)
    weights = numpy_helper.from_array(random.random((SIDE, SIDE), np.float32), "weights")
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [SIDE, SIDE])
        for name in (INPUT, "product")
    ]
    node = helper.make_node("MatMul", [INPUT, "weights"], ["product"])
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], [weights])
    path = folder / "product.onnx"
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )
    net, matrix = OnnxNet.load(path), random.random((SIDE, SIDE), np.float32)
    return SIDE**3 / min(_times_s(partial(net.run, matrix)))


def _times_s(step: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(RUNS):
        began_s = time.process_time()
        step()
        times.append(time.process_time() - began_s)
    return times


def main() -> None:
    """Prints the table."""
    command_line(__doc__).parse_args()
    store = ModelStore()
    files = {variant: store.find(variant) for variant in Variant}
    nets = [
        ("detector", files[Variant.FULL].detector, detector.SIZE),
        *((str(variant), found.landmarker, landmarker.SIZE) for variant, found in files.items()),
    ]
    with TemporaryDirectory() as folder:
        most = peak(Path(folder))
    rows = []
    for name, path, side_px in nets:
        net, needed = OnnxNet.load(path), multiply_adds(path, side_px)
        picture = np.random.default_rng(0).random((1, side_px, side_px, 3), np.float32)
        took_ms = 1000 * median(_times_s(partial(net.run, picture)))
        floor_ms = 1000 * needed / most
        share = f"{floor_ms / took_ms:.0%}"
        rows.append(
            (name, f"{needed / 1e6:.0f} M", f"{floor_ms:.1f} ms", f"{took_ms:.1f} ms", share)
        )
    print(f"One core: {most / 1e9:.0f} G multiply-adds a second\n")
    print(table(("net", "multiply-adds", "floor", "median", "of the peak"), rows))


if __name__ == "__main__":
    main()
