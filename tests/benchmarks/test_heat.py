"""What tells a right reading: the tables, and how a frame is read, on nets made by hand."""

import pytest

from benchmarks.heat import Reader, Reading, by_choice, by_heat
from pose_engine.detector import Detector
from pose_engine.landmarker import Landmarker
from tests.pose_engine.fakes import LANDMARK_OUTPUTS, FakeNet, blank, body, somebody, standing

GOOD = Reading(score=0.6, flag=0.8, visibility=0.7, heat=0.9, right=1.0)
BAD = Reading(score=0.9, flag=1.0, visibility=0.9, heat=0.35, right=0.0)


def test_readings_are_told_by_their_heat() -> None:
    lines = by_heat([[GOOD, BAD], [BAD]]).splitlines()
    assert "| 0.3 to 0.4 | 2 | 0.0% | 1.00 | 0.90 |" in lines
    assert "| 0.7 to 1.0 | 1 | 100.0% | 0.80 | 0.70 |" in lines
    assert "| 0.5 to 0.6 | 0 | – | – | – |" in lines


def test_what_chooses_well_is_seen_where_there_is_a_choice() -> None:
    lines = by_choice([[GOOD, BAD], [BAD]]).splitlines()
    assert lines[0] == "| chosen by | joints right, 1 frames |"
    assert {"| the flag | 0.0% |", "| heat | 100.0% |", "| the truth | 100.0% |"} <= set(lines)


def test_everybody_is_read_from_four_sides_and_turned_round() -> None:
    reader = Reader(
        Detector(FakeNet(lambda image: somebody((3.0, standing())))),
        Landmarker(FakeNet(lambda image: body(heat=0.6), *LANDMARK_OUTPUTS)),
    )
    readings = list(reader.read(blank(64, 64), lambda points: float(points.shape == (33, 2))))
    assert len(readings) == 8
    assert {reading.right for reading in readings} == {1.0}
    assert [reading.heat for reading in readings] == pytest.approx([0.6] * 8, rel=1e-3)
