"""What the code can say, the documents explain."""

import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from classifiers.events import Phase, Reason
from service import messages
from service.errors import ERRORS
from service.settings import Settings
from service.wire import HEADER, Header, Kind

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")

UNIONS = (messages.ClientMessage, messages.ServerMessage)
MODELS: list[type[BaseModel]] = [
    model for union in UNIONS for model in typing.get_args(typing.get_args(union)[0])
]


def inner_model(annotation: object) -> type[BaseModel] | None:
    """The model that a field holds, or may hold."""
    for option in (annotation, *typing.get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_message_and_field_is_documented(model: type[BaseModel]) -> None:
    assert f"`{model.model_fields['type'].default}`" in PROTOCOL
    for name, field in model.model_fields.items():
        nested = inner_model(field.annotation) if name in ("outputs", "limits", "subject") else None
        if nested is not None:
            for inner in nested.model_fields:
                assert f"`{inner}`" in PROTOCOL or f"`{name}.{inner}`" in PROTOCOL
        else:
            assert f"`{name}`" in PROTOCOL, name


def test_every_error_and_close_code_is_documented() -> None:
    for code, rule in ERRORS.items():
        assert f"`{code}`" in PROTOCOL + API, code
        assert rule.close_code is None or str(rule.close_code) in PROTOCOL, code


@pytest.mark.parametrize("word", [*Phase, *Reason])
def test_every_phase_and_reason_is_documented(word: str) -> None:
    assert f"`{word}`" in PROTOCOL


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{name}` |" in API


def test_the_worked_header_is_right() -> None:
    header = Header(Kind.IMAGE, 7, 1_500_000, rotation=90, mirrored=True)
    assert f"`{header.pack().hex(' ')}`" in PROTOCOL
    assert f"A {HEADER.size}-byte little-endian header" in PROTOCOL
