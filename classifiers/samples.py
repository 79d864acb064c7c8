"""Labelled sets of sample poses: read and written."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding import embed_points
from classifiers.lifter import Lift, as_they_are
from pose_engine.landmarks import LANDMARK_COUNT, FloatArray

MAX_SAMPLES = 20_000
MAX_METRES = 10.0
MAX_LABEL = 64
"""Characters of a label."""
_HEADER = ["label", "source", *(f"{axis}{i}" for i in range(LANDMARK_COUNT) for axis in "xyz")]
_ROW = np.dtype(
    [("label", f"U{MAX_LABEL}"), ("source", "U64"), ("points", "f4", (LANDMARK_COUNT, 3))]
)


class SamplesError(ValueError):
    """A sample file cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleSet:
    """Poses with the class that each is an example of.

    `labels` and `sources` have length n; `points` is (n, 33, 3) float32: metres in the
    camera's axes, x right, y down, z away, as `embedding.points_of` gives them. On disk they are
    whole millimetres.
    """

    labels: tuple[str, ...]
    sources: tuple[str, ...]
    points: FloatArray

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: "SampleSet") -> "SampleSet":
        return SampleSet(
            self.labels + other.labels,
            self.sources + other.sources,
            np.concatenate([self.points, other.points]),
        )

    def where(self, mask: NDArray[np.bool_]) -> "SampleSet":
        """Those that an (n,) mask picks."""
        return SampleSet(
            tuple(compress(self.labels, mask)),
            tuple(compress(self.sources, mask)),
            self.points[mask],
        )

    def vectors(self, lift: Lift = as_they_are) -> FloatArray:
        """The embeddings, (n, len(embedding.NAMES)), of lifted points; every landmark is seen."""
        return embed_points(lift(self.points), np.ones(self.points.shape[:2], np.float32))

    def write(self, path: Path) -> None:
        """Write as CSV: label, source, then x, y, z of each landmark in millimetres."""
        millimetres = np.rint(self.points.reshape(len(self), -1) * 1000).astype(int)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_HEADER)
            for label, source, row in zip(self.labels, self.sources, millimetres, strict=True):
                writer.writerow([label, source, *row.tolist()])

    @classmethod
    def read(cls, path: Path) -> "SampleSet":
        """Read what `write` wrote, or a spreadsheet has saved since; raises SamplesError."""
        lines = _lines(path)
        header = lines.pop(next(iter(lines), 0), "")
        if header != ",".join(_HEADER):
            begin = f"the first line must be {','.join(_HEADER[:5])},..."
            raise SamplesError(f"{path}: {begin} and not {header[:40]!r}")
        if not 0 < len(lines) <= MAX_SAMPLES:
            raise SamplesError(f"{path}: {len(lines)} samples; 1 to {MAX_SAMPLES} are allowed")
        rows = _rows(path, lines)
        points = (rows["points"] / 1000).astype(np.float32)
        right = (np.abs(points) <= MAX_METRES).all((1, 2))
        if not right.all():
            limit = f"a coordinate is beyond {MAX_METRES:.0f} m or no number"
            raise SamplesError(f"{path}:{[*lines][right.argmin()]}: {limit}")
        return cls(tuple(rows["label"].tolist()), tuple(rows["source"].tolist()), points)


def _lines(path: Path) -> dict[int, str]:
    """Those that are not blank, by their number in the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SamplesError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SamplesError(f"{path}: it is not saved as UTF-8: {error}") from error
    return {number: line for number, line in enumerate(text.splitlines(), 1) if line.strip()}


def _rows(path: Path, lines: Mapping[int, str]) -> NDArray[np.void]:
    try:
        return _parsed(lines.values())
    except ValueError as error:
        for number, line in lines.items():
            _check_line(f"{path}:{number}", line)
        raise SamplesError(f"{path}: {error}") from error


def _check_line(place: str, line: str) -> None:
    try:
        _parsed([line])
    except ValueError as error:
        fault = str(error).partition(" at row")[0]  # which it counts in its own way
        needed = f"a sample needs {len(_HEADER) - 2} numbers after label and source"
        raise SamplesError(f"{place}: {needed}: {fault}") from error


def _parsed(lines: Iterable[str]) -> NDArray[np.void]:
    return np.loadtxt([*lines], _ROW, delimiter=",", quotechar='"', comments=None, ndmin=1)
