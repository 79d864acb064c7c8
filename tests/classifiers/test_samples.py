"""What is written can be read, and what cannot be read says where."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.samples import SamplesError, SampleSet
from tests.classifiers.figures import samples


def test_round_trip_to_the_millimetre(tmp_path: Path) -> None:
    written = samples()
    written.write(tmp_path / "samples.csv")
    read = SampleSet.read(tmp_path / "samples.csv")
    assert (read.labels, read.sources) == (written.labels, written.sources)
    assert np.allclose(read.points, written.points, atol=0.00051)


def test_sets_add_up() -> None:
    assert len(samples() + samples()) == 2 * len(samples())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("label,source", "name,source", "first line must be"),
        ("squat_up,figure,0,", "squat_up,figure,zero,", "needs 99 numbers"),
        ("squat_up,figure,0,", "squat_up,figure,nan,", "no number"),
        ("squat_up,figure,0,", "squat_up,figure,20000,", "beyond 10 m"),
        ("squat_up,figure,0,", "squat_up,figure,", "needs 99 numbers"),
        ("label,source", "label;source", "and not 'label;source"),
        ("squat_up,figure,0,", "\n\n  \nsquat_up,figure,20000,", r"csv:5: .* beyond 10 m"),
        ("squat_up,figure,0,", "\n\n  \nsquat_up,figure,zero,", r"csv:5: .* string 'zero'"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "samples.csv"
    samples().write(path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SamplesError, match=message):
        SampleSet.read(path)


def test_a_quote_that_is_left_open_is_named(tmp_path: Path) -> None:
    """Each line can be read, but not all of them: they are one field."""
    path = tmp_path / "samples.csv"
    samples().write(path)
    header, first, second, *_ = path.read_text().splitlines()
    begin, _, last = first.rpartition(",")
    path.write_text("\n".join([header, f'{begin},"{last}', second]))
    with pytest.raises(SamplesError, match=r"samples\.csv"):
        SampleSet.read(path)


@pytest.mark.parametrize("rest", ["", "\n", "\n\n \n"])
def test_an_empty_set_is_refused(tmp_path: Path, rest: str) -> None:
    path = tmp_path / "samples.csv"
    samples().write(path)
    path.write_text(path.read_text().splitlines()[0] + rest)
    with pytest.raises(SamplesError, match="0 samples"):
        SampleSet.read(path)


def test_what_a_spreadsheet_has_saved_is_read(tmp_path: Path) -> None:
    """With a byte order mark, its own line ends and blank lines."""
    path = tmp_path / "samples.csv"
    samples().write(path)
    before = SampleSet.read(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    again = SampleSet.read(path)
    assert again.labels == before.labels
    assert np.array_equal(again.points, before.points)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "samples.csv"
    samples().write(path)
    path.write_text(path.read_text().replace("figure", "figür"), encoding=encoding)
    with pytest.raises(SamplesError, match=r"samples.csv: it is not saved as UTF-8"):
        SampleSet.read(path)


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=f"{tmp_path}: Is a directory"):
        SampleSet.read(tmp_path)
