"""Pictures of many streams -> one run of a net: a GPU takes little longer for many than for one."""

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np

from pose_engine.landmarks import FloatArray
from pose_engine.runtime import Net

Answer = dict[str, FloatArray]


class BatchingNet:
    """A net that all threads share, run for those that wait for it at once. Thread-safe.

    One thread runs it: whoever comes while it is free has it run at once, and what comes meanwhile
    is run together, first come, first served. Each size of batch has a net of its own, and batches
    are filled up to the next size with black pictures: on CUDA, ONNX Runtime prepares itself anew,
    for a second, whenever the size changes.
    """

    def __init__(self, nets: Mapping[int, Net]) -> None:
        """`nets`: the same net, once for each size of batch."""
        self._nets = dict(sorted(nets.items()))
        self.outputs = next(iter(self._nets.values())).outputs
        self._waiting: deque[tuple[FloatArray, Future[Answer]]] = deque()
        self._runner = ThreadPoolExecutor(1, "nets")

    @classmethod
    def warm(cls, nets: Mapping[int, Net], picture: Sequence[int]) -> Self:
        """With each net run once, on black pictures of this shape."""
        batching = cls(nets)
        for size, net in nets.items():
            batching._runner.submit(net.run, np.zeros((size, *picture), np.float32)).result()
        return batching

    @property
    def waiting(self) -> int:
        """How many pictures wait to be run."""
        return len(self._waiting)

    def run(self, image: FloatArray) -> Answer:
        """One picture, (1, height, width, 3) float32, -> its outputs by name, each (1, ...).

        What the net raises is raised for each picture of the batch.
        """
        answer: Future[Answer] = Future()
        self._waiting.append((image, answer))
        self._runner.submit(self._serve)
        return answer.result()

    def _serve(self) -> None:
        """Runs what waits, up to the largest batch; nothing where an earlier call has run it."""
        most = min(len(self._waiting), max(self._nets))
        if not most:
            return
        images, answers = zip(*(self._waiting.popleft() for _ in range(most)), strict=True)
        size = next(size for size in self._nets if size >= most)
        black = [np.zeros_like(images[0])] * (size - most)
        try:
            outputs = self._nets[size].run(np.concatenate([*images, *black]))
        except Exception as error:  # each is told, in its own thread
            for answer in answers:
                answer.set_exception(error)
            return
        for index, answer in enumerate(answers):
            answer.set_result({name: each[index : index + 1] for name, each in outputs.items()})
