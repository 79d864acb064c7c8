"""Entity tags."""

import pytest

from service.etags import etag_of, is_known


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        ('"7"', True),
        ('W/"7"', True),
        ('"6", "7"', True),
        ("*", True),
        ('"77"', False),
        ("7", False),
    ],
)
def test_a_tag_is_known_or_not(header: str | None, known: bool) -> None:
    assert is_known(etag_of(7), header) is known
