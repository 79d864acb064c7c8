"""The core of this process, and work spread over several."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Any, TypeVar

from benchmarks.recordings import SETTINGS
from service.core import Core
from service.startup import load_core

Result = TypeVar("Result")


@cache
def own_core() -> Core:
    """This process's, of the default models."""
    return load_core(SETTINGS)


def in_processes(
    work: Callable[..., Result], *each: Iterable[Any], processes: int
) -> Iterator[Result]:
    """As `map`, in the same order; `work` is a module's function, or a `partial` of one."""
    spawn = get_context("spawn")  # a forked process cannot use its parent's threads
    with ProcessPoolExecutor(processes, spawn) as pool:
        yield from pool.map(work, *each)
