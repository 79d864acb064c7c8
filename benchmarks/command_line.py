"""The command lines of benchmarks: the docstring is the help, and common options are said once."""

import argparse
from pathlib import Path


def _option(name: str, **how: object) -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(name, **how)  # type: ignore[arg-type]
    return parent


DATA = _option(
    "--data", type=Path, default=Path("../shared/data"), help="the folder of the real clips"
)
OUT = _option("--out", type=Path, help="a Markdown file with marks, for the tables")
PROCESSES = _option("--processes", type=int, default=2)


def command_line(usage: str | None, *options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """A parser with these options, to add others to."""
    return argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawTextHelpFormatter, parents=options
    )
