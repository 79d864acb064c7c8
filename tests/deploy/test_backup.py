"""The commands of docs/deploying.md that dump and restore, on PostgreSQL, without Docker."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from service.settings import Settings
from service.startup import reached
from service.tenants import Tenants
from tests.deploy.dockerfile import ROOT
from tests.service.databases import fresh

PAGE = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")


@pytest.mark.anyio
@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="no pg_dump")
async def test_going_back_leaves_nothing_of_a_newer_version(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as url:
        async with reached(Settings.model_validate({"database": url})) as database:
            await Tenants(database).add("acme", "test")
        dump = _run("pg_dump", url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE newer (tenant varchar REFERENCES tenant (id))")
            connection.execute("DELETE FROM tenant")

        _run("pg_restore", url, dump)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT id FROM tenant").fetchall() == [("acme",)]
            assert connection.execute("SELECT to_regclass('newer')").fetchone() == (None,)


def _run(program: str, url: str, given: bytes = b"") -> bytes:
    """The page's command, of the database at the URL in place of `blazereps`."""
    (command,) = re.findall(rf"docker compose exec -T postgres ({program} [^<>`]+)", PAGE)
    _, _, name = url.rpartition("/")
    words = [name if word == "blazereps" else word for word in shlex.split(command)]
    words[words.index("-U") + 1] = "postgres"
    words[1:1] = ["-h", "127.0.0.1"]
    return subprocess.run(words, input=given, capture_output=True, check=True).stdout
