"""How much memory and processor time this process may use, as Linux' control groups limit it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.settings import MIB

_MOUNTED: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be used; memory None where nothing limits it."""

    memory_bytes: int | None
    processors: float

    def __str__(self) -> str:
        """In words."""
        memory = (
            "no limit of" if self.memory_bytes is None else f"{self.memory_bytes // MIB} MiB of"
        )
        return f"{memory} memory, {self.processors:g} processors"


def limits_of(
    own: Path = _OWN, mounted: Path = _MOUNTED, processors: float | None = None
) -> Limits:
    """The tightest limits of the process's groups, from its own to the outermost.

    Reads version 2 of control groups (admin-guide/cgroup-v2.rst: memory.max, cpu.max); where there
    is none, nothing limits but the machine.
    """
    folders = [*_groups(own, mounted)]
    memory = [int(text) for folder in folders if (text := _read(folder / "memory.max")).isdigit()]
    shares = [share for folder in folders if (share := _share(_read(folder / "cpu.max")))]
    return Limits(
        memory_bytes=min(memory, default=None),
        processors=min([processors or float(os.cpu_count() or 1), *shares]),
    )


def _groups(own: Path, mounted: Path) -> Iterator[Path]:
    for line in _read(own).splitlines():
        if line.startswith("0::/"):
            group = mounted / line.removeprefix("0::/").lstrip("./")
            yield from (one for one in (group, *group.parents) if one.is_relative_to(mounted))


def _share(text: str) -> float | None:
    """Of "QUOTA PERIOD", in microseconds; the quota may be "max"."""
    quota, _, period = text.partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
