"""The command line: `blazereps serve | count | teach | stream | demo | doctor | ...`."""

import json
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import anyio
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from blazereps_client.media import Media
from blazereps_client.messages import SessionStart, Subject
from blazereps_client.results import ClipResult
from blazereps_client.sync import stream
from blazereps_client.video import camera_images, clip_images
from pose_engine.footage import ClipError
from service import cli_models, cli_operating, cli_teach, cli_tenants
from service.app import create_app
from service.asyncapi import document
from service.core import Core
from service.count import count_clip
from service.explained import explained, tell
from service.heap import loading, share_heap
from service.library import new_session
from service.lines import line, table
from service.progress import advance, progress_bars
from service.server import listen, place_of, serving
from service.server import serve as serve_app
from service.settings import Settings
from service.startup import check, load_core, load_library
from service.subject import FORM, focus_of, read_subject
from service.terminal import harmless

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Counts exercise repetitions: frames, clips or landmarks in, explained reps out.",
)
app.add_typer(cli_operating.app)
app.add_typer(cli_teach.app)
app.add_typer(cli_models.app, name="models")
app.add_typer(cli_tenants.tenants_app, name="tenants")
app.add_typer(cli_tenants.keys_app, name="keys")
out = Console(highlight=False)

Exercise = Annotated[str, typer.Option(help="An exercise's name, or auto for any of them.")]
Unknown = Annotated[
    bool, typer.Option("--unknown", help="Count repeated movement that is no known exercise too.")
]
Fps = Annotated[float | None, typer.Option(min=1, max=60, help="Frames taken a second, at most.")]
Adaptive = Annotated[
    bool | None,
    typer.Option(
        "--adaptive/--even", help="Fewer frames while nobody moves much, or an even rate."
    ),
]
SubjectOption = Annotated[str | None, typer.Option(help=f"Whom of several: {FORM} in 0 to 1.")]
VariantOption = Annotated[str | None, typer.Option(help="lite, full or heavy.")]
Host = Annotated[str | None, typer.Option(help="The address to listen on.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")]


@app.command()
def serve(host: Host = None, port: Port = None, variant: VariantOption = None) -> None:
    """Serve the WebSocket, REST and the web page until interrupted."""
    with explained(), suppress(KeyboardInterrupt):
        share_heap()
        settings = _settings(host=host, port=port, variant=variant)
        with loading():
            anyio.run(check, settings)
            core = load_core(settings)
            served = create_app(settings, core.engine, core.library)
        with listen(settings) as listener:
            serve_app(served, settings, listener)


@app.command()
def count(
    clips: Annotated[
        list[Path], typer.Argument(help="Video files.", show_default=False, readable=False)
    ],
    *,
    exercise: Exercise = "auto",
    unknown: Unknown = False,
    fps: Fps = None,
    adaptive: Adaptive = None,
    subject: SubjectOption = None,
    variant: VariantOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document a clip on standard output.")
    ] = False,
) -> None:
    """Count the repetitions in video files."""
    with explained():
        settings = _settings(variant=variant, clip_fps=fps, clip_adaptive=adaptive)
        whom = read_subject(subject)
        core = load_core(settings, threads=os.cpu_count() or 1)
        new_session(core.library, exercise)  # an unknown one is said once, not once a clip
    results = [*_count_each(clips, exercise, whom, core, settings, unknown=unknown)]
    if as_json:
        documents = [result.model_dump(mode="json") for result in results]
        if documents or len(clips) > 1:
            typer.echo(json.dumps(documents if len(clips) > 1 else documents[0], indent=2))
    elif results:
        out.print(table(results))
    if len(results) < len(clips):
        raise typer.Exit(1)


