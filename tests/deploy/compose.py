"""compose.yaml, and what Compose makes of the variables in it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.deploy.dockerfile import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))

SECRETS = {
    "POSTGRES_PASSWORD": "p" * 48,
    "S3_SECRET_ACCESS_KEY": "s" * 48,
    "TOKEN_SECRET": "t" * 48,
}


def interpolated(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """An `environment:`; raises KeyError of a variable that is required, and missing or empty."""

    def value(found: re.Match[str]) -> str:
        if not given.get(found[1]):
            raise KeyError(found[1])
        return given[found[1]]

    return {name: re.sub(r"\$\{(\w+):\?[^}]*\}", value, text) for name, text in environment.items()}
