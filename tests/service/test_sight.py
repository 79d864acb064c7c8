"""What one stream sees: whom it looks at when, how closely, and from where another goes on."""

import json

from blazereps_client.messages import SessionStart, Subject
from pose_engine.frames import ImageLimits
from pose_engine.landmarks import Focus
from service.media import Chunk, Picture
from service.metrics import Metrics
from service.sight import Sight
from service.telemetry import NoSpans, Telemetry
from tests.pose_engine.fakes import encoded_video
from tests.service.fakes import FakeEngine, FakeTracker, encoded

FRAMES = SessionStart(exercise="squat")
VIDEO = SessionStart(exercise="squat", input="video", codec="h264")
FPS = 15


class NearTracker(FakeTracker):
    shrink = 4


class NearEngine(FakeEngine):
    """Follows somebody so near that pictures a quarter as wide will do."""

    def tracker(self, *, focus: Focus | None = None) -> FakeTracker:
        return NearTracker(self, focus)


def sight(start: SessionStart, engine: FakeEngine | None = None) -> Sight:
    return Sight(engine or FakeEngine(), start, ImageLimits(), Telemetry(Metrics(), NoSpans()))


def rested() -> Sight:
    """One that has looked at somebody who stood still for two seconds, up to 2 s."""
    one = sight(FRAMES)
    for number in range(2 * FPS + 1):
        one.due(number / FPS)
        assert [*one.look(Picture(encoded(200), 0, False), number / FPS)]
    return one


def gone_on(before: Sight, start: SessionStart) -> Sight:
    """Another one, from what is kept."""
    after = sight(start)
    after.restore(json.loads(json.dumps(before.snapshot())))
    return after


def shown(one: Sight, *times: float) -> list[float]:
    """When somebody is seen in encoded video of such times, the first of which is a key frame."""
    pieces = encoded_video("h264", [200] * len(times))
    return [
        seen.at_s
        for (data, _, key), at_s in zip(pieces, times, strict=True)
        for seen in one.look(Chunk(data, 0, False, key), at_s)
    ]


def test_whoever_is_newly_chosen_is_looked_at_at_once() -> None:
    one, next_s = rested(), 2 + 1 / FPS
    assert not one.due(next_s)
    one.choose(Subject(x=0.2, y=0.5))
    assert one.due(next_s)


def test_whoever_stood_still_is_not_looked_at_more_closely_after_a_break() -> None:
    assert not gone_on(rested(), FRAMES).due(2 + 1 / FPS)


def test_video_does_not_go_back_in_time() -> None:
    """Nor after a break, when what was not confirmed comes again."""
    first = sight(VIDEO)
    assert shown(first, 0.1, 0.2, 0.15, 0.3) == [0.1, 0.2, 0.3]
    assert shown(gone_on(first, VIDEO), 0.2, 0.3, 0.4) == [0.4]


def test_pictures_are_decoded_as_small_as_the_tracker_needs_them() -> None:
    (seen,) = sight(FRAMES, NearEngine()).look(Picture(encoded(200, "JPEG", 640, 480), 0, False), 0)
    assert seen.frame is not None
    assert (seen.frame.shrunk, seen.frame.width) == (4, 640)
