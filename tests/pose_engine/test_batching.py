"""Batches: each is answered with its own, whoever waits is run together, faults reach everybody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident
from time import sleep

import numpy as np
import pytest

from pose_engine.batching import BatchingNet
from pose_engine.landmarks import FloatArray
from tests.pose_engine.fakes import Answer, FakeNet

WAIT_S = 10


def doubled(images: FloatArray) -> Answer:
    """Names, and twice the picture."""
    return {"number": images[:, 0, 0, 0], "double": 2 * images}


def picture(number: int) -> FloatArray:
    return np.full((1, 2, 2, 3), number, np.float32)


class Gate:
    """Holds the first run of a net until it is opened."""

    def __init__(self, answer: Callable[[FloatArray], Answer] = doubled) -> None:
        self.entered, self.opened = Event(), Event()
        self._answer = answer

    def __call__(self, images: FloatArray) -> Answer:
        self.entered.set()
        assert self.opened.wait(WAIT_S)
        return self._answer(images)


def run_behind(gate: Gate, net: BatchingNet, numbers: range) -> list[Answer | BaseException]:
    """The answers to pictures of which the first is run while the others come, one by one."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        asked = [pool.submit(net.run, picture(numbers[0]))]
        assert gate.entered.wait(WAIT_S)
        for waiting, number in enumerate(numbers[1:], 1):
            asked.append(pool.submit(net.run, picture(number)))
            while net.waiting < waiting:
                sleep(0.001)
        gate.opened.set()
        return [one.exception(WAIT_S) or one.result() for one in asked]


def test_a_picture_that_comes_alone_is_run_alone() -> None:
    inner = FakeNet(doubled, "number", "double")
    net = BatchingNet({1: inner, 4: inner})
    assert net.outputs == ("number", "double")
    answer = net.run(picture(3))
    np.testing.assert_array_equal(answer["double"], 2 * picture(3))
    assert [len(images) for images in inner.inputs] == [1]


@pytest.mark.parametrize(
    ("pictures", "batches"), [(2, [1, 1]), (3, [1, 4]), (5, [1, 4]), (6, [1, 4, 1]), (9, [1, 4, 4])]
)
def test_what_comes_meanwhile_is_run_together(pictures: int, batches: list[int]) -> None:
    gate = Gate()
    inner = FakeNet(gate)
    answers = run_behind(gate, BatchingNet({4: inner, 1: inner}), range(1, pictures + 1))
    assert [len(images) for images in inner.inputs] == batches
    for number, answer in enumerate(answers, 1):
        assert isinstance(answer, dict)
        assert answer["number"].tolist() == [number]
        np.testing.assert_array_equal(answer["double"], 2 * picture(number))


def test_first_come_is_first_served() -> None:
    gate = Gate()
    inner = FakeNet(gate)
    run_behind(gate, BatchingNet({1: inner, 2: inner}), range(1, 6))
    batches = [images[:, 0, 0, 0].tolist() for images in inner.inputs]
    assert batches == [[1], [2, 3], [4, 5]]


def test_a_fault_is_told_to_each_of_the_batch_and_to_nobody_after_it() -> None:
    def faulty(images: FloatArray) -> Answer:
        if (images == 2).any():
            raise RuntimeError("out of memory")
        return doubled(images)

    gate = Gate(faulty)
    net = BatchingNet(dict.fromkeys((1, 2), FakeNet(gate)))
    first, *others = run_behind(gate, net, range(1, 4))
    assert isinstance(first, dict)
    assert [str(one) for one in others] == 2 * ["out of memory"]
    np.testing.assert_array_equal(net.run(picture(5))["double"], 2 * picture(5))


def test_each_size_has_a_net_of_its_own_that_sees_no_other() -> None:
    nets = {size: FakeNet(doubled) for size in (1, 2, 8)}
    net = BatchingNet.warm(nets, (2, 2, 3))
    assert [len(inner.inputs) for inner in nets.values()] == [1, 1, 1]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(net.run, map(picture, range(100))))
    assert [answer["number"].tolist() for answer in answers] == [[n] for n in range(100)]
    for size, inner in nets.items():
        assert {images.shape for images in inner.inputs} == {(size, 2, 2, 3)}


def test_one_thread_runs_for_all_and_runs_fewer_times_than_it_is_asked() -> None:
    threads: set[int] = set()

    def slow(images: FloatArray) -> Answer:
        threads.add(get_ident())
        sleep(0.001)
        return doubled(images)

    inner = FakeNet(slow)
    net = BatchingNet.warm(dict.fromkeys((1, 8), inner), (2, 2, 3))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(net.run, map(picture, range(400))))
    assert [answer["number"].tolist() for answer in answers] == [[n] for n in range(400)]
    assert len(threads) == 1
    assert len(inner.inputs) < 200
