"""Former secrets: any number of them are good for a while, not only the last one."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One version up."""
    op.create_table(
        "former_key",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_key.id"], name=op.f("fk_former_key_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_former_key")),
    )
    op.create_index(op.f("ix_former_key_key_id"), "former_key", ["key_id"], unique=False)
    op.execute(
        "INSERT INTO former_key SELECT previous_digest, id, previous_until FROM api_key "
        "WHERE previous_digest IS NOT NULL AND previous_until IS NOT NULL"
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_api_key_previous_digest"), type_="unique")
        batch_op.drop_column("previous_digest")
        batch_op.drop_column("previous_until")

    former = sa.Column("former_secrets", _JSON, nullable=False, server_default="[]")
    op.add_column("webhook_endpoint", former)
    _move_secrets()
    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.alter_column("former_secrets", server_default=None)
        batch_op.drop_column("previous_secret")
        batch_op.drop_column("previous_until")


def _move_secrets() -> None:
    endpoint = sa.table(
        "webhook_endpoint",
        sa.column("id"),
        sa.column("previous_secret"),
        sa.column("previous_until", _MOMENT),
        sa.column("former_secrets", _JSON),
    )
    rotated = endpoint.c.previous_secret.is_not(None) & endpoint.c.previous_until.is_not(None)
    connection = op.get_bind()
    for row in connection.execute(sa.select(endpoint).where(rotated)).all():
        until = row.previous_until.replace(tzinfo=row.previous_until.tzinfo or UTC)
        former = [{"secret": row.previous_secret, "until_s": until.timestamp()}]
        change = sa.update(endpoint).where(endpoint.c.id == row.id)
        connection.execute(change.values(former_secrets=former))


def downgrade() -> None:
    """One version down: former secrets end."""
    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_until", _MOMENT, nullable=True))
        batch_op.add_column(sa.Column("previous_secret", sa.String(length=128), nullable=True))
        batch_op.drop_column("former_secrets")

    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_until", _MOMENT, nullable=True))
        batch_op.add_column(sa.Column("previous_digest", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_api_key_previous_digest"), ["previous_digest"]
        )

    op.drop_index(op.f("ix_former_key_key_id"), "former_key")
    op.drop_table("former_key")
