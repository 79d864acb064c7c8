"""The command `blazereps`; what asks for its health, every few seconds, need not load the rest."""

import sys

from service import healthy
from service.heap import loading


def main() -> None:
    """Runs the command that the arguments name."""
    if sys.argv[1:2] == ["healthy"]:
        healthy.app(sys.argv[2:])
    with loading():
        from service.cli import app  # noqa: PLC0415 - it takes a second to load
    app()


if __name__ == "__main__":
    main()
