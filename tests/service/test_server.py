"""Listening and serving."""

import socket

import pytest

from service.app import create_app
from service.server import address_of, listen, serving
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary


def test_a_taken_port_is_told() -> None:
    with listen(Settings(port=0)) as first:
        taken = Settings(port=first.getsockname()[1])
        app = create_app(taken, FakeEngine(), FakeLibrary())
        with pytest.raises(OSError, match="in use"), serving(app, taken):
            pass


def test_a_client_that_reads_nothing_is_dropped_by_the_system_too() -> None:
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("this system has no TCP_USER_TIMEOUT")
    with listen(Settings(port=0, send_timeout_s=1.5)) as listener:
        limit_ms = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert limit_ms == 1500


def test_addresses_are_written_as_in_a_url() -> None:
    with listen(Settings(port=0)) as listener:
        assert address_of(listener).startswith("127.0.0.1:")
