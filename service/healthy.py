"""The command `blazereps healthy`: a look at a server that costs little, for it is taken often."""

import os
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Annotated
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import typer

TIMEOUT_S = 3.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def healthy(
    url: Annotated[
        str | None,
        typer.Argument(help="A server, or its path that is asked; else that of this environment."),
    ] = None,
) -> None:
    """Ask a server whether it lives; exit status 0 if it does, 1 if not."""
    asked = own_url(os.environ) if url is None else with_path(url)
    if fault := fault_of(asked):
        typer.echo(f"{asked} is not healthy: {fault}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{asked} is healthy")


def own_url(environment: Mapping[str, str]) -> str:
    """Where the server answers that these settings start."""
    host = environment.get("BLAZEREPS_HOST") or "127.0.0.1"
    host = _EVERYWHERE.get(host, host)
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{environment.get('BLAZEREPS_PORT') or '8000'}/healthz"


def with_path(url: str) -> str:
    """An address alone is asked for its `/healthz`."""
    with suppress(ValueError):  # of what is no address, which is told when it is asked
        return f"{url.rstrip('/')}/healthz" if urlsplit(url).path in ("", "/") else url
    return url


def fault_of(url: str, timeout_s: float = TIMEOUT_S) -> str | None:
    """Why there is no answer that all is well; None where there is. No proxy is asked."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=timeout_s) as answer:
            return None if answer.status == 200 else f"it answers {answer.status}"
    except (OSError, ValueError, HTTPException) as error:
        return str(error.reason if type(error) is URLError else error)
