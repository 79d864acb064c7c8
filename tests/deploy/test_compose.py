"""compose.yaml: what it lets blazereps do, and that it starts with no password of its own."""

import re
from typing import Any

import pytest

from service.settings import Settings
from service.shown import unknown
from tests.deploy.compose import COMPOSE, SECRETS, interpolated
from tests.deploy.dockerfile import ROOT

SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BLAZEREPS = SERVICES["blazereps"]
CHECKS = {
    "postgres": ["CMD", "pg_isready"],
    "s3": ["CMD", "wget"],
}


def test_blazereps_may_do_little() -> None:
    assert BLAZEREPS["read_only"] is True
    assert BLAZEREPS["cap_drop"] == ["ALL"]
    assert BLAZEREPS["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit"} <= BLAZEREPS.keys()
    assert [one.split(":")[0] for one in BLAZEREPS["tmpfs"]] == ["/tmp"]
    assert BLAZEREPS["volumes"] == ["data:/data"]
    assert all(one.startswith("127.0.0.1:") for one in BLAZEREPS["ports"])


def test_it_runs_the_images_own_commands() -> None:
    assert not {"command", "entrypoint", "healthcheck"} & BLAZEREPS.keys()
    assert (SERVICES["s3"]["command"], SERVICES["bucket"]["entrypoint"]) == (
        ["posix", "/media"],
        ["mkdir", "-p", "/media/media"],
    )


def test_it_waits_for_what_it_needs() -> None:
    assert {
        name: one["condition"] for name, one in BLAZEREPS["depends_on"].items()
    } == dict.fromkeys(CHECKS, "service_healthy")
    for name, check in CHECKS.items():
        assert SERVICES[name]["healthcheck"]["test"][:2] == check


def test_its_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = interpolated(BLAZEREPS["environment"], SECRETS)
    assert unknown(given) == []
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.database_url == f"postgresql+psycopg://blazereps:{'p' * 48}@postgres/blazereps"
    assert settings.storage == "s3://media"
    assert settings.drain_s + 20 == int(BLAZEREPS["stop_grace_period"].removesuffix("s"))


@pytest.mark.parametrize("name", SECRETS)
def test_it_does_not_start_without_a_secret(name: str) -> None:
    for missing in ({**SECRETS, name: ""}, {k: v for k, v in SECRETS.items() if k != name}):
        with pytest.raises(KeyError, match=name):
            interpolated(BLAZEREPS["environment"], missing)


def test_there_is_no_secret_in_it() -> None:
    """Whatever is called a secret is asked for, and .env.example gives none."""
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|DATABASE", name):
                assert ":?" in value, name
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    given = dict(line.split("=") for line in example.splitlines() if re.match(r"\w", line))
    assert given == dict.fromkeys(SECRETS, "")


def test_images_are_named_without_a_registry() -> None:
    for service in SERVICES.values():
        assert re.fullmatch(r"([a-z]+/)?[a-z]+(:v?[\d.]+)?", service["image"])
