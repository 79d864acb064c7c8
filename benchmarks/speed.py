"""Every ratio of speed in one command; writes docs/speed.md and its pictures.

    python -m benchmarks.speed [--only frame,sessions] [--data ../shared/data] [--out docs]

What was measured is kept in speed/results.json beside them, so that `--only` renews its part and
leaves the rest; `--only ""` writes the page alone. A benchmark is a module with `sections(data)`,
which prints nothing and hands over tables; each runs alone too. One that is not there is left out.
"""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.command_line import DATA, command_line
from benchmarks.frame_blocks import FPS
from benchmarks.report import table, write_between_marks
from benchmarks.section import Ratio, Section
from benchmarks.speed_picture import curves_picture, ratios_picture

BENCHMARKS = {
    "frame": "frame_cost",
    "sessions": "sessions",
    "scaling": "scaling",
    "counting": "counting_speed",
    "clips": "clip_speed",
    "lengths": "clip_lengths",
    "memory": "memory",
}
"""In the order in which they run and are told."""


class Results:
    """What each benchmark measured last, and on which machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Any] = {}
        with suppress(FileNotFoundError):
            self._kept = json.loads(path.read_text(encoding="utf-8"))

    def keep(self, name: str, sections: Iterable[Section]) -> None:
        """In place of what was measured before."""
        told = [section.plain() for section in sections]
        self._kept[name] = {"machine": machine(), "sections": told}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(f"{json.dumps(self._kept, indent=1)}\n", encoding="utf-8")

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Each with its machine."""
        for name in BENCHMARKS:
            if kept := self._kept.get(name):
                for section in kept["sections"]:
                    yield kept["machine"], Section.read(section)


def machine() -> str:
    """Such as `2 cores of an AMD EPYC`, as Linux tells it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{os.cpu_count()} cores of an {model}"


def measure(names: Iterable[str], data: Path, results: Results) -> None:
    """Run them in turn, each printing its tables when it is done."""
    for name in names:
        module = f"benchmarks.{BENCHMARKS[name]}"
        if find_spec(module) is None or not hasattr(import_module(module), "sections"):
            print(f"{name}: there is no {module}.sections", flush=True)
            continue
        print(f"{name}: {module}", flush=True)
        sections = [*import_module(module).sections(data)]
        results.keep(name, sections)
        print(*(section.markdown() for section in sections), sep="\n\n", flush=True)


def page(told: Sequence[tuple[str, Section]]) -> str:
    """What is measured, as Markdown: all ratios, then every table."""
    machines = sorted({where for where, _ in told})
    rows = [ratio.row() for ratio in _ratios(told)]
    header = ("what is to hold", "measured", "spread", "bar", "")
    parts = [f"Measured on {' and '.join(machines)}.", table(header, rows)]
    return "\n\n".join([*parts, *(section.markdown() for _, section in told)])


def _ratios(told: Iterable[tuple[str, Section]]) -> list[Ratio]:
    return [ratio for _, section in told for ratio in section.ratios]


def write(out: Path, results: Results) -> None:
    """The page and its pictures, from all that has been measured."""
    told = [*results.sections()]
    write_between_marks(out / "speed.md", page(told))
    beside = [ratio for ratio in _ratios(told) if "MediaPipe" in ratio.name]
    pictures = {"ratios": ratios_picture(beside)}
    if curves := next((section.curves for _, section in told if section.curves), None):
        pictures["scaling"] = curves_picture(curves, FPS)
    for name, picture in pictures.items():
        (out / "speed" / f"{name}.svg").write_text(picture, encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    parser = command_line(__doc__, DATA)
    parser.add_argument("--only", type=chosen, default=[*BENCHMARKS], help="names with commas")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    results = Results(arguments.out / "speed" / "results.json")
    measure(arguments.only, arguments.data, results)
    write(arguments.out, results)


def chosen(names: str) -> list[str]:
    """What `--only` names, in their order; raises ArgumentTypeError for one that there is not."""
    wanted = {name.strip() for name in names.split(",")} - {""}
    if unknown := wanted - BENCHMARKS.keys():
        known = ", ".join(BENCHMARKS)
        raise argparse.ArgumentTypeError(f"no {', '.join(sorted(unknown))}: there are {known}")
    return [name for name in BENCHMARKS if name in wanted]


if __name__ == "__main__":
    main()
