"""The books of what became of observations."""

import pytest

from blazereps_client.messages import Flow
from service.ledger import Fate, Ledger
from service.metrics import Metrics


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (Fate.LOOKED_AT, {"processed": 1}),
        (Fate.PASSED_OVER, {"processed": 1, "passed_over": 1}),
        (Fate.SKIPPED, {"dropped": 1}),
        (Fate.DAMAGED, {"refused": 1}),
    ],
)
def test_each_fate_is_told_as_what_it_is(fate: Fate, told: dict[str, int]) -> None:
    ledger = Ledger("video", Metrics())
    ledger.enter(fate)
    ledger.balance(dropped=0, refused=0)
    assert ledger.flow.model_dump(exclude_defaults=True) == told


def test_it_goes_on_from_the_connections_before() -> None:
    ledger = Ledger("frames", Metrics())
    ledger.go_on(Flow(processed=10, passed_over=2, dropped=3, refused=4, queue_ms=7.5))
    ledger.enter(Fate.LOOKED_AT)
    for dropped in (1, 2):  # as they stand, not how many more
        ledger.balance(dropped=dropped, refused=1)
    assert ledger.flow == Flow(processed=11, passed_over=2, dropped=5, refused=5, queue_ms=7.5)


def test_the_last_ones_wait_is_told() -> None:
    ledger = Ledger("frames", Metrics())
    ledger.balance(dropped=0, refused=0, queue_s=0.01234)
    assert ledger.flow.queue_ms == 12.3
    ledger.balance(dropped=0, refused=0)
    assert ledger.flow.queue_ms == 12.3
