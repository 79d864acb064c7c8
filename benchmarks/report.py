"""Puts measured tables into the Markdown that explains them."""

from pathlib import Path

BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->"


def write_between_marks(path: Path, text: str) -> None:
    """Replace what stands between the marks of a Markdown file; ValueError where there are none."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no {BEGIN.strip()} and {END}")
    path.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
