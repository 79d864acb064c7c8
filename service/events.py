"""What happens -> what is told of it: its message, and the tally of everything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, get_args

from blazereps_client import words
from blazereps_client.messages import (
    CountingChangedMessage,
    EventMessage,
    GuidanceMessage,
    HoldEndedMessage,
    HoldStartedMessage,
    PhaseMessage,
    RepCountedMessage,
    RepRejectedMessage,
    SetEndedMessage,
    SubjectFoundMessage,
    SubjectLostMessage,
    SubjectSwitchedMessage,
    UnknownCountedMessage,
)
from blazereps_client.results import (
    Document,
    Hint,
    Hold,
    Rejection,
    Rep,
    RepSet,
    Tally,
    UnknownRep,
)
from classifiers.events import (
    Event,
    Guidance,
    HoldEnded,
    HoldStarted,
    PhaseChanged,
    RepCounted,
    RepRejected,
    SetEnded,
    SubjectFound,
    SubjectLost,
    SubjectSwitched,
    UnknownCounted,
)


@dataclass(frozen=True, slots=True)
class CountingChanged:
    """Whether observations count has changed, or counts went back to zero."""

    counting: words.Counting


Happening = Event | CountingChanged
"""What an observation or a command causes."""

TALLIED = RepCounted | RepRejected | SetEnded | HoldEnded | UnknownCounted | Guidance
"""The events that a tally is made of."""

_Document = TypeVar("_Document", bound=Document)

_EVENTS: dict[type[Happening], type[EventMessage]] = {
    RepCounted: RepCountedMessage,
    RepRejected: RepRejectedMessage,
    SetEnded: SetEndedMessage,
    HoldStarted: HoldStartedMessage,
    HoldEnded: HoldEndedMessage,
    UnknownCounted: UnknownCountedMessage,
    Guidance: GuidanceMessage,
    PhaseChanged: PhaseMessage,
    SubjectLost: SubjectLostMessage,
    SubjectFound: SubjectFoundMessage,
    SubjectSwitched: SubjectSwitchedMessage,
    CountingChanged: CountingChangedMessage,
}

TALLIED_TYPES: Final = frozenset(
    _EVENTS[kind].model_fields["type"].default for kind in get_args(TALLIED)
)
"""And what they are called as messages."""


def event_message(
    happening: Happening, *, event_id: int, at_s: float, counts: dict[str, int]
) -> EventMessage:
    """What happened as it is told."""
    told = _EVENTS[type(happening)]
    named = (name for name in told.model_fields if hasattr(happening, name))
    fields = {name: getattr(happening, name) for name in named}
    return told(**fields | {"event_id": event_id, "at_s": at_s, "counts": counts})


def tally_of(told: Iterable[Event | EventMessage], counts: Mapping[str, int]) -> Tally:
    """The tally of everything a session said, as the core says it or as it was told."""
    told = tuple(told)
    return Tally(
        counts={name: count for name, count in counts.items() if count},
        reps=_of(Rep, told, RepCounted, RepCountedMessage),
        rejected=_of(Rejection, told, RepRejected, RepRejectedMessage),
        sets=_of(RepSet, told, SetEnded, SetEndedMessage),
        holds=_of(Hold, told, HoldEnded, HoldEndedMessage),
        unknown=_of(UnknownRep, told, UnknownCounted, UnknownCountedMessage),
        guidance=_of(Hint, told, Guidance, GuidanceMessage),
    )


def _of(
    document: type[_Document],
    told: tuple[Event | EventMessage, ...],
    *kinds: type[Event] | type[EventMessage],
) -> tuple[_Document, ...]:
    """What is of one of the kinds, as documents."""
    return tuple(_as(document, one) for one in told if isinstance(one, kinds))


def _as(document: type[_Document], told: Event | EventMessage) -> _Document:
    return document.model_validate({name: getattr(told, name) for name in document.model_fields})
