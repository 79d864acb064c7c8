"""The real core and the beginning of a bundled clip, or a reason to skip."""

from functools import cache
from pathlib import Path

import av
import pytest

from models.store import ModelsMissing
from service.core import Core
from service.settings import Settings
from service.startup import load_core

CLIPS = Path(__file__).parents[1] / "clips"


@cache
def real_core() -> Core:
    """Loaded once for all tests of this process: it takes seconds."""
    try:
        return load_core(Settings())
    except ModelsMissing as error:
        pytest.skip(str(error))


def cut(name: str, seconds: float, folder: Path) -> Path:
    """The first seconds of a bundled clip, as they are, in a file of their own."""
    whole = CLIPS / f"{name}.mp4"
    if not whole.exists():
        pytest.skip(f"no bundled clip {name}")
    with av.open(whole) as source, av.open(folder / whole.name, "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.pts is not None and float(packet.pts * packet.time_base) <= seconds:
                packet.stream = copy
                target.mux(packet)
    return folder / whole.name
