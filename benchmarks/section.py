"""What a benchmark of speed hands over: rows for a table, and the ratios that matter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.command_line import DATA, command_line
from benchmarks.report import table


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours by theirs in one run; `bar` is what it is to be."""

    name: str
    value: float
    low: float
    """The spread: what is below it is said beside the table."""
    high: float
    bar: float
    at_most: bool = True
    """Whether the bar is the most it may be; otherwise the least."""

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    def row(self) -> tuple[str, ...]:
        """As a row of the table of all ratios."""
        sign = "≤" if self.at_most else "≥"
        spread = f"{self.low:.2f} to {self.high:.2f}"
        verdict = "holds" if self.holds else "missed"
        return self.name, f"{self.value:.2f}", spread, f"{sign} {self.bar:.2f}", verdict


@dataclass(frozen=True, slots=True)
class Section:
    """One table, what is to be said under it, and its ratios; plain data for JSON."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""
    ratios: Sequence[Ratio] = ()
    curves: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    """By name, for a picture."""

    def markdown(self) -> str:
        """The table and the note."""
        told = (f"### {self.title}", table(self.header, self.rows), self.note)
        return "\n\n".join(part for part in told if part)

    def plain(self) -> dict[str, Any]:
        """As data for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """What `plain` gave; raises KeyError or TypeError on anything else."""
        return cls(**{**plain, "ratios": [Ratio(**ratio) for ratio in plain["ratios"]]})


def print_sections(
    usage: str | None, sections: Callable[[Path, float], Iterable[Section]], *, seconds: float
) -> None:
    """Measure as the command line says, `seconds` a trial unless it says otherwise; print all."""
    parser = command_line(usage, DATA)
    parser.add_argument("--seconds", type=float, default=seconds)
    arguments = parser.parse_args()
    for one in sections(arguments.data, arguments.seconds):
        print(one.markdown(), *(ratio.row() for ratio in one.ratios), sep="\n")
