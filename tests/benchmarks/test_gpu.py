"""What is said where there is no GPU."""

import onnxruntime
import pytest

from benchmarks.gpu import check


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(),
    reason="this ONNX Runtime may find one",
)
def test_without_a_gpu_there_is_nothing_to_measure() -> None:
    with pytest.raises(SystemExit, match="nothing to measure: this ONNX Runtime has no CUDA"):
        check()
