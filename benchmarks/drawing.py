"""A counted clip as an SVG: depth over time, what was made of it, and a few stick figures.

Drawn from landmarks alone, so that nobody's picture is in it. White behind, readable on any page.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol
from xml.sax.saxutils import escape

import numpy as np

from benchmarks.counted import Counted
from benchmarks.labels import Label
from benchmarks.variants import Observation
from blazereps_client.results import Rejection, Rep, Tally
from classifiers.embedding import embed_points, points_of, trunks_away
from classifiers.lifter import Lifter
from pose_engine.landmarks import CONNECTIONS, FloatArray, Landmark, Pose

_LIFT = Lifter.read()
_WIDTH, _LEFT, _RIGHT = 760, 64, 12
_HEADING, _PANEL, _GAP, _FIGURES, _CAPTION = 30, 120, 30, 110, 16
_DEEPEST = 1.4  # a little more than any depth, so that labels have room below
_MOST_POINTS, _MOST_FIGURES = 400, 7
_LEAST_WIDTH = 11
_BLUE, _ORANGE, _GREEN, _RED, _INK, _FAINT = (
    "#1f6fb4", "#c05a00", "#2e8b57", "#b03030", "#222", "#bbb",
)  # fmt: skip
_HIDDEN = ' opacity=".35"'
_BODY = Landmark.RIGHT_ANKLE + 1
_JOINTS = {
    Landmark[f"{side}_{joint}"]
    for side in ("LEFT", "RIGHT")
    for joint in ("SHOULDER", "ELBOW", "WRIST", "HIP", "KNEE", "ANKLE")
}
_LIMBS = tuple(pair for pair in CONNECTIONS if _JOINTS.issuperset(pair))


class Deep(Protocol):
    """An exercise, as far as a picture shows it; see `classifiers.exercise.Exercise`."""

    @property
    def name(self) -> str:
        """Its name."""

    def depth(self, vector: FloatArray, away: float, /) -> float:
        """How deep a pose is whose trunk points so far away from the camera."""


def picture(counted: Counted, exercises: Sequence[Deep]) -> str:
    """The whole picture, a panel an exercise."""
    scale = _Scale(max((at_s for at_s, _ in counted.seen), default=0) or 1)
    parts = [_heading(counted.label)]
    top = _HEADING
    for exercise in exercises:
        parts += _panel(counted, exercise, scale, top)
        top += _PANEL + _GAP
    parts += _figures(_moments(counted.label, counted.original), counted.seen, top)
    height = top + _FIGURES + _CAPTION
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}">\n'
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#fff" stroke="{_FAINT}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Scale:
    """Seconds and depths to pixels; deeper is lower."""

    def __init__(self, most_s: float) -> None:
        self.most_s = most_s

    def x(self, at_s: float) -> float:
        return _LEFT + at_s / self.most_s * (_WIDTH - _LEFT - _RIGHT)

    @staticmethod
    def y(depth: float, top: float) -> float:
        return top + depth / _DEEPEST * _PANEL


def _heading(label: Label) -> str:
    keys = (
        (_GREEN, "counted"), (_RED, "refused"), (_BLUE, "depth"), (_ORANGE, "▲ labelled bottom"),
    )  # fmt: skip
    legend = "".join(
        f'<tspan dx="12" fill="{colour}" font-weight="bold">{text}</tspan>' for colour, text in keys
    )
    return f'<text x="10" y="19">{escape(label.file)}{legend}</text>'


def _panel(counted: Counted, exercise: Deep, scale: _Scale, top: float) -> Iterator[str]:
    label, tally = counted.label, counted.original
    yield from (_refused(r, scale, top) for r in tally.rejected if r.exercise == exercise.name)
    yield from (_counted(r, scale, top) for r in tally.reps if r.exercise == exercise.name)
    for depth in (0, 1):
        y = scale.y(depth, top)
        yield f'<path d="M{_LEFT} {y:.0f}H{_WIDTH - _RIGHT}" stroke="{_FAINT}"/>'
        yield f'<text x="{_LEFT - 4}" y="{y + 4:.0f}" text-anchor="end">{depth}</text>'
    middle = top + _PANEL / 2
    yield f'<text transform="translate(16 {middle:.0f})rotate(-90)" text-anchor="middle">' + (
        f"{escape(exercise.name)} depth</text>"
    )
    yield _curve(counted.seen, exercise, scale, top)
    yield from _axis(scale, top + _PANEL)
    if exercise.name == label.exercise:
        for at_s in label.bottoms_s:
            yield _triangle(scale.x(at_s), top + _PANEL)


def _counted(rep: Rep, scale: _Scale, top: float) -> str:
    x, y = scale.x(rep.bottom_s), scale.y(rep.depth, top)
    return (
        f"{_band(rep, _GREEN, scale, top)}"
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="{_GREEN}"/>'
        f'<text x="{x + 7:.0f}" y="{y + 13:.0f}" fill="{_GREEN}">{rep.count}</text>'
    )


def _refused(one: Rejection, scale: _Scale, top: float) -> str:
    x, y = scale.x((one.start_s + one.end_s) / 2) + 4, top + _PANEL - 4
    wide = scale.x(one.end_s) - scale.x(one.start_s) >= _LEAST_WIDTH
    words = (
        f'<text transform="translate({x:.0f} {y:.0f})rotate(-90)" fill="{_RED}">{one.reason}</text>'
    )
    return _band(one, _RED, scale, top) + (words if wide else "")


def _band(one: Rep | Rejection, colour: str, scale: _Scale, top: float) -> str:
    left, right = scale.x(one.start_s), scale.x(one.end_s)
    return (
        f'<rect x="{left:.1f}" y="{top:.0f}" width="{max(right - left, 1):.1f}" height="{_PANEL}" '
        f'fill="{colour}" opacity=".15"/>'
    )


def _depth(exercise: Deep, pose: Pose) -> float:
    points = _LIFT(points_of([pose]))
    vector = embed_points(points, pose.visibility[None])[0]
    return exercise.depth(vector, float(trunks_away(points)[0]))


def _curve(seen: Sequence[Observation], exercise: Deep, scale: _Scale, top: float) -> str:
    """The line breaks where nobody is seen."""
    thinned = seen[:: -(-len(seen) // _MOST_POINTS)] if seen else ()
    runs = []
    for visible, run in groupby(thinned, key=lambda one: one[1] is not None):
        points = (
            f"{scale.x(at_s):.0f} {scale.y(_depth(exercise, pose), top):.0f}"
            for at_s, pose in run
            if pose is not None
        )
        if visible:
            runs.append(f"M{'L'.join(points)}")
    return f'<path d="{"".join(runs)}" fill="none" stroke="{_BLUE}" stroke-width="1.5"/>'


def _axis(scale: _Scale, y: float) -> Iterator[str]:
    step = next(step for step in (0.5, 1, 2, 5, 10, 30, 60, 1e9) if scale.most_s / step <= 14)
    for at_s in np.arange(0, scale.most_s, step):
        text = f"{at_s:g} s"
        yield f'<text x="{scale.x(at_s):.0f}" y="{y + 18:.0f}" text-anchor="middle">{text}</text>'


def _moments(label: Label, tally: Tally) -> list[tuple[float, str]]:
    """What to show figures of: seconds and a word, evenly thinned."""
    reps = [(rep.start_s, "start") for rep in tally.reps]
    reps += [(rep.bottom_s, "bottom") for rep in tally.reps]
    counted = [rep.bottom_s for rep in tally.reps]
    lost = [at for at in label.bottoms_s if all(abs(at - other) > 0.5 for other in counted)]
    refused = [((one.start_s + one.end_s) / 2, "refused") for one in tally.rejected]
    moments = sorted([*reps, *((at, "labelled") for at in lost), *refused])
    kept = np.linspace(0, len(moments) - 1, min(len(moments), _MOST_FIGURES)).round()
    return [moments[int(n)] for n in kept]


def _figures(
    moments: Iterable[tuple[float, str]], seen: Sequence[Observation], top: float
) -> Iterator[str]:
    """The poses nearest to the moments, all in one scale."""
    poses = [(at_s, pose) for at_s, pose in seen if pose is not None]
    shown = [
        (at_s, word, min(poses, key=lambda one: abs(one[0] - at_s))[1])
        for at_s, word in moments
        if poses
    ]
    room = (_WIDTH - _LEFT - _RIGHT) / max(len(shown), 1)
    sizes = [float(np.ptp(pose.image[:_BODY, :2], axis=0).max()) for *_, pose in shown]
    zoom = (_FIGURES - 20) / max(sizes, default=1)
    for n, (at_s, word, pose) in enumerate(shown):
        middle = _LEFT + (n + 0.5) * room
        yield from _figure(pose, middle, top + _FIGURES / 2, zoom)
        y = top + _FIGURES + 6
        yield f'<text x="{middle:.0f}" y="{y:.0f}" text-anchor="middle">{at_s:.1f} s {word}</text>'


def _figure(pose: Pose, x: float, y: float, zoom: float) -> Iterator[str]:
    """Left limbs are blue, right ones orange, hidden ones faint."""
    flat = pose.image[:_BODY, :2]
    points = (flat - (flat.min(0) + flat.max(0)) / 2) * zoom + (x, y)
    strokes: dict[str, str] = {}
    for a, b in _LIMBS:
        colour = _INK if a % 2 != b % 2 else _BLUE if a % 2 else _ORANGE
        style = f'stroke="{colour}"' + ("" if min(pose.visibility[[a, b]]) >= 0.5 else _HIDDEN)
        (x1, y1), (x2, y2) = points[a], points[b]
        strokes[style] = strokes.get(style, "") + f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"
    for style, path in strokes.items():
        yield f'<path d="{path}" {style} stroke-width="2.5"/>'
    head = points[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR, Landmark.NOSE]].mean(0)
    yield f'<circle cx="{head[0]:.0f}" cy="{head[1]:.0f}" r="6" fill="none" stroke="{_INK}"/>'


def _triangle(x: float, y: float) -> str:
    return f'<path d="M{x:.0f} {y - 10:.0f}l-5 10h10z" fill="{_ORANGE}"/>'
