"""Keys that were looked up a moment ago: for how long they are believed without asking."""

import pytest

from service.keyring import KeyRing
from service.tables import Key
from tests.service.clocks import Seconds

KEY = Key(id="k1", tenant_id="acme", digest="0" * 64, scopes=[])


class Kept:
    """One key or none, and how often it was asked for."""

    def __init__(self) -> None:
        self.there: Key | None = None
        self.asked = 0

    async def key_with(self, _: str) -> Key | None:
        self.asked += 1
        return self.there

    key = key_with


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("look_up", "name"), [("key_with", KEY.digest), ("key", KEY.id)], ids=["digest", "id"]
)
async def test_a_good_key_is_asked_for_now_and_then_and_opens_no_door_5_s_after_it_was_revoked(
    look_up: str, name: str
) -> None:
    clock, kept = Seconds(), Kept()
    find = getattr(KeyRing(kept, clock), look_up)
    assert await find(name) is None
    kept.there = KEY
    assert [await find(name) for _ in range(3)] == [KEY] * 3  # that there was none is forgotten
    assert kept.asked == 2
    kept.there = None
    assert await find(name) is KEY
    clock.now_s += 5
    assert await find(name) is None
