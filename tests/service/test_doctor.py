"""The doctor, with checks that find what they are told to."""

import pytest
from anyio import Event, sleep_forever

from service.doctor import Check, Finding, Found, Verdict, examine, failed, warned
from service.settings import Settings

pytestmark = pytest.mark.anyio


def check(found: Found | Exception, remedy: str = "see to it") -> Check:
    async def look(_: Settings) -> Found:
        if isinstance(found, Exception):
            raise found
        return found

    return Check("one", look, remedy)


async def only(one: Check) -> Finding:
    (finding,) = await examine(Settings(), [one])
    return finding


async def test_what_is_well_needs_no_remedy() -> None:
    assert await only(check(Found("well"))) == Finding("one", Verdict.OK, "well", "")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [(warned("ill", "rest"), Verdict.WARN), (failed("ill", "rest"), Verdict.FAIL)],
)
async def test_what_is_not_well_has_its_own_remedy(found: Found, verdict: Verdict) -> None:
    assert await only(check(found)) == Finding("one", verdict, "ill", "rest")


async def test_an_error_fails_with_the_checks_remedy() -> None:
    found = await only(check(OSError("no\nSQL: SELECT")))
    assert found == Finding("one", Verdict.FAIL, "no", "see to it")


async def test_an_error_without_words_is_named() -> None:
    assert (await only(check(LookupError()))).said == "LookupError"


async def test_a_long_error_is_cut() -> None:
    assert len((await only(check(OSError("x" * 10_000)))).said) == 301


async def test_one_that_hangs_fails_and_the_others_are_made() -> None:
    ended = Event()

    async def hang(_: Settings) -> Found:
        try:
            await sleep_forever()
        finally:
            ended.set()
        return Found("never")

    findings = await examine(
        Settings(), [Check("hung", hang, "wake it"), check(Found("well"))], limit_s=0.01
    )
    assert [one.verdict for one in findings] == [Verdict.FAIL, Verdict.OK]
    assert (findings[0].said, findings[0].remedy) == ("no answer within 0.01 s", "wake it")
    assert ended.is_set()
