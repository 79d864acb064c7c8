"""Settings as an operator may see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from service.settings import Settings
from service.shown import HIDDEN, faults, shown, unknown, variable, without_password


def value(name: str, settings: Settings) -> str:
    (one,) = (one for one in shown(settings) if one.name == name)
    return one.value


def test_every_setting_is_shown_with_what_it_is() -> None:
    listed = shown(Settings())
    assert [one.name for one in listed] == [*Settings.model_fields]
    assert all(one.description.endswith((".", "`.")) for one in listed)
    assert {one.variable for one in listed} == {variable(one.name) for one in listed}


def test_the_source_is_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PORT", "8000")  # as by default, and yet from there
    sources = {one.name: one.source for one in shown(Settings())}
    assert (sources["port"], sources["host"]) == ("environment", "default")


def test_values_are_as_the_environment_would_give_them() -> None:
    settings = Settings(open_access=True, allowed_origins=frozenset({"https://b", "https://a"}))
    assert value("open_access", settings) == "true"
    assert value("allowed_origins", settings) == '["https://a", "https://b"]'
    assert value("port", settings) == "8000"
    assert value("s3_region", settings) == ""


def test_what_is_not_set_is_shown_as_it_is_used() -> None:
    settings = Settings()
    assert value("data", settings) == str(settings.folder)
    assert value("storage", settings) == str(settings.folder / "media")
    assert value("database", settings) == settings.database_url
    assert value("models", settings).endswith("models")


def test_no_secret_is_shown() -> None:
    settings = Settings(
        database=SecretStr("postgresql://blazereps:hunter2@db/reps?sslpassword=hunter2"),
        token_secret=SecretStr("hunter2" * 5),
        storage="s3://bucket",
        s3_access_key_id="hunter2",
        s3_secret_access_key=SecretStr("hunter2"),
    )
    listed = shown(settings)
    assert "hunter2" not in repr(listed)
    assert sum(HIDDEN in one.value for one in listed) == 4
    assert value("database", settings) == f"postgresql://blazereps:{HIDDEN}@db/reps?{HIDDEN}"


SECRET = st.text(min_size=1, max_size=12).map(lambda text: f"hunter{text}2")


@given(SECRET)
def test_no_part_of_a_password_is_shown(secret: str) -> None:
    """Also where it holds what has a meaning in URLs."""
    assert "hunter" not in without_password(f"postgresql://user:{secret}@host/name")


@given(SECRET)
def test_no_part_of_a_password_in_the_query_is_shown(secret: str) -> None:
    assert "hunter" not in without_password(f"postgresql://host/name?user=a&password={secret}")


@pytest.mark.parametrize(
    "url", ["sqlite:////var/lib/a@b.db", "postgresql://host/name", "postgresql://user@host/name"]
)
def test_a_url_without_a_password_is_shown_whole(url: str) -> None:
    assert without_password(url) == url


def test_a_misspelt_variable_is_noticed() -> None:
    environment = ["BLAZEREPS_PROT", "BLAZEREPS_PORT", "blazereps_host", "BLAZEREPS_KEY", "PATH"]
    assert unknown(environment) == ["BLAZEREPS_PROT"]


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("BLAZEREPS_PORT", "many", "BLAZEREPS_PORT: must be a valid integer"),
        ("BLAZEREPS_DATABASE", "mysql://user:hunter2@host/name", "BLAZEREPS_DATABASE: must be"),
        ("BLAZEREPS_TOKEN_SECRET", "hunter2", "BLAZEREPS_TOKEN_SECRET: "),
        ("BLAZEREPS_STORAGE", "s3://id:hunter2@bucket", "BLAZEREPS_STORAGE: "),
        ("BLAZEREPS_WEBHOOK_NETWORKS", '["10.0.0.1/8"]', "BLAZEREPS_WEBHOOK_NETWORKS: "),
        ("BLAZEREPS_ALLOWED_ORIGINS", "hunter2", "BLAZEREPS_ALLOWED_ORIGINS: must be JSON"),
        ("BLAZEREPS_S3_REGION", "a", "s3_* says how to reach BLAZEREPS_STORAGE: set it"),
        ("BLAZEREPS_MAX_FRAME_BYTES", "9999999", "BLAZEREPS_MAX_MESSAGE_BYTES must be larger"),
    ],
)
def test_what_is_wrong_names_the_variable_and_not_its_value(
    name: str, wrong: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, wrong)
    with pytest.raises((ValidationError, SettingsError)) as refused:
        Settings()
    assert isinstance(refused.value, ValidationError | SettingsError)
    (line,) = faults(refused.value, {name: wrong})
    assert line.startswith(said)
    assert "hunter2" not in line


def test_what_the_command_line_gave_is_not_put_down_to_the_environment() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(variant="huge")  # type: ignore[arg-type]  # as the command line gives it
    (line,) = faults(refused.value, {})
    assert line.startswith("variant: ")
