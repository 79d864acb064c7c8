"""Of connections that serve one session the latest goes on."""

import pytest

from service.connections import Connections
from service.errors import ServiceError


class Served:
    def __init__(self, epoch: int, session_id: str = "a") -> None:
        self.session_id, self.epoch = session_id, epoch
        self.stopped: list[str] = []

    def stop(self, error: ServiceError) -> None:
        self.stopped.append(error.code)

    async def warn(self, left_s: float) -> None:
        raise NotImplementedError


def test_a_later_one_stops_an_earlier_one_and_no_other() -> None:
    connections, first, other = Connections(), Served(1), Served(1, "b")
    with connections.serving(first), connections.serving(other), connections.serving(Served(2)):
        assert (first.stopped, other.stopped) == (["superseded"], [])


def test_an_earlier_one_that_comes_late_stops_nobody() -> None:
    connections, late, later = Connections(), Served(2), Served(3)
    with connections.serving(later):
        with pytest.raises(ServiceError, match="another") as caught, connections.serving(late):
            pass
        assert (caught.value.code, later.stopped, len(connections)) == ("superseded", [], 1)
