"""${message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """One version up."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """One version down."""
    ${downgrades if downgrades else "pass"}
