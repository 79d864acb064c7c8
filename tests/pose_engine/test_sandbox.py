"""What a confined process cannot do any more, tried in one."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pose_engine import sandbox

BEFORE = """
import ctypes, os, resource, signal, socket, subprocess, sys, threading
from pose_engine.sandbox import confine
file = open(sys.argv[1]) if sys.argv[1:] else None
confine(memory_bytes=256 << 20, cpu_s={cpu_s}, parent={parent})
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


def confined(
    code: str, *arguments: str, cpu_s: int = 20, parent: str = "os.getppid()"
) -> subprocess.CompletedProcess[str]:
    before = BEFORE.format(cpu_s=cpu_s, parent=parent)
    command = [sys.executable, "-c", before + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def refused(code: str, *arguments: str) -> str:
    """The last line of what a confined process complains of, which is the error."""
    done = confined(code, *arguments)
    assert done.returncode == 1, done
    return done.stderr.splitlines()[-1].split(":")[0]


@LINUX
@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "signal.pthread_kill(threading.get_ident(), 0)",
        "open(sys.argv[1])",
        "open(sys.argv[1], 'w')",
        "open(f'/proc/{os.getppid()}/environ')",
        "os.unlink(sys.argv[1])",
        "os.rename(sys.argv[1], sys.argv[1] + '2')",
        "os.link(sys.argv[1], sys.argv[1] + '2')",
        "os.symlink('/', sys.argv[1] + '2')",
        "os.mkdir(sys.argv[1] + '2')",
        "os.rmdir(os.path.dirname(sys.argv[1]))",
        "os.truncate(sys.argv[1], 0)",
        "os.chmod(sys.argv[1], 0)",
        "os.chown(sys.argv[1], -1, -1)",
        "os.pidfd_open(os.getppid())",
        "os.setxattr(sys.argv[1], 'user.mark', b'')",
        "os.utime(sys.argv[1], (0, 0))",
        "os.sched_setaffinity(os.getppid(), [0])",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    ],
)
def test_what_the_filter_refuses(code: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    assert refused(code, str(file)) == "PermissionError"
    assert file.read_text() == "kept"
    assert [*tmp_path.iterdir()] == [file]


@LINUX
@pytest.mark.parametrize(
    ("name", "error"), [("io_uring_setup", "EPERM"), ("clone3", "ENOSYS"), ("openat2", "ENOSYS")]
)
def test_newer_ways_round_it_are_shut(name: str, error: str) -> None:
    number = {"io_uring_setup": 425, "clone3": 435, "openat2": 437}[name]
    code = f"import errno; c = ctypes.CDLL(None, use_errno=True); c.syscall({number}, 0, 0, 0, 0)"
    done = confined(code + "; print(errno.errorcode[ctypes.get_errno()])")
    assert done.stdout.strip() == error


def test_reading_what_is_open_and_threads_go_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("read me")
    code = "t = threading.Thread(target=lambda: print(file.read())); t.start(); t.join()"
    done = confined(code, str(file))
    assert (done.returncode, done.stdout) == (0, "read me\n"), done


@LINUX
def test_memory_ends() -> None:
    assert refused("bytearray(300 << 20)") == "MemoryError"


def test_open_files_end() -> None:
    assert refused("files = [os.dup(0) for _ in range(200)]") == "OSError"


def test_processor_time_ends() -> None:
    assert confined("while True: pass", cpu_s=1).returncode == -24  # SIGXCPU


def test_an_orphan_ends_at_once() -> None:
    done = confined("print('went on')", parent="-1")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_refusing_kernel_is_an_error() -> None:
    assert (
        refused("sandbox = sys.modules['pose_engine.sandbox']; sandbox._prctl(9999)") == "OSError"
    )


def decided(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter of an architecture answers to a call: classic BPF, run step by step."""
    calls = sandbox._CALLS[machine]
    given = struct.pack("=IIQ6Q", number, audit or calls.audit, 0, *(*arguments, *[0] * 6)[:6])
    steps = [struct.unpack("=HBBI", step) for step in sandbox._program(calls)]
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        if code == 0x06:
            return int(value)
        if code == 0x20:
            (held,) = struct.unpack_from("=I", given, value)
            at += 1
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += 1 + (if_true if true else if_false)


ALLOWED, KILLED, NOT_PERMITTED, NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
THREAD = 0x3D0F00


@pytest.mark.parametrize(
    ("machine", "socket", "write", "clone", "prlimit"),
    [("x86_64", 41, 1, 56, 302), ("aarch64", 198, 64, 220, 261)],
)
def test_filters_of_both_architectures(
    machine: str, socket: int, write: int, clone: int, prlimit: int
) -> None:
    assert decided(machine, socket) == NOT_PERMITTED
    assert decided(machine, write, 1) == ALLOWED
    assert decided(machine, clone, THREAD) == ALLOWED
    assert decided(machine, clone, 17) == NOT_PERMITTED  # SIGCHLD: a process
    assert decided(machine, prlimit, 0) == ALLOWED
    assert decided(machine, prlimit, 1234) == NOT_PERMITTED
    assert decided(machine, 435) == NO_SUCH_CALL
    assert decided(machine, write, audit=0x40000003) == KILLED  # of 32 bits
    assert decided(machine, 0x40000000 + socket) == KILLED
    assert {decided(machine, one) for one in sandbox._CALLS[machine].refused} == {NOT_PERMITTED}
