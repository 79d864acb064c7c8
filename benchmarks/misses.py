"""The clips that are counted wrong, each with its cause and its picture."""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.counted import Counted
from benchmarks.drawing import Deep, picture
from benchmarks.labels import Score

CAUSES = Path(__file__).with_name("causes.toml")
UNKNOWN = "Not looked into."


def read_causes(path: Path = CAUSES) -> dict[str, str]:
    """Causes by clip."""
    causes = tomllib.loads(path.read_text(encoding="utf-8"))
    return {clip: str(cause).strip() for clip, cause in causes.items()}


def misses(counted: Iterable[Counted]) -> list[Counted]:
    """The clips of the totals that are not exact."""
    return [c for c in counted if c.label.in_totals and not c.score().exact]


def stale(causes: Collection[str], counted: Sequence[Counted]) -> list[str]:
    """Clips with a cause that are counted right by now."""
    wrong = {miss.label.file for miss in misses(counted)}
    return [c.label.file for c in counted if c.label.file in causes and c.label.file not in wrong]


def report(
    counted: Sequence[Counted], reference: Mapping[str, Score], causes: Mapping[str, str]
) -> str:
    """The list of misses, as Markdown."""
    entries = [
        f"**`{miss.label.file}`**: right {'/'.join(map(str, miss.label.counts))}, "
        f"blazereps {miss.score()}, reference {reference[miss.label.file]}.\n"
        f"{causes.get(miss.label.file, UNKNOWN)}\n\n"
        f"![Depth over time and stick figures](accuracy/{_picture(miss)})"
        for miss in misses(counted)
    ]
    entries += [
        f"`{clip}` is counted right now: its cause is stale." for clip in stale(causes, counted)
    ]
    return "\n\n".join(entries) or "None."


def draw(counted: Sequence[Counted], exercises: Sequence[Deep], folder: Path) -> None:
    """A picture of every miss; older pictures go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for miss in misses(counted):
        wrong = {miss.label.exercise, *miss.original.counts}
        shown = [exercise for exercise in exercises if exercise.name in wrong]
        (folder / _picture(miss)).write_text(picture(miss, shown), encoding="utf-8")


def _picture(miss: Counted) -> str:
    return f"{Path(miss.label.file).stem}.svg"
