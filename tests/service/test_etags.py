"""Changes that say which version they change."""

import pytest

from service.errors import ServiceError
from service.etags import check_match, etag_of, is_known


@pytest.mark.parametrize("given", ['"3"', "*", '"1", "3"', '"1","3"', ' "3" '])
def test_what_names_the_version_is_let_through(given: str) -> None:
    assert etag_of(3) == '"3"'
    check_match(given, 3)


@pytest.mark.parametrize("given", ["", "3", '"2"', '"33"', 'W/"3"', '"3', "**"])
def test_what_names_another_is_refused(given: str) -> None:
    with pytest.raises(ServiceError) as refused:
        check_match(given, 3)
    assert refused.value.rule.status == 412


def test_what_names_none_is_refused() -> None:
    with pytest.raises(ServiceError) as refused:
        check_match(None, 3)
    assert refused.value.rule.status == 428


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
