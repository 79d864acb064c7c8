"""The command line for who may call: `blazereps tenants ...` and `blazereps keys ...`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

import anyio
import typer
from rich.console import Console
from rich.table import Table

from service.admin import NewKey, Rotation
from service.explained import explained, tell
from service.settings import Settings
from service.startup import reached
from service.tenants import SCOPES, Scope, Tenants

T = TypeVar("T")
ACTOR: Final = "command"
MIN_DAYS: Final = 0.001
MAX_DAYS: Final = 36525

tenants_app = typer.Typer(no_args_is_help=True, help="Tenants: app teams that share a server.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys: what a tenant's back end calls with.")
out = Console(highlight=False)

Tenant = Annotated[str, typer.Argument(help="Its name, such as acme.", show_default=False)]
KeyId = Annotated[str, typer.Argument(help="As `blazereps keys list` shows it.")]
Name = Annotated[str, typer.Option(help="What it is for.")]
Scopes = Annotated[str, typer.Option(help="What it is good for, separated by commas.")]
Days = Annotated[float | None, typer.Option(min=MIN_DAYS, max=MAX_DAYS, help="Until it expires.")]
PerMinute = Annotated[int | None, typer.Option(min=1, help="Requests a minute.")]
PerDay = Annotated[int | None, typer.Option(min=0, help="Clips a day.")]
Overlap = Annotated[float, typer.Option(min=0, help="Seconds for which the old one is good.")]

DEFAULT_SCOPES: Final = ",".join(scope for scope in SCOPES if scope not in ("metrics", "admin"))
"""What concerns the tenant itself, and not the whole server."""


@tenants_app.command("add")
def add_tenant(tenant: Tenant, scopes: Scopes = DEFAULT_SCOPES) -> None:
    """Add a tenant with its first key, which is shown once."""
    wanted = _scopes(scopes)

    async def add(tenants: Tenants) -> str:
        await tenants.add(tenant, ACTOR)
        _, secret = await tenants.add_key(tenant, ACTOR, name="first", scopes=wanted)
        return secret

    _show(_run(add))


@tenants_app.command("list")
def list_tenants() -> None:
    """List the tenants."""
    listed = Table("name", "since")
    for tenant in _run(lambda tenants: tenants.after("", 10_000)):
        listed.add_row(tenant.id, f"{tenant.created_at:%Y-%m-%d}")
    out.print(listed)


@tenants_app.command("remove")
def remove_tenant(
    tenant: Tenant, *, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Erase a tenant, its keys, clips and workouts."""
    if not yes:
        typer.confirm(f"Erase {tenant} and everything that it has?", abort=True)
    _run(lambda tenants: tenants.remove(tenant, ACTOR))


@keys_app.command("add")
def add_key(
    tenant: Tenant,
    *,
    name: Name = "key",
    scopes: Scopes = DEFAULT_SCOPES,
    days: Days = None,
    requests_per_minute: PerMinute = None,
    clips_per_day: PerDay = None,
) -> None:
    """Add a key, which is shown once."""
    with explained():
        wanted = NewKey(
            name=name,
            scopes=tuple(_scopes(scopes)),
            expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
            requests_per_minute=requests_per_minute,
            clips_per_day=clips_per_day,
        )
    _, secret = _run(lambda tenants: tenants.add_key(tenant, ACTOR, **wanted.model_dump()))
    _show(secret)


@keys_app.command("list")
def list_keys(tenant: Tenant) -> None:
    """List a tenant's keys; their secrets are kept nowhere."""
    keys = _run(lambda tenants: tenants.keys(tenant))
    typer.echo(f"{'id':32}  {'expires':17}  scopes  name")
    for key in keys:
        expires = f"{key.expires_at:%Y-%m-%dT%H:%MZ}" if key.expires_at else "never"
        typer.echo(f"{key.id:32}  {expires:17}  {','.join(key.scopes)}  {key.name}")


@keys_app.command("rotate")
def rotate_key(tenant: Tenant, key: KeyId, overlap_s: Overlap = 86400) -> None:
    """Make another secret for a key; the one before goes on for a while."""
    with explained():
        wanted = Rotation(overlap_s=overlap_s)
    _, secret = _run(lambda tenants: tenants.rotate(tenant, key, ACTOR, **wanted.model_dump()))
    _show(secret)


@keys_app.command("revoke")
def revoke_key(tenant: Tenant, key: KeyId) -> None:
    """Let nobody in with a key, or with a token that it made, any more."""
    _run(lambda tenants: tenants.revoke(tenant, key, ACTOR))


def _show(secret: str) -> None:
    """The key alone is on standard output, for `KEY=$(blazereps tenants add acme)`."""
    tell("this key is shown once:")
    typer.echo(secret)


def _scopes(text: str) -> list[Scope]:
    names = [name.strip() for name in text.split(",")]
    wrong = [name for name in names if name not in SCOPES]
    if wrong:
        raise typer.BadParameter(f"there is no scope {wrong[0]}; there are {', '.join(SCOPES)}")
    return [scope for scope in SCOPES if scope in names]


def _run(act: Callable[[Tenants], Awaitable[T]]) -> T:
    async def run() -> T:
        async with reached(Settings()) as database:
            return await act(Tenants(database))

    with explained():
        return anyio.run(run)
