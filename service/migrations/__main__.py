"""Writes the next migration from what service/tables.py says: `python -m service.migrations TEXT`.

It lands in service/migrations/versions, to be read and mended by hand before it is committed.
"""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from alembic import command
from sqlalchemy import Connection

from service.database import Database, alembic_config

VERSIONS: Final = Path(__file__).with_name("versions")


async def write(text: str) -> None:
    """The difference between a database of all migrations so far and the tables."""
    revision = f"{len([*VERSIONS.glob('*.py')]) + 1:04}"

    def compare(connection: Connection) -> None:
        command.revision(alembic_config(connection), text, autogenerate=True, rev_id=revision)

    with TemporaryDirectory() as folder:
        async with aclosing(Database(f"sqlite+aiosqlite:///{folder}/empty.db")) as database:
            await database.upgrade()
            async with database.engine.begin() as connection:
                await connection.run_sync(compare)


if __name__ == "__main__":
    asyncio.run(write(" ".join(sys.argv[1:])))