@app.command("stream")
def stream_command(
    source: Annotated[str, typer.Argument(help="A video file, or a camera's number.")],
    *,
    url: Annotated[str, typer.Option(help="The live endpoint.")] = "ws://127.0.0.1:8000/v1/live",
    exercise: Exercise = "auto",
    key: Annotated[
        str | None, typer.Option(envvar="BLAZEREPS_KEY", help="A key or token of the server's.")
    ] = None,
    unknown: Unknown = False,
    realtime: Annotated[
        bool, typer.Option("--realtime/--fast", help="At the clip's own pace, or all of it.")
    ] = True,
    fps: Fps = None,
) -> None:
    """Stream a video file or a camera to a server and print the reps as they are counted."""
    with explained(), _until_interrupted() as interrupted:
        rate = fps or _settings().clip_fps
        camera = source.isdecimal() and not Path(source).exists()
        if camera:
            media: Iterable[Media] = camera_images(int(source), fps=rate)
        else:
            media = clip_images(Path(source), fps=rate)
        media = takewhile(lambda _: not interrupted.is_set(), media)
        pacing: Literal["live", "lossless"] = "live" if realtime else "lossless"
        start = SessionStart(exercise=exercise, pacing=pacing, unknown=unknown)
        _stream(url, media, start, key=key, paced=realtime and not camera)


@app.command()
def demo(
    clip: Annotated[Path, typer.Argument(help="A video file.", show_default=False, readable=False)],
    *,
    exercise: Exercise = "auto",
    unknown: Unknown = False,
    port: Port = 0,
    fps: Fps = None,
    leave: Annotated[bool, typer.Option("--exit", help="Do not stay up afterwards.")] = False,
) -> None:
    """Start a server, stream a video file to it in real time, and stay up with the web page."""
    with explained(), suppress(KeyboardInterrupt), TemporaryDirectory() as folder:
        # Nobody's own: what is counted here is no workout, and no key is asked for.
        own = {"data": Path(folder), "database": None, "storage": None}
        settings = _settings(host="127.0.0.1", port=port).model_copy(update=own)
        core = load_core(settings)
        media = clip_images(clip, fps=fps or settings.clip_fps)
        with serving(create_app(settings, core.engine, core.library), settings) as address:
            name = escape(harmless(clip.name))
            out.print(f"Serving on http://{address}. Streaming {name} in real time:")
            start = SessionStart(exercise=exercise, unknown=unknown)
            _stream(f"ws://{address}/v1/live", media, start, paced=True)
            if not leave:
                out.print(f"\nTry it with your webcam: [bold]http://{address}/[/bold]")
                out.print(f"The API:                  http://{address}/docs")
                out.print("Ctrl-C stops the server.")
                threading.Event().wait()


@app.command()
def exercises() -> None:
    """List the exercises that can be counted."""
    listed = Table("name", "title", "what counts")
    with explained():
        for exercise in load_library(_settings().exercises).exercises:
            listed.add_row(exercise.name, exercise.title, exercise.description)
    out.print(listed)


@app.command()
def asyncapi() -> None:
    """Print the live protocol as an AsyncAPI document."""
    with explained():
        settings = _settings()
        typer.echo(json.dumps(document(place_of(settings.host, settings.port)), indent=2))


def _settings(**given: Any) -> Settings:
    """The environment's settings, over which go those given on the command line."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, so that the session ends with its summary."""
    interrupted = threading.Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _count_each(
    clips: list[Path],
    exercise: str,
    subject: Subject | None,
    core: Core,
    settings: Settings,
    *,
    unknown: bool,
) -> Iterator[ClipResult]:
    with progress_bars() as bars:
        for clip in clips:
            task = bars.add_task(harmless(clip.name), total=1)
            try:
                yield count_clip(
                    clip,
                    core,
                    name=str(clip),
                    exercise=exercise,
                    unknown=unknown,
                    fps=settings.clip_fps,
                    adaptive=settings.clip_adaptive,
                    limits=settings.clip_limits,
                    focus=focus_of(subject),
                    report=partial(advance, bars, task),
                )
            except ClipError as error:
                tell(f"{clip}: {error}")
            bars.remove_task(task)


def _stream(
    url: str,
    media: Iterable[Media],
    start: SessionStart,
    *,
    paced: bool,
    key: str | None = None,
) -> None:
    for message in stream(url, media, start, realtime=paced, key=key):
        if text := line(message):
            out.print(text, soft_wrap=True)
