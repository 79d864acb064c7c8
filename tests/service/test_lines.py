"""What is shown on a terminal."""

from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text

from blazereps_client.messages import ErrorMessage
from blazereps_client.results import ClipResult
from classifiers.events import Event
from service.events import tally_of
from service.explained import tell
from service.lines import line, table
from service.media import Observation
from tests.service.fakes import (
    HOLD,
    NOBODY,
    REP,
    REST,
    SHALLOW_REP,
    TOP,
    WAVES,
    FakeSession,
    grey_pose,
)
from tests.service.streams import landmarks, moment, new_stream

LEVELS = (*REP, *REST, *REP, TOP, 120, 30, 120, 120, TOP, *SHALLOW_REP, *WAVES, *HOLD, NOBODY)


def test_every_event_has_a_line() -> None:
    stream = new_stream(landmarks(unknown=True))
    said = [
        message
        for seq, level in enumerate(LEVELS)
        for message in stream.observe(
            Observation(seq, seq / 10, 100.0, grey_pose(level) if level else None), moment(100)
        )
    ]
    shown = [text for message in (*said, *stream.finish(moment(100))) if (text := line(message))]
    assert [Text.from_markup(text).plain for text in shown] == [
        "    0.0 s  somebody is in view",
        "    0.6 s  squat 1  0.1 s down, 0.3 s up, full, knee 83°",
        "    1.7 s  squat set 1: 1 rep of 0.4 s",
        "    2.5 s  squat 2  0.1 s down, 0.3 s up, full, knee 83°",
        "    3.2 s  squat 3  0.1 s down, 0.3 s up, deep, knee 50°",
        "    3.6 s  squat not counted: too_shallow",
        "    3.6 s  Go deeper.",
        "    4.0 s  unknown 1  0.2 s",
        "    4.3 s  squat set 2: 2 reps of 0.4 s, slowed 0 %, 1.5 s rest before",
        "    4.3 s  unknown 2  0.2 s",
        "    4.7 s  squat is being held",
        "    5.1 s  squat held 0.5 s",
        "    5.2 s  nobody is in view",
        "Counted: squat 3 (1 + 2), unknown 2, squat held 0.5 s (53 frames, 0 dropped)",
    ]


ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m"


def test_nothing_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    error = ErrorMessage(code="internal", message=f"a{ESCAPES}b", recoverable=False)
    clip = ClipResult(
        clip=f"a{ESCAPES}b.mp4",
        duration_s=1,
        frames=1,
        unreadable_frames=0,
        **dict(tally_of((), {})),
    )
    console = Console(file=StringIO(), width=100)
    console.print(line(error), table([clip]))
    tell(f"a{ESCAPES}b")
    written = console.file.getvalue() + capsys.readouterr().err  # type: ignore[attr-defined]
    assert written.count("]0;title[2J31mb") == 3
    assert all(one.isprintable() or one == "\n" for one in written)


def test_brackets_are_shown_as_they_are() -> None:
    text = line(ErrorMessage(code="idle", message="read [bold]this[/bold]", recoverable=True))
    assert text is not None
    assert Text.from_markup(text).plain == "           idle: read [bold]this[/bold]"


def result(*levels: int) -> ClipResult:
    session = FakeSession(["squat"])
    events: list[Event] = []
    for index, level in enumerate(levels):
        events += session.observe(grey_pose(level), index / 10)
    events += session.finish()
    tally = tally_of(events, session.counts)
    return ClipResult(clip="a.mp4", duration_s=2, frames=9, unreadable_frames=0, **dict(tally))


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ((TOP, TOP), ["clip seconds counted", "a.mp4 2.0 none"]),
        (REP, ["clip seconds counted reps at", "a.mp4 2.0 squat 1 0.6"]),
        (
            (*REP, *REST, TOP, 120, 30, TOP, *SHALLOW_REP, *SHALLOW_REP, *HOLD),
            [
                "clip seconds counted reps at not counted advice",
                "a.mp4 2.0 squat 2 (1 + 1) 0.6 2.2 (deep) too_shallow 2.6 3.0 go_deeper 2.6 3.0",
                "squat held 0.5 s",
            ],
        ),
    ],
)
def test_a_row_a_clip_without_empty_columns(levels: tuple[int, ...], shown: list[str]) -> None:
    out = StringIO()
    Console(file=out, width=120).print(table([result(*levels)]))
    words = [
        " ".join(text.replace("│", " ").replace("┃", " ").split())
        for text in out.getvalue().splitlines()
    ]
    assert [text for text in words if text and text[0] not in "┏┡└"] == shown
