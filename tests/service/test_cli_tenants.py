"""Tenants and keys on the command line."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setenv("BLAZEREPS_DATA", str(tmp_path))
    return Run()


class Run:
    def __call__(self, *arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(app, [*arguments])
        assert result.exit_code == status, result.output
        return result


def test_the_key_alone_is_on_standard_output(run: Run) -> None:
    assert re.fullmatch(r"br_[\w-]{43}\n", run("tenants", "add", "acme").stdout)


def test_keys_are_added_listed_rotated_and_revoked(run: Run) -> None:
    run("tenants", "add", "acme")
    added = run("keys", "add", "acme", "--name", "spare", "--scopes", "read, count", "--days", "3")
    assert added.stdout.startswith("br_")
    listed = run("keys", "list", "acme").stdout
    assert "spare" in listed
    assert "count, read" in listed
    (key,) = re.findall(r"([0-9a-f]{32}).*spare", listed)
    rotated = run("keys", "rotate", "acme", key).stdout
    assert rotated.startswith("br_")
    assert rotated != added.stdout
    run("keys", "revoke", "acme", key)
    assert "spare" not in run("keys", "list", "acme").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("keys", "add", "nobody"), "no tenant nobody"),
        (("keys", "list", "nobody"), "no tenant nobody"),
        (("tenants", "remove", "nobody", "--yes"), "no tenant nobody"),
        (("tenants", "add", "No/Body"), "name"),
    ],
)
def test_faults_are_told_in_one_line(run: Run, arguments: tuple[str, ...], told: str) -> None:
    fault = run(*arguments, status=1)
    assert told in fault.stderr
    assert "Traceback" not in fault.stderr


def test_a_scope_that_there_is_not_is_refused(run: Run) -> None:
    run("tenants", "add", "acme")
    assert "no scope" in run("keys", "add", "acme", "--scopes", "everything", status=2).stderr


def test_a_tenant_is_erased_when_confirmed(run: Run) -> None:
    run("tenants", "add", "acme")
    assert CliRunner().invoke(app, ["tenants", "remove", "acme"], input="n\n").exit_code == 1
    assert "acme" in run("tenants", "list").stdout
    run("tenants", "remove", "acme", "--yes")
    assert "acme" not in run("tenants", "list").stdout
