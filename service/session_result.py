"""What a live session came to: as its stream ends or, where that cannot be made again, as told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from blazereps_client.messages import EVENTS
from blazereps_client.results import RepSet, Tally
from classifiers.events import RepCounted
from classifiers.sets import SetKeeper
from service.core import NO_SNAPSHOT
from service.events import tally_of
from service.sessions import Kept
from service.stream import Stream, StreamError

_OF_A_SET = ("exercise", "count", "start_s", "bottom_s", "end_s", "depth", "confidence")


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What is kept of a session as a workout."""

    tally: Tally
    duration_s: float
    origin_s: float
    """The first capture time."""

    @classmethod
    def of(cls, stream: Stream) -> Self:
        """What it comes to where nobody goes on with it."""
        return cls(stream.tally(), stream.duration_s, stream.origin_s)

    @classmethod
    def told(cls, kept: Kept) -> Self:
        """What its events tell, and the set that was under way. Raises StreamError."""
        try:
            state = json.loads(kept.state)
            since_id, origin_s = state["chronicle"]["since_id"], state["first_at_s"] or 0.0
            events = (body for event_id, body in kept.events if event_id > since_id)
            messages = [EVENTS.validate_json(body) for body in events]
            tally = tally_of(messages, messages[-1].counts if messages else {})
            sets = (*tally.sets, *_open_set(tally))
            return cls(tally.model_copy(update={"sets": sets}), state["at_s"] - origin_s, origin_s)
        except NO_SNAPSHOT as error:
            raise StreamError("what was kept is no session") from error


def _open_set(tally: Tally) -> Iterator[RepSet]:
    """Of the repetitions after the last set that was told: counted anew, for the sets of the state
    may be another version's."""
    last_s = tally.sets[-1].end_s if tally.sets else None
    left = [rep for rep in tally.reps if last_s is None or rep.start_s >= last_s]
    reps = [RepCounted(**{name: getattr(rep, name) for name in _OF_A_SET}) for rep in left]
    for ended in SetKeeper().finish(reps):
        number = 1 + sum(one.exercise == ended.exercise for one in tally.sets)
        rest_s = None if last_s is None else ended.start_s - last_s
        yield RepSet.model_validate(replace(ended, number=number, rest_s=rest_s))
