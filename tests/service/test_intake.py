"""What is queued, given up or refused before its turn."""

from collections.abc import Iterable

import pytest

from blazereps_client.messages import SessionStart
from service.errors import ServiceError
from service.intake import Intake
from service.media import Chunk, Media, Observation, Picture
from service.stream import VideoLost
from tests.service.streams import landmarks, new_stream

pytestmark = pytest.mark.anyio

PICTURE = Picture(b"", rotation=0, mirrored=False)
VIDEO = SessionStart(input="video", codec="h264")


def intake(config: SessionStart, queue_frames: int = 2) -> Intake:
    return Intake(new_stream(config), queue_frames)


def observation(seq: int, seen: Media, *, late: bool = False) -> Observation:
    return Observation(seq, seq / 10, 0.0, seen, late)


def chunk(seq: int, *, key: bool = False) -> Observation:
    return observation(seq, Chunk(b"", rotation=0, mirrored=False, key=key))


def seqs(taken: Iterable[object]) -> list[int | None]:
    return [one.seq if isinstance(one, Observation) else None for one in taken]


async def test_the_newest_picture_wins() -> None:
    frames = intake(SessionStart())
    for seq in range(3):
        await frames.take(observation(seq, PICTURE))
    assert (frames.moment.dropped, frames.moment.waiting) == (2, 1)
    assert seqs(frames.mailbox.take(9)) == [2]


async def test_live_video_that_does_not_fit_is_given_up_to_the_next_key_frame() -> None:
    video = intake(VIDEO)
    for one in (chunk(0, key=True), chunk(1), chunk(2), chunk(3)):
        await video.take(one)
    taken = video.mailbox.take(9)
    assert seqs(taken) == [0, 1, None]
    assert taken[-1] == VideoLost()
    await video.take(chunk(4))
    await video.take(chunk(5, key=True))
    assert seqs(video.mailbox.take(9)) == [5]
    assert video.moment.dropped == 3


@pytest.mark.parametrize(
    ("config", "one", "queues"),
    [
        (landmarks(), observation(0, None), True),
        (SessionStart(), observation(0, PICTURE), False),
        (SessionStart(), observation(0, PICTURE, late=True), True),
        (SessionStart(pacing="lossless"), observation(0, PICTURE), True),
        (landmarks(), VideoLost(), False),
    ],
)
def test_what_waits_for_room(config: SessionStart, one: object, queues: bool) -> None:
    assert intake(config).queues(one) is queues


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (observation(2, PICTURE), "wrong_input"),
        (observation(1, None), "seq_went_backwards"),
        (Observation(2, 0.1, 0.0, None), "time_went_backwards"),
    ],
)
async def test_what_is_out_of_order_is_not_taken(one: Observation, code: str) -> None:
    posts = intake(landmarks())
    await posts.take(observation(1, None))
    with pytest.raises(ServiceError) as refused:
        await posts.take(one)
    assert (refused.value.code, refused.value.seq) == (code, one.seq)
    assert seqs(posts.mailbox.take(9)) == [1]
