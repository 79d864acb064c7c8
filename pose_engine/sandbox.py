"""What a process gives up before it reads what cannot be trusted; for good, and without privileges.

Everywhere: memory, processor time, core files, growth of files, open files. On Linux on x86-64 and
arm64 also, by a filter of system calls (seccomp): the network, other programs and processes, and
files but those that are open; and it dies with the thread that started it.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from errno import ENOSYS, EPERM
from typing import Final

_MAX_FILES = 64

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_RET_KILL, _RET_ERRNO, _RET_ALLOW = 0x80000000, 0x00050000, 0x7FFF0000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Classic BPF: BPF_LD|W|ABS, BPF_JMP|JEQ|K, JMP|JGE|K, JMP|JSET|K, BPF_RET|K (linux/filter.h)."""
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
"""Offsets in struct seccomp_data (linux/seccomp.h)."""
_X32 = 0x40000000
"""From here on x86-64 has its calls once more, with 32-bit pointers."""

_CLONE_THREAD = 0x00010000
_ANY_PROCESS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Calls:
    """Numbers of system calls on one architecture (asm/unistd.h)."""

    audit: int
    """AUDIT_ARCH_*, linux/audit.h."""
    clone: int
    prlimit: int
    """Of this process, which 0 stands for, alone."""
    refused: tuple[int, ...]


_ALL_REFUSED = (
    424, 425, 434, 438,  # pidfd_send_signal, io_uring_setup, pidfd_open, pidfd_getfd
    440, 448, 452,       # process_madvise, process_mrelease, fchmodat2
)  # fmt: skip
_MISSING = (435, 437)
"""clone3, whose flags a filter cannot see, and openat2: as on a kernel that has only older ones, to
which every C library then turns."""

_CALLS: Final = {
    "x86_64": _Calls(
        0xC000003E,
        clone=56,
        prlimit=302,
        refused=(
            2, 257, 304,                   # open, openat, open_by_handle_at
            41, 53, 57, 58, 59, 322,       # socket, socketpair, fork, vfork, execve, execveat
            62, 200, 234, 129, 297,        # kill, tkill, tgkill, rt_(tg)sigqueueinfo
            101, 310, 311,                 # ptrace, process_vm_readv, process_vm_writev
            85, 87, 263, 82, 264, 316,     # creat, unlink, unlinkat, rename, renameat, renameat2
            86, 265, 88, 266, 83, 258,     # link, linkat, symlink, symlinkat, mkdir, mkdirat
            84, 133, 259, 76, 77,          # rmdir, mknod, mknodat, truncate, ftruncate
            90, 91, 268,                   # chmod, fchmod, fchmodat
            92, 94, 93, 260,               # chown, lchown, fchown, fchownat
            188, 189, 190, 197, 198, 199,  # (l, f)setxattr, (l, f)removexattr
            132, 235, 261, 280,            # utime, utimes, futimesat, utimensat
            141, 251, 256, 279,            # setpriority, ioprio_set, migrate_pages, move_pages
            142, 144, 203, 314, 312,       # sched_set(param, scheduler, affinity, attr), kcmp
            29, 30, 64, 68, 240,           # shmget, shmat, semget, msgget, mq_open
            248, 249, 250, 272, 308,       # add_key, request_key, keyctl, unshare, setns
            298, 321, 323,                 # perf_event_open, bpf, userfaultfd
            *_ALL_REFUSED,
        ),
    ),
    "aarch64": _Calls(
        0xC00000B7,
        clone=220,
        prlimit=261,
        refused=(
            56, 265,                       # openat, open_by_handle_at
            198, 199, 221, 281,            # socket, socketpair, execve, execveat
            129, 130, 131, 138, 240,       # kill, tkill, tgkill, rt_(tg)sigqueueinfo
            117, 270, 271,                 # ptrace, process_vm_readv, process_vm_writev
            35, 38, 276, 37, 36,           # unlinkat, renameat, renameat2, linkat, symlinkat
            34, 33, 45, 46, 52, 53,        # mkdirat, mknodat, truncate, ftruncate, fchmod, fchmodat
            55, 54,                        # fchown, fchownat
            5, 6, 7, 14, 15, 16, 88,       # (l, f)setxattr, (l, f)removexattr, utimensat
            140, 30, 238, 239,             # setpriority, ioprio_set, migrate_pages, move_pages
            118, 119, 122, 274, 272,       # sched_set(param, scheduler, affinity, attr), kcmp
            194, 196, 190, 186, 180,       # shmget, shmat, semget, msgget, mq_open
            217, 218, 219, 97, 268,        # add_key, request_key, keyctl, unshare, setns
            241, 280, 282,                 # perf_event_open, bpf, userfaultfd
            *_ALL_REFUSED,
        ),
    ),
}  # fmt: skip


def confine(*, memory_bytes: int, cpu_s: int, parent: int) -> None:
    """Confines this process: modules that it needs are best imported before.

    `memory_bytes`: of what it may write to (RLIMIT_DATA, which Linux counts for every allocation);
    `cpu_s`: seconds of processor time, then SIGXCPU; `parent`: the id of the process that it shall
    not outlive. Raises OSError where the kernel refuses; SystemExit when the parent is gone.
    """
    _limit(resource.RLIMIT_DATA, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
    _limit(resource.RLIMIT_NOFILE, _MAX_FILES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if calls := _CALLS.get(platform.machine()):
            _filter(calls)
    if os.getppid() != parent:
        raise SystemExit


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    """Lowers a limit; one that is lower already stays."""
    _, most = resource.getrlimit(what)
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _filter(calls: _Calls) -> None:
    program = b"".join(_program(calls))
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):  # struct sock_fprog
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    described = Program(len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(described))


def _prctl(option: int, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    rest = [ctypes.c_ulong(one) for one in (*arguments, 0, 0, 0)[:4]]
    if library.prctl(ctypes.c_int(option), *rest) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")


def _program(calls: _Calls) -> Iterator[bytes]:
    """The filter: a sequence of struct sock_filter."""
    yield _step(_LOAD, _ARCHITECTURE_AT)
    yield _step(_EQUAL, calls.audit, 1, 0)
    yield _step(_RETURN, _RET_KILL)
    yield _step(_LOAD, _NUMBER_AT)
    yield _step(_AT_LEAST, _X32, 0, 1)
    yield _step(_RETURN, _RET_KILL)
    for number in calls.refused:
        yield from _answer(number, EPERM)
    for number in _MISSING:
        yield from _answer(number, ENOSYS)
    yield from _by_argument(calls.clone, 0, _CLONE_THREAD, if_any=True)
    yield from _by_argument(calls.prlimit, 0, _ANY_PROCESS, if_any=False)
    yield _step(_RETURN, _RET_ALLOW)


def _answer(number: int, error: int) -> Iterator[bytes]:
    yield _step(_EQUAL, number, 0, 1)
    yield _step(_RETURN, _RET_ERRNO | error)


def _by_argument(number: int, place: int, bits: int, *, if_any: bool) -> Iterator[bytes]:
    """Allows a call if any of these bits is set in an argument, or if none is."""
    yield _step(_EQUAL, number, 0, 4)
    yield _step(_LOAD, _ARGUMENTS_AT + 8 * place)  # its lower half: both are little-endian
    yield _step(_ANY_BIT, bits, *((1, 0) if if_any else (0, 1)))
    yield _step(_RETURN, _RET_ERRNO | EPERM)
    yield _step(_RETURN, _RET_ALLOW)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
