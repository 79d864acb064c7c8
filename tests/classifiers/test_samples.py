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
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "samples.csv"
    samples().write(path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SamplesError, match=message):
        SampleSet.read(path)


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    samples().write(path)
    path.write_text(path.read_text().splitlines()[0])
    with pytest.raises(SamplesError, match="0 samples"):
        SampleSet.read(path)
