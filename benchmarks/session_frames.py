"""A live session's work on JPEGs, from their bytes to events; see `frame_blocks`."""

import sys

from benchmarks.frame_blocks import Step, answer
from blazereps_client.messages import SessionStart
from service.core import Core
from service.media import Picture
from service.metrics import Metrics
from service.settings import Settings, Variant
from service.sight import Sight
from service.startup import load_core
from service.telemetry import NoSpans, Telemetry


def new_stream(core: Core, settings: Settings, *, adaptive: bool) -> Step:
    """What the server has for each session, but for the socket."""
    telemetry = Telemetry(Metrics(), NoSpans())
    sight = Sight(core.engine, SessionStart(), settings.image_limits, telemetry)
    session = core.library.session("auto")

    def step(jpeg: bytes, at_s: float) -> object:
        if adaptive and not sight.due(at_s):
            return []
        seen = sight.look(Picture(jpeg, rotation=0, mirrored=False), at_s)
        return [session.observe(one.pose, one.at_s) for one in seen]

    return step


def main(variant: Variant, *, adaptive: bool) -> None:
    """Answers until its input ends."""
    settings = Settings(variant=variant)
    core = load_core(settings)
    answer(lambda: new_stream(core, settings, adaptive=adaptive))


if __name__ == "__main__":
    main("lite" if "lite" in sys.argv else "full", adaptive="each" not in sys.argv)
