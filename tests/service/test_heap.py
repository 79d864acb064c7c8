"""How the process treats its memory; each in a process of its own, for it lasts."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
HEAPS = """
import ctypes, sys, threading
from service.heap import share_heap

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
if sys.argv[1] == "shared":
    share_heap()
threads = [threading.Thread(target=libc.malloc, args=(10_000,)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""
LOADING = """
import gc
from service.heap import loading

try:
    with loading():
        print(gc.isenabled())
        kept = [[] for _ in range(1000)]
        raise OSError
except OSError:
    print(gc.isenabled(), gc.get_freeze_count() > len(kept))
"""


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@GLIBC
def test_all_threads_share_a_heap() -> None:
    heaps = [run(HEAPS, how).count("<heap nr=") for how in ("own", "shared")]
    assert heaps[0] > heaps[1] == 1


def test_what_is_loaded_is_never_collected_and_the_rest_is() -> None:
    assert run(LOADING).split() == ["False", "True", "True"]
