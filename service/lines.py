"""What is shown on a terminal: a line a message, a row a clip."""

from collections.abc import Iterable, Mapping
from functools import singledispatch

from rich.markup import escape
from rich.table import Column, Table

from blazereps_client import messages
from blazereps_client.messages import EventMessage, ServerMessage
from blazereps_client.results import ClipResult, Hold, Rep, RepSet, Tally
from service.terminal import harmless

_BOTTOM = "_bottom"


def line(message: ServerMessage) -> str | None:
    """One line of a live session, with rich's markup; None for what is not worth one."""
    said = _said(message)
    if said is None:
        return None
    text = harmless(said)
    if isinstance(message, messages.SessionSummary):
        return text
    at = f"{message.at_s:7.1f} s" if isinstance(message, EventMessage) else ""
    return f"{at:9}  {text}"


def table(results: Iterable[ClipResult]) -> Table:
    """A row a clip, without the columns that have nothing in them."""
    columns = (
        Column("clip", overflow="fold"),
        Column("seconds"),
        Column("counted", no_wrap=True),
        Column("reps at"),
        Column("not counted", overflow="fold"),
        Column("advice", overflow="fold"),
    )
    filled = zip(columns, zip(*map(_row, results), strict=True), strict=True)
    shown = [(column, cells) for column, cells in filled if any(cells)]
    rows = Table(*(column for column, _ in shown))
    for row in zip(*(cells for _, cells in shown), strict=True):
        rows.add_row(*row)
    return rows


def _row(result: ClipResult) -> tuple[str, ...]:
    return (
        escape(harmless(result.clip)),
        f"{result.duration_s:.1f}",
        "\n".join(_counted(result)) or "none",
        " ".join(_time(rep) for rep in result.reps),
        _times((one.reason, one.end_s) for one in result.rejected),
        _times((one.advice, one.at_s) for one in result.guidance),
    )


@singledispatch
def _said(_: object) -> str | None:
    return None


@_said.register
def _rep(rep: messages.RepCountedMessage) -> str:
    pace = f"{rep.down_s:.1f} s down, {rep.up_s:.1f} s up"
    return f"[bold]{rep.exercise} {rep.count}[/bold]  {', '.join((pace, rep.grade, *_angles(rep)))}"


@_said.register
def _rejection(rejected: messages.RepRejectedMessage) -> str:
    return f"{rejected.exercise} not counted: {rejected.reason}"


@_said.register
def _set(ended: messages.SetEndedMessage) -> str:
    reps = f"{ended.reps} {'rep' if ended.reps == 1 else 'reps'} of {ended.mean_rep_s:.1f} s"
    loss = "" if ended.velocity_loss is None else f", slowed {ended.velocity_loss * 100:.0f} %"
    rest = "" if ended.rest_s is None else f", {ended.rest_s:.1f} s rest before"
    return f"{ended.exercise} set {ended.number}: {reps}{loss}{rest}"


@_said.register
def _hold_started(hold: messages.HoldStartedMessage) -> str:
    return f"{hold.exercise} is being held"


@_said.register
def _hold_ended(hold: messages.HoldEndedMessage) -> str:
    return f"[bold]{_held(hold)}[/bold]"


@_said.register
def _unknown(period: messages.UnknownCountedMessage) -> str:
    return f"[bold]unknown {period.count}[/bold]  {period.end_s - period.start_s:.1f} s"


@_said.register
def _guidance(hint: messages.GuidanceMessage) -> str:
    return f"[yellow]{escape(hint.text)}[/yellow]"


@_said.register
def _found(_: messages.SubjectFoundMessage) -> str:
    return "somebody is in view"


@_said.register
def _lost(_: messages.SubjectLostMessage) -> str:
    return "nobody is in view"


@_said.register
def _switched(_: messages.SubjectSwitchedMessage) -> str:
    return "somebody else is followed"


@_said.register
def _error(error: messages.ErrorMessage) -> str:
    return f"{error.code}: {escape(error.message)}"


@_said.register
def _summary(summary: messages.SessionSummary) -> str:
    frames = f"{summary.processed} frames, {summary.dropped} dropped"
    return f"Counted: [bold]{', '.join(_counted(summary)) or 'nothing'}[/bold] ({frames})"


def _counted(tally: Tally) -> Iterable[str]:
    """`squat 10 (5 + 5)`, `plank held 31.2 s`."""
    sets = _sets(tally.sets)
    for name, count in tally.counts.items():
        yield f"{name} {count}{sets.get(name, '')}"
    yield from map(_held, tally.holds)


def _sets(sets: Iterable[RepSet]) -> Mapping[str, str]:
    """By exercise, where there are several: ` (5 + 5)`."""
    reps: dict[str, list[str]] = {}
    for one in sets:
        reps.setdefault(one.exercise, []).append(str(one.reps))
    return {name: f" ({' + '.join(each)})" for name, each in reps.items() if len(each) > 1}


def _held(hold: Hold) -> str:
    return f"{hold.exercise} held {hold.held_s:.1f} s"


def _time(rep: Rep) -> str:
    grade = "" if rep.grade == "full" else f" ({rep.grade})"
    return f"{rep.end_s:.1f}{grade}"


def _times(told: Iterable[tuple[str, float]]) -> str:
    """A line a kind: `too_shallow 8.5 10.2`."""
    times: dict[str, list[str]] = {}
    for kind, at_s in told:
        times.setdefault(kind, []).append(f"{at_s:.1f}")
    return "\n".join(" ".join((kind, *each)) for kind, each in times.items())


def _angles(rep: Rep) -> Iterable[str]:
    """The joints' angles at the bottom: `knee 84°`."""
    for name, measure in rep.measures.items():
        if measure.unit == "degrees" and name.endswith(_BOTTOM):
            yield f"{name.removesuffix(_BOTTOM)} {measure.value:.0f}°"
