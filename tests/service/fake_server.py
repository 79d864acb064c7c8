"""A fake core in a process of its own: python -m tests.service.fake_server PORT DATA DELAY_S."""

import sys
from pathlib import Path

from service.app import create_app
from service.server import listen, serve
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary

if __name__ == "__main__":
    settings = Settings(port=int(sys.argv[1]), data=Path(sys.argv[2]), drain_s=0)
    with listen(settings) as listener:
        engine = FakeEngine(delay_s=float(sys.argv[3]))
        serve(create_app(settings, engine, FakeLibrary()), settings, listener)
