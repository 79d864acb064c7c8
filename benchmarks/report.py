"""Puts measured tables into the Markdown that explains them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

MEASURED = "measured"


def write_between_marks(path: Path, text: str, mark: str = MEASURED) -> None:
    """Replace what stands between the marks of a Markdown file; ValueError where there are none."""
    opening, closing = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, begin, rest = path.read_text(encoding="utf-8").partition(opening)
    _, end, after = rest.partition(closing)
    if not begin or not end:
        raise ValueError(f"{path} has no {opening.strip()} and {closing}")
    path.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")


def publish(text: str, page: Path | None, mark: str = MEASURED) -> None:
    """Print it, and put it between the marks of a page if one is named; ValueError as above."""
    print(text)
    if page is not None:
        write_between_marks(page, text, mark)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def part(of: Iterable[bool]) -> str:
    """How many hold, as `3 of 4`."""
    every = list(of)
    return f"{sum(every)} of {len(every)}" if every else "–"
