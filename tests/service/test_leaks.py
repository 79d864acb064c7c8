"""What a live session leaves behind in the server: nothing."""

import gc
import time
from collections import Counter
from collections.abc import Collection

from tests.service.fakes import REP, TOP
from tests.service.talk import talking

CYCLES = 25
PACKAGES = {"service", "blazereps_client", "pose_engine", "uvicorn", "starlette", "websockets"}
PATIENCE_S = 20


def alive() -> Counter[str]:
    """How many objects there are of each class of these packages."""
    gc.collect()
    classes = Counter(type(one) for one in gc.get_objects())
    return Counter({
        f"{one.__module__}.{one.__name__}": number
        for one, number in classes.items()
        if str(one.__module__).partition(".")[0] in PACKAGES
    })  # fmt: skip


def live(address: str, kind: str, *, cut: bool) -> None:
    with talking(address) as talk:
        talk.start(exercise="squat", input=kind, pacing="lossless")
        for seq, level in enumerate(REP):
            say = talk.image if kind == "frames" else talk.pose
            say(seq, seq / 10, level)
        talk.hear("rep.counted")
        if cut:
            talk.vanish()
        else:
            talk.end()


def cycles(address: str) -> None:
    for n in range(CYCLES):
        live(address, ("frames", "landmarks")[n % 2], cut=n % 3 == 2)


def more_than(before: Counter[str], kinds: Collection[str] = ()) -> Counter[str]:
    """What there is more of, of these kinds or any; what is just being let go of is waited for."""
    give_up_s = time.monotonic() + PATIENCE_S
    while True:
        more = alive() - before
        if not (more.keys() & kinds if kinds else more) or time.monotonic() > give_up_s:
            return more
        time.sleep(0.1)


def test_sessions_come_and_go(address: str) -> None:
    cycles(address)
    before = alive()
    cycles(address)
    assert not more_than(before)


def test_a_picture_is_let_go_of_once_it_is_looked_at(address: str) -> None:
    pictures = {"service.stream.Observation", "service.sight.Picture", "pose_engine.frames.Frame"}
    before = alive()
    with talking(address) as talk:
        talk.start(exercise="squat", pacing="lossless")
        talk.image(0, 0.0, TOP)
        assert talk.hear("ack")["seq"] == 0
        more = more_than(before, pictures)
    assert more["service.stream.Stream"] == 1
    assert not more.keys() & pictures
