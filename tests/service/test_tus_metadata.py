"""What an upload says of itself, as tus writes it."""

import base64
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.clip_options import options_of
from service.errors import ServiceError
from service.tus_metadata import read_metadata

KEYS = st.from_regex(r"[!-+\--~]+", fullmatch=True)
"""Of ASCII without spaces and commas."""


def written(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())


@given(st.dictionaries(KEYS, st.text(st.characters(codec="utf-8"))))
def test_what_was_written_is_read(pairs: dict[str, str]) -> None:
    assert read_metadata(written(pairs)) == pairs


@given(st.text())
def test_anything_else_is_read_or_refused(header: str) -> None:
    with suppress(ServiceError):
        assert all(isinstance(value, str) for value in read_metadata(header).values())


@pytest.mark.parametrize("header", ["a %%%", "a /w==", "a YQ==,a YQ==", "a YQ"])
def test_what_is_no_metadata_is_refused(header: str) -> None:
    with pytest.raises(ServiceError, match="Upload-Metadata"):
        read_metadata(header)


def test_a_key_may_have_no_value_and_there_may_be_none() -> None:
    assert read_metadata("is_confidential") == {"is_confidential": ""}
    assert read_metadata(None) == read_metadata("") == {}


def test_options_are_as_in_a_query() -> None:
    options = options_of({"exercise": "squat", "unknown": "true", "fps": "30", "else": "x"})
    assert (options.exercise, options.unknown, options.fps) == ("squat", True, 30)
    assert options.name is None


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"filename": "a.mp4"}, "a.mp4"),
        ({"filename": "a\x00b"}, "ab"),
        ({"filename": "a" * 300}, "a" * 255),
        ({"filename": ""}, None),
        ({"filename": "a.mp4", "name": "mine"}, "mine"),
    ],
)
def test_a_files_name_is_taken(metadata: dict[str, str], name: str | None) -> None:
    assert options_of(metadata).name == name


def test_a_bad_option_is_named() -> None:
    with pytest.raises(ServiceError) as caught:
        options_of({"fps": "1000"})
    assert (caught.value.code, caught.value.field) == ("invalid_request", "fps")
