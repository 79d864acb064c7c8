"""Calls that the OpenAPI document allows, and such that it does not: every answer is documented."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.tenants import new_key
from tests.service.conftest import Serve

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
    "ignored_auth",
)
PATHS = {"PYTHONPATH": str(Path(__file__).parents[2])}
EXAMPLES = "8"
"""A phase and operation."""


@pytest.mark.timeout(400)
def test_every_answer_is_documented(serve: Serve, database_url: str, tmp_path: Path) -> None:
    """On SQLite and on PostgreSQL, with a key that may everything; no 5xx."""
    key = new_key()
    unlimited = {"requests_per_minute": 1_000_000, "unknown_keys_per_minute": 1_000_000}
    with serve(keys={"robots": key}, database=database_url, **unlimited) as address:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"http://{address}/openapi.json",
                *("--header", f"Authorization: Bearer {key}"),
                *("--checks", ",".join(CHECKS)),
                *("--phases", "examples,coverage,fuzzing"),
                *("--max-examples", EXAMPLES),
                *("--seed", "1", "--generation-database", "none", "--no-color"),
                *("--request-timeout", "20"),
            ],
            cwd=tmp_path,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.service.schemathesis_hooks"} | PATHS,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
