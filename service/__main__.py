"""The command `blazereps`; what asks for its health, every few seconds, need not load the rest."""

import sys

from service import healthy


def main() -> None:
    """Runs the command that the arguments name."""
    if sys.argv[1:2] == ["healthy"]:
        healthy.app(sys.argv[2:])
    from service.cli import app  # noqa: PLC0415 - it takes seconds to load

    app()


if __name__ == "__main__":
    main()
