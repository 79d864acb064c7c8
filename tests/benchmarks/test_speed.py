"""The page of all ratios: what is kept, renewed and drawn."""

import argparse
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.section import Ratio, Section
from benchmarks.speed import Results, chosen, page, write

HALF = Ratio("CPU", 0.5, 0.4, 0.6, bar=0.5)
TWICE = Ratio("sessions", 2.0, 1.8, 2.2, bar=2.2, at_most=False)
CURVES = {"ours": [(1.0, 15.0), (64.0, 90.0)], "theirs": [(1.0, 15.0), (16.0, 70.0)]}
FRAME = Section("Frame", ("clip", "ms"), (("a", "1.0"),), "A note.", [HALF])
SCALING = Section("Scaling", ("sessions",), (("1",),), ratios=[TWICE], curves=CURVES)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "speed.md").write_text(
        "# Speed\n<!-- measured -->\nyesterday\n<!-- /measured -->\n"
    )
    return tmp_path


def test_a_bar_is_the_most_or_the_least() -> None:
    assert HALF.holds
    assert not TWICE.holds
    assert HALF.row() == ("CPU", "0.50", "0.40 to 0.60", "≤ 0.50", "holds")
    assert TWICE.row()[-2:] == ("≥ 2.20", "missed")


def test_what_is_not_measured_anew_stays(out: Path) -> None:
    path = out / "speed" / "results.json"
    Results(path).keep("frame", [FRAME])
    Results(path).keep("scaling", [SCALING])
    results = Results(path)
    results.keep("frame", [Section("Frame", ("clip",), (("b",),))])
    titles = {section.title: section for _, section in Results(path).sections()}
    assert titles["Frame"].rows == [["b"]]
    assert titles["Scaling"].ratios == [TWICE]
    assert [section.title for _, section in results.sections()] == ["Frame", "Scaling"]


def test_the_page_holds_every_ratio_and_table(out: Path) -> None:
    text = page([("a machine", FRAME), ("a machine", SCALING)])
    assert text.startswith("Measured on a machine.\n")
    assert text.count("| CPU | 0.50 |") == 1
    assert "### Frame" in text
    assert "A note." in text


def test_it_is_written_between_the_marks_with_pictures(out: Path) -> None:
    results = Results(out / "speed" / "results.json")
    results.keep("frame", [FRAME])
    results.keep("scaling", [SCALING])
    write(out, results)
    text = (out / "speed.md").read_text()
    assert text.startswith("# Speed\n<!-- measured -->\nMeasured on ")
    assert "yesterday" not in text
    for name in ("ratios", "scaling"):
        root = ET.fromstring((out / "speed" / f"{name}.svg").read_text())
        assert root.tag.endswith("svg")


def test_names_run_in_their_order() -> None:
    assert chosen("sessions, frame") == ["frame", "sessions"]
    with pytest.raises(argparse.ArgumentTypeError, match="no nonsense: there are frame"):
        chosen("frame,nonsense")
