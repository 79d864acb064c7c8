"""What a session has told: numbered, kept for the tally, and no more than that."""

import json
import tracemalloc

import pytest

from blazereps_client.messages import EVENTS, Outputs
from classifiers.events import (
    Event,
    Measure,
    Phase,
    PhaseChanged,
    Reason,
    RepCounted,
    RepRejected,
    SubjectFound,
    Unit,
)
from service.chronicle import Chronicle
from service.core import NO_SNAPSHOT
from service.journal import Journal
from service.media import Observation
from tests.service.fakes import REP, grey_pose
from tests.service.streams import MemorySessions, landmarks, moment, new_stream

REFUSED = RepRejected("squat", 0, Reason.TOO_SHALLOW, 0.0, 1.0, 0.4)
HAPPENED: list[Event] = [SubjectFound(0.0), PhaseChanged("squat", Phase.DOWN, 0.1), REFUSED]


def chronicle(outputs: Outputs) -> Chronicle:
    return Chronicle(Journal(MemorySessions(), "a", epoch=1), outputs)


def test_what_is_not_wanted_is_not_told_and_has_no_number() -> None:
    told = [*chronicle(Outputs(phases=False)).tell(HAPPENED, 1.0, {})]
    assert [(one.event_id, one.type) for one in told] == [(1, "subject.found"), (2, "rep.rejected")]


def test_what_was_missed_is_told_again_after_a_restore() -> None:
    first = chronicle(Outputs())
    kept = [(one.event_id, one.model_dump_json()) for one in first.tell(HAPPENED, 1.0, {})]
    second = chronicle(Outputs())
    second.restore(json.loads(json.dumps(first.snapshot())), kept)
    assert second.missed(1) == [EVENTS.validate_json(body) for _, body in kept[1:]]
    assert second.tally({}) == first.tally({})
    assert second.missed(0) == [EVENTS.validate_json(kept[2][1])], "the rest is forgotten by then"


@pytest.mark.parametrize("body", ["", "{}", '{"type": "rep.counted"}'])
def test_a_damaged_event_is_found_before_anything_goes_on(body: str) -> None:
    first = chronicle(Outputs())
    with pytest.raises(NO_SNAPSHOT):
        chronicle(Outputs()).restore(first.snapshot(), [(1, body)])


def test_what_is_of_no_tally_is_read_where_it_is_told_again() -> None:
    first, phase = chronicle(Outputs()), '{"type": "phase"}'
    second = chronicle(Outputs())
    second.restore(first.snapshot(), [(1, phase)])
    assert second.missed(1) == []
    third = chronicle(Outputs())
    third.restore(first.snapshot(), [(1, phase)])
    with pytest.raises(ValueError, match="validation error"):
        third.missed(0)


def test_a_repetition_is_remembered_in_two_kilobytes() -> None:
    names = ("knee_top", "knee_bottom", "knee_asymmetry", "torso_lean_top", "torso_lean_bottom")
    measures = {name: Measure(80.123456789, Unit.DEGREES, 0.987654321) for name in names}
    rep = RepCounted("squat", 1, 0.0, 1.0, 2.0, depth=1.0, confidence=0.9, measures=measures)
    kept = chronicle(Outputs())
    [*kept.tell([rep], 0.0, {})]
    tracemalloc.start()
    for number in range(1000):
        [*kept.tell([rep], float(number), {"squat": number})]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 2 * 1000 * 1024  # 0.7 KB each, and what other threads take meanwhile
    assert len(kept.tally({}).reps) == 1001


def test_a_session_remembers_repetitions_and_not_every_move() -> None:
    stream = new_stream(landmarks())
    for lap in range(50):
        for step, level in enumerate(REP):
            number = lap * len(REP) + step
            stream.observe(Observation(number, number / 10, 0.0, grey_pose(level)), moment(100.0))
    assert stream.counts == {"squat": 50}
    assert stream.last_event_id > 150
    assert len(stream.missed(0)) < 60
