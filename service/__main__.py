"""The command `blazereps`; what asks for its health, every few seconds, need not load the rest."""

import os
import sys

from service import fitting, healthy
from service.heap import loading

_COUNTING = ("serve", "count", "demo")


def main() -> None:
    """Runs the command that the arguments name."""
    command = next(iter(sys.argv[1:]), "")
    if command == "healthy":
        healthy.app(sys.argv[2:], prog_name="blazereps healthy")
    if command in _COUNTING:
        own = os.environ.get("BLAZEREPS_EXERCISES")
        fitting.begin(*fitting.collections_with(own))  # beside the imports: they take about as long
    with loading():
        from service.cli import app  # noqa: PLC0415 - it takes a second to load
    app()


if __name__ == "__main__":
    main()
