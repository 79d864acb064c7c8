"""The command line: `blazereps serve | count | stream | models | exercises`."""

import typer

app = typer.Typer(no_args_is_help=True)
