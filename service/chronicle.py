"""What a session has told so far: each event numbered, entered in the journal, and tallied."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from blazereps_client.messages import EVENTS, EventMessage, Outputs
from blazereps_client.results import Tally
from classifiers.events import Guidance, PhaseChanged
from service.events import TALLIED, TALLIED_TYPES, Happening, event_message, tally_of
from service.journal import Journal
from service.sessions import StoredEvent

MAX_EVENTS: Final = 25_000
"""Of one session: who trains makes two a second. Landmarks may come faster than anybody moves."""


class Chronicle:
    """Turns what happens into the messages that the client asked for."""

    def __init__(self, journal: Journal, outputs: Outputs) -> None:
        self._journal = journal
        self.outputs = outputs
        """What is told; what a tally holds is numbered all the same."""
        self.last_event_id = 0
        self._since_id = 0
        self._told: list[StoredEvent] = []  # as JSON: a message takes six times as much
        self._restored = self._told

    def tell(
        self, happenings: Iterable[Happening], at_s: float, counts: dict[str, int]
    ) -> Iterator[EventMessage]:
        """The messages that are to be told of what an observation caused."""
        for happening in happenings:
            wanted = self._wanted(happening)
            if not wanted and not isinstance(happening, TALLIED):
                continue
            self.last_event_id += 1
            message = event_message(
                happening, event_id=self.last_event_id, at_s=at_s, counts=counts
            )
            stored = (message.event_id, message.model_dump_json())
            if isinstance(happening, TALLIED):
                self._told.append(stored)
            self._journal.enter(stored)
            if wanted:
                yield message

    @property
    def full(self) -> bool:
        """Whether so much has been told that the session must end."""
        return self.last_event_id >= MAX_EVENTS

    def start_over(self) -> None:
        """What has been told so far is no part of the tally any more."""
        self._since_id = self.last_event_id

    def tally(self, counts: Mapping[str, int]) -> Tally:
        """Everything that explains the counts."""
        told = (message for message in self._messages() if message.event_id > self._since_id)
        return tally_of(told, counts)

    def snapshot(self) -> dict[str, Any]:
        """Everything but the events, as plain data."""
        return {"last_event_id": self.last_event_id, "since_id": self._since_id}

    def restore(self, snapshot: Mapping[str, Any], events: Iterable[StoredEvent]) -> None:
        """Go on from a snapshot and the events that were kept; raises KeyError or ValueError."""
        self._restored = [*events]
        self._told = [stored for stored in self._restored if _type_of(stored) in TALLIED_TYPES]
        self._messages()  # what is damaged is found here
        self.last_event_id, self._since_id = snapshot["last_event_id"], snapshot["since_id"]

    def missed(self, last_event_id: int) -> list[EventMessage]:
        """What has been told since, as far as it is wanted; once, after `restore`.

        Raises ValueError where it is damaged.
        """
        later = (body for event_id, body in self._restored if event_id > last_event_id)
        messages = [message for body in later if self._wanted_again(message := _read(body))]
        self._restored = self._told
        return messages

    def _messages(self) -> list[EventMessage]:
        return [_read(body) for _, body in self._told]

    def _wanted(self, happening: Happening) -> bool:
        match happening:
            case PhaseChanged():
                return self.outputs.phases
            case Guidance():
                return self.outputs.guidance
        return True

    def _wanted_again(self, message: EventMessage) -> bool:
        return message.type != "guidance" or self.outputs.guidance


def _type_of(event: StoredEvent) -> str:
    """Most are of no tally, and need not be read as a whole."""
    said: str = json.loads(event[1])["type"]
    return said


def _read(body: str) -> EventMessage:
    return EVENTS.validate_json(body)
