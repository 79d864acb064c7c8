"""How Alembic runs: on the connection that `service.database` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from service.tables import Table, Utc


def _rendered(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """A migration must not change with today's code: our own types are written as SQLAlchemy's."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    render_item=_rendered,
)
context.run_migrations()
