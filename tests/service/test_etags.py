"""Who changes something says which version of it was seen."""

import pytest

from service.errors import ServiceError
from service.etags import check_match, etag


@pytest.mark.parametrize("header", ['"7"', "*", '"1", "7"', '"1","7" ,"9"'])
def test_the_version_is_among_those_named(header: str) -> None:
    check_match(header, 7)


@pytest.mark.parametrize("header", ['"8"', "7", 'W/"7"', "", '"77"', '"1","2"'])
def test_another_version_is_stale(header: str) -> None:
    with pytest.raises(ServiceError, match=r'at "7"') as refused:
        check_match(header, 7)
    assert refused.value.rule.status == 412


def test_without_the_header_nothing_is_changed() -> None:
    with pytest.raises(ServiceError, match="If-Match") as refused:
        check_match(None, 7)
    assert refused.value.rule.status == 428


def test_a_tag_matches_its_own_version_only() -> None:
    check_match(etag(3), 3)
    with pytest.raises(ServiceError):
        check_match(etag(3), 4)
