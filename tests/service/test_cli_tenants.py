"""Tenants and keys on the command line."""

import re
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.cli_tenants import DEFAULT_SCOPES


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
    assert "count,read" in listed
    (key,) = re.findall(r"([0-9a-f]{32}).*spare", listed)
    rotated = run("keys", "rotate", "acme", key).stdout
    assert rotated.startswith("br_")
    assert rotated != added.stdout
    run("keys", "revoke", "acme", key)
    assert "spare" not in run("keys", "list", "acme").stdout


def test_a_key_is_listed_whole_however_narrow_the_screen(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run("tenants", "add", "acme")
    run("keys", "add", "acme", "--name", "app for phones", "--scopes", "admin,count", "--days", "3")
    _, row, first = run("keys", "list", "acme").stdout.splitlines()
    expires = r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"
    assert re.fullmatch(rf"[0-9a-f]{{32}}  {expires}  count,admin  app for phones", row)
    assert first.split()[1:] == ["never", DEFAULT_SCOPES, "first"]


def test_a_tenants_first_key_is_good_for_nothing_of_the_whole_server(run: Run) -> None:
    run("tenants", "add", "acme")
    assert "  count,read,write,tokens,webhooks  first" in run("keys", "list", "acme").stdout


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
    assert fault.stdout == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--name", "n" * 65), "name: must have at most 64 characters"),
        (
            ("--requests-per-minute", "3000000000"),
            "requests_per_minute: must be less than or equal to",
        ),
        (("--clips-per-day", "3000000000"), "clips_per_day: must be less"),
    ],
)
def test_a_key_has_the_bounds_that_it_has_over_rest(
    run: Run, options: tuple[str, ...], told: str
) -> None:
    run("tenants", "add", "acme")
    assert told in run("keys", "add", "acme", *options, status=1).stderr


def test_a_key_that_is_over_already_is_refused(run: Run) -> None:
    run("tenants", "add", "acme")
    assert "--days" in run("keys", "add", "acme", "--days", "0", status=2).stderr


def test_an_overlap_has_an_end(run: Run) -> None:
    fault = run("keys", "rotate", "acme", "0" * 32, "--overlap-s", "1e12", status=1)
    assert "overlap_s: must be less" in fault.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/x", "connection failed"),
        ("postgresql://u:p@127.0.0.1:hunter2/x", "BLAZEREPS_DATABASE is no URL"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    monkeypatch.setenv("BLAZEREPS_DATABASE", url)
    fault = run("tenants", "list", status=1)
    assert told in fault.stderr
    assert "hunter2" not in fault.stderr


def test_tables_of_a_newer_version_are_left_alone(run: Run, tmp_path: Path) -> None:
    run("tenants", "list")
    with sqlite3.connect(tmp_path / "blazereps.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer version" in run("tenants", "list", status=1).stderr


def test_a_scope_that_there_is_not_is_refused(run: Run) -> None:
    run("tenants", "add", "acme")
    assert "no scope" in run("keys", "add", "acme", "--scopes", "everything", status=2).stderr
    assert "no scope" in run("tenants", "add", "new", "--scopes", "reed", status=2).stderr
    run("tenants", "add", "new")


def test_a_key_may_have_any_name(run: Run) -> None:
    run("tenants", "add", "acme")
    run("keys", "add", "acme", "--name", "app [/prod]")
    assert "app [/prod]" in run("keys", "list", "acme").stdout


def test_a_tenant_is_erased_when_confirmed(run: Run) -> None:
    run("tenants", "add", "acme")
    assert CliRunner().invoke(app, ["tenants", "remove", "acme"], input="n\n").exit_code == 1
    assert "acme" in run("tenants", "list").stdout
    run("tenants", "remove", "acme", "--yes")
    assert "acme" not in run("tenants", "list").stdout
