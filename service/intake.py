"""What a client shows, up to its turn: checked for order, queued, or given up."""

import time

from service.errors import ServiceError
from service.mailbox import Mailbox
from service.media import Chunk, Observation, input_of
from service.stream import Command, Moment, Stream, VideoLost


class Intake:
    """One connection's side of a stream."""

    def __init__(self, stream: Stream, queue_frames: int) -> None:
        config = stream.config
        self._input = config.input
        self._lossless = config.pacing == "lossless" or config.input == "landmarks"
        self.mailbox = Mailbox[Observation | Command](
            queue_frames, newest_wins=not self._lossless and config.input != "video"
        )
        self._last_seq, self._last_at_s = stream.seq, stream.at_s
        self._video_lost = False
        self._given_up = 0
        self.refused = 0
        """Media that was answered with an error."""

    @property
    def moment(self) -> Moment:
        """How things stand for the step that is taken now."""
        return Moment(
            now_s=time.monotonic(),
            dropped=self.mailbox.dropped + self._given_up,
            refused=self.refused,
            waiting=self.mailbox.observations,
            credit=self.mailbox.credit,
        )

    @property
    def landmarks(self) -> bool:
        """Whether it is landmarks that come."""
        return self._input == "landmarks"

    def queues(self, message: object) -> bool:
        """Whether it waits for room, which holds back who sends too many."""
        return isinstance(message, Observation) and (self._lossless or message.late)

    async def take(self, observation: Observation) -> None:
        """Queue it; raises ServiceError where it is none of this session, or not after the last."""
        self._check(observation)
        self._last_seq, self._last_at_s = observation.seq, observation.at_s
        await self._queue(observation)

    def _check(self, observation: Observation) -> None:
        seq, last_seq, last_s = observation.seq, self._last_seq, self._last_at_s
        if input_of(observation.seen) != self._input:
            fault = f"the session was started with input {self._input}"
            raise ServiceError("wrong_input", fault, field="kind", seq=seq)
        if last_seq is not None and seq <= last_seq:
            fault = f"seq {seq} is not after {last_seq}"
            raise ServiceError("seq_went_backwards", fault, field="seq", seq=seq)
        if last_s is not None and observation.at_s <= last_s:
            fault = f"capture time {observation.at_s:.6f} s is not after {last_s:.6f} s"
            raise ServiceError("time_went_backwards", fault, field="at_s", seq=seq)

    async def _queue(self, observation: Observation) -> None:
        """Live video that does not fit is given up to the next key frame."""
        if not isinstance(observation.seen, Chunk) or self._lossless:
            await self.mailbox.put(observation, late=observation.late)
        elif self._video_lost and not observation.seen.key:
            self._given_up += 1
        elif self.mailbox.credit or observation.late:
            self._video_lost = False
            await self.mailbox.put(observation)
        else:
            self._video_lost = True
            self._given_up += 1
            await self.mailbox.put_command(VideoLost())
