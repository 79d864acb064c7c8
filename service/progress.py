"""How far commands are with clips, on a terminal."""

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from service.explained import err


def progress_bars() -> Progress:
    """A bar a clip, gone when all is done; nothing where standard error is no terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    )


def advance(bars: Progress, task: TaskID, share: float) -> None:
    """A clip is done to that share, 0 to 1."""
    bars.update(task, completed=share)
