"""The health check, as a command and against a real server."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.healthy import fault_of, own_url

CODE = "import sys; from service.__main__ import main; main()"


def healthy(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the installed command does."""
    command = [sys.executable, "-c", CODE, "healthy", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )


def test_a_server_that_lives_is_healthy(address: str) -> None:
    url = f"http://{address}/healthz"
    done = healthy(url)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{url} is healthy\n", "")


def test_a_server_is_asked_for_its_health(address: str) -> None:
    done = healthy(f"http://{address}")
    assert (done.returncode, done.stdout) == (0, f"http://{address}/healthz is healthy\n")
    assert healthy(f"http://{address}/nowhere").returncode == 1
    assert "Usage: blazereps healthy" in healthy("--help").stdout


def test_one_that_is_not_there_is_not() -> None:
    url = "http://127.0.0.1:1/healthz"
    done = healthy(url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{url} is not healthy: [Errno 111] Connection refused\n"


@pytest.mark.parametrize("url", ["http://{}/nowhere", "127.0.0.1", "http://a b", "http://[::1"])
def test_every_fault_is_said(url: str, address: str) -> None:
    assert fault_of(url.format(address))


def test_no_proxy_is_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fault_of(f"http://{address}/healthz") is None


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("fd00::7", "[fd00::7]"),
        ("10.0.0.7", "10.0.0.7"),
    ],
)
def test_it_asks_where_the_settings_listen(host: str, asked: str) -> None:
    environment = {"BLAZEREPS_HOST": host, "BLAZEREPS_PORT": "9000"}
    assert own_url(environment) == f"http://{asked}:9000/healthz"


def test_without_settings_it_asks_at_the_default() -> None:
    for unset in ({}, {"BLAZEREPS_HOST": "", "BLAZEREPS_PORT": ""}):
        assert own_url(unset) == "http://127.0.0.1:8000/healthz"


@given(st.text(max_size=30))
def test_no_url_ends_it_otherwise(url: str) -> None:
    assert fault_of(f"bad:{url}") is not None


def test_it_loads_none_of_the_service() -> None:
    """Each look would take more than a second of processor time."""
    code = "import sys; from service import __main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    ).stdout.split()
    assert "service.healthy" in loaded
    assert not {"fastapi", "numpy", "sqlalchemy", "pydantic"} & set(loaded)
