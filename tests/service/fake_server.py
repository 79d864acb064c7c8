"""A fake core served by a process of its own: python -m tests.service.fake_server PORT DATA."""

import sys
from pathlib import Path

from service.app import create_app
from service.server import listen, serve
from service.settings import Settings
from tests.service.fakes import FakeEngine, FakeLibrary

if __name__ == "__main__":
    settings = Settings(port=int(sys.argv[1]), data=Path(sys.argv[2]), drain_s=0)
    with listen(settings) as listener:
        serve(create_app(settings, FakeEngine(), FakeLibrary()), settings, listener)
