"""The commands for who operates a server: `blazereps settings | doctor | healthy`."""

import json
import os
from dataclasses import asdict
from typing import Annotated, Final

import anyio
import typer
from rich.console import Console
from rich.markup import escape

from service import check_database, checks, healthy
from service.doctor import Check, Finding, Verdict, examine
from service.explained import explained, tell
from service.settings import Settings
from service.shown import shown, unknown

app = typer.Typer()
app.command()(healthy.healthy)
out = Console(highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]

CHECKS: Final = (
    Check("settings", checks.settings_are_known, ""),
    Check("models", checks.models_run, "run `blazereps models build`"),
    Check(
        "database",
        check_database.database_is_ready,
        "see that BLAZEREPS_DATA can be written or, with BLAZEREPS_DATABASE, that the database is "
        "up and its user may create tables",
    ),
    Check("keys", check_database.keys_guard, "see to the database first"),
    Check("clock", check_database.clock_is_right, "see to the database first"),
    Check(
        "storage",
        checks.storage_keeps,
        "see that BLAZEREPS_DATA can be written or, with BLAZEREPS_STORAGE, that the bucket exists "
        "and keeps no versions, BLAZEREPS_S3_* are right, and the server knows If-None-Match",
    ),
    Check("data", checks.folder_is_ours, "give BLAZEREPS_DATA a folder that this user may write"),
    Check("codecs", checks.codecs_decode, "install PyAV's own wheel"),
    Check(
        "decoder",
        checks.decoder_starts,
        "let the process make processes, install seccomp filters and write to its temporary folder",
    ),
    Check("port", checks.port_is_free, "set BLAZEREPS_HOST to an address of this machine"),
    Check("limits", checks.limits_suffice, ""),
)
_COLOURS: Final = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


@app.command()
def settings(as_json: AsJson = False) -> None:
    """List every setting with its value, where it comes from and what it is; no secrets."""
    with explained():
        listed = shown(Settings())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in listed], indent=2))
    else:
        for one in listed:
            out.print(
                f"[bold]{one.variable}[/] {escape(one.value)} [dim]({one.source})[/]",
                soft_wrap=True,
            )
            out.print(f"    {escape(one.description)}", style="dim", soft_wrap=True)
    for name in unknown(os.environ):
        tell(f"{name}: there is no such setting")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at everything that a server needs, and say what to do; status 1 where it would fail."""
    with explained():
        findings = anyio.run(examine, Settings(), CHECKS)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], indent=2))
    else:
        for one in findings:
            out.print(_line(one), soft_wrap=True)
    if any(one.verdict is Verdict.FAIL for one in findings):
        raise typer.Exit(1)


def _line(one: Finding) -> str:
    colour = _COLOURS[one.verdict]
    said = f"[{colour}]{one.verdict:<4}[/]  {one.check:<8}  {escape(one.said)}"
    return f"{said}\n{'':<16}-> {escape(one.remedy)}" if one.remedy else said
