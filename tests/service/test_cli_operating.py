"""`blazereps settings` and `blazereps doctor`, as an operator meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.cli_operating import CHECKS
from service.settings import Settings
from tests.service.bundled import real_core


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_settings_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PORT", "9000")
    monkeypatch.setenv("BLAZEREPS_TOKEN_SECRET", "hunter2" * 5)
    result = run("settings")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "BLAZEREPS_PORT 9000 (environment)\n    The TCP port" in result.stdout
    assert "BLAZEREPS_HOST 127.0.0.1 (default)\n" in result.stdout
    assert "hunter2" not in result.stdout


def test_settings_are_one_document() -> None:
    listed = json.loads(run("settings", "--json").stdout)
    assert [one["name"] for one in listed] == [*Settings.model_fields]
    assert {*listed[0]} == {"name", "variable", "value", "source", "description"}


def test_each_wrong_setting_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PORT", "many")
    monkeypatch.setenv("BLAZEREPS_MAX_SESSIONS", "0")
    result = run("settings")
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["BLAZEREPS_PORT", "BLAZEREPS_MAX_SESSIONS"]


def test_a_misspelt_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PROT", "9000")
    result = run("settings")
    assert result.exit_code == 0
    assert result.stderr == "blazereps: BLAZEREPS_PROT: there is no such setting\n"


@pytest.fixture
def well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a doctor could wish for; limits are the machine's own."""
    real_core()
    settings = {"DATA": str(tmp_path / "data"), "PORT": "0", "MAX_CLIP_BYTES": "1000"}
    for name, value in {**settings, "INFERENCE_WORKERS": "1"}.items():
        monkeypatch.setenv(f"BLAZEREPS_{name}", value)


@pytest.mark.usefixtures("well")
def test_the_doctor_lets_a_healthy_one_go() -> None:
    result = run("doctor", "--json")
    findings = json.loads(result.stdout)
    assert [one["check"] for one in findings] == [check.name for check in CHECKS]
    ill = [one for one in findings if one["verdict"] != "ok" and one["check"] != "limits"]
    assert (result.exit_code, ill) == (0, [])


@pytest.mark.usefixtures("well")
def test_the_doctor_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_MODELS", str(tmp_path))
    monkeypatch.setenv("BLAZEREPS_HOST", "0.0.0.0")
    result = run("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    ill = [line.split()[1] for line in lines if line.startswith("FAIL")]
    assert ill == ["models", "keys"]
    assert "                -> run `blazereps models build`" in lines


@pytest.mark.usefixtures("well")
def test_the_doctor_names_the_data_folder_for_all_that_lies_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLAZEREPS_DATA", str(tmp_path / "file"))
    findings = json.loads(run("doctor", "--json").stdout)
    remedies = {one["check"]: one["remedy"] for one in findings if one["verdict"] == "FAIL"}
    assert [*remedies] == ["database", "keys", "clock", "storage", "data"]
    assert all("BLAZEREPS_DATA " in remedies[check] for check in ("database", "storage", "data"))
