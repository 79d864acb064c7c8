"""The settings as they stand: value, source and meaning of each, and no secret; what is wrong."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from models.store import ModelStore
from service.errors import said
from service.settings import PREFIX, Settings

HIDDEN: Final = "********"
_OTHERS: Final = frozenset({"KEY", "PEOPLE"})
"""What else has the prefix: the key of `blazereps stream`, the assets of `people`."""

Source = Literal["environment", "default"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as an operator may see it."""

    name: str
    variable: str
    value: str
    source: Source
    description: str


def shown(settings: Settings) -> list[Shown]:
    """Every setting; where it has no value of its own, the one that is used."""
    return [
        Shown(
            name=name,
            variable=variable(name),
            value=_value(settings, name),
            source="environment" if name in settings.model_fields_set else "default",
            description=" ".join((field.description or "").split()),
        )
        for name, field in Settings.model_fields.items()
    ]


def variable(name: str) -> str:
    """What sets it in the environment."""
    return PREFIX + name.upper()


def unknown(environment: Iterable[str]) -> list[str]:
    """Variables that look like settings and set nothing, such as misspelt ones."""
    known = {variable(name) for name in Settings.model_fields} | {PREFIX + one for one in _OTHERS}
    return sorted(
        one for one in environment if one.upper().startswith(PREFIX) and one.upper() not in known
    )


def without_password(url: str) -> str:
    """A database's URL, or what of it can hold no secret."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return url
    credentials, at, place = rest.rpartition("@")
    place, query, _ = place.partition("?")
    user = credentials.partition(":")[0]
    if not re.fullmatch(r"[\w.-]*", user) or "?" in credentials:
        return f"{scheme}://{HIDDEN}"
    secret = f":{HIDDEN}" if ":" in credentials else ""
    return f"{scheme}://{user}{secret}{at}{place}{query and '?' + HIDDEN}"


def faults(error: ValidationError | SettingsError, environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with settings, a line each that names the variable, and never the value."""
    if isinstance(error, SettingsError):  # pydantic-settings could not read JSON
        name = "".join(re.findall(r'field "(\w+)"', str(error)))
        yield f'{variable(name)}: must be JSON, such as ["a", "b"]'
        return
    named = {one.upper() for one in environment}
    for name, message in _first_faults(error).items():
        if name:
            yield f"{variable(name) if variable(name) in named else name}: {message}"
        else:
            yield re.sub(r"\b[a-z0-9_]+\b", _as_variable, message)


def _first_faults(error: ValidationError) -> dict[str, str]:
    """By the setting's name; "" of what is wrong with several together."""
    first: dict[str, str] = {}
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else ""
        first.setdefault(name, said(fault))
    return first


def _as_variable(word: re.Match[str]) -> str:
    return variable(word[0]) if word[0] in Settings.model_fields else word[0]


def _value(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "database":
        return without_password(value.get_secret_value() if value else settings.database_url)
    if isinstance(value, SecretStr) or (name == "s3_access_key_id" and value):
        return HIDDEN
    if value is None:
        return _used(settings, name)
    if isinstance(value, frozenset | tuple):
        return json.dumps(sorted(map(str, value)))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _used(settings: Settings, name: str) -> str:
    """What stands in for a setting that is not set."""
    match name:
        case "data":
            return str(settings.folder)
        case "storage":
            return str(settings.folder / "media")
        case "models":
            return str(ModelStore().folder)
        case _:
            return ""
