"""Measured ratios and curves as SVGs, white behind, readable on any page."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np

from benchmarks.section import Ratio

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 300, 60, 34, 34
_HEIGHT, _MARGIN = 300, 48
_HALO = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
_COLOURS = ("#1f6fb4", "#c05a00", "#2e8b57")
_GREEN, _ORANGE, _INK, _FAINT = "#2e8b57", "#c05a00", "#222", "#bbb"


Curve = Sequence[tuple[float, float]]


def ratios_picture(ratios: Sequence[Ratio]) -> str:
    """A bar each with its spread, green where it meets its mark, which is dashed."""
    most = 1.1 * max([1.0, *(max(ratio.high, ratio.bar) for ratio in ratios)])
    height = _TOP + _ROW * len(ratios) + 24
    parts = [part for n, ratio in enumerate(ratios) for part in _bar(ratio, _TOP + n * _ROW, most)]
    return _svg("Ours to MediaPipe's, in one run", height, [*_axis(most, height), *parts])


def curves_picture(curves: Mapping[str, Curve], each: float) -> str:
    """Frames answered a second over sessions, doubling to the right; dashed what is offered, `each`
    frames a second a session."""
    most = 1.25 * max(y for curve in curves.values() for _, y in curve)
    least_x = min(x for curve in curves.values() for x, _ in curve)
    scale = _Scale(max(x for curve in curves.values() for x, _ in curve), most)
    parts = [*_grid(scale)]
    offered = [(x, each * x) for x in np.geomspace(least_x, most / each, 20)]
    parts.append(_line(offered, scale, _FAINT, ' stroke-dasharray="4 3"'))
    for (name, curve), colour in zip(curves.items(), _COLOURS, strict=False):
        parts.append(_line(curve, scale, colour, ""))
        x, y = curve[-1]
        parts.append(
            f'<text x="{scale.x(x) + 8:.0f}" y="{scale.y(y) + 4:.0f}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return _svg("Frames answered a second on one core, over live sessions", _HEIGHT, parts)


def _svg(title: str, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}">\n'
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#fff" stroke="{_FAINT}"/>\n'
        f'<text x="10" y="19" font-weight="bold">{escape(title)}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Scale:
    """Sessions and frames to pixels."""

    def __init__(self, most_x: float, most_y: float) -> None:
        self.most_x, self.most_y = most_x, most_y

    def x(self, sessions: float) -> float:
        share = math.log2(sessions) / max(math.log2(self.most_x), 1)
        return _MARGIN + share * (_WIDTH - 3 * _MARGIN)

    def y(self, frames: float) -> float:
        return _HEIGHT - _MARGIN - frames / self.most_y * (_HEIGHT - _MARGIN - _TOP)


def _grid(scale: _Scale) -> Iterator[str]:
    for power in range(int(math.log2(scale.most_x)) + 1):
        x = scale.x(2**power)
        yield f'<path d="M{x:.0f} {_TOP}V{_HEIGHT - _MARGIN}" stroke="{_FAINT}" opacity=".4"/>'
        yield f'<text x="{x:.0f}" y="{_HEIGHT - 22}" text-anchor="middle">{2**power}</text>'
    step = next(step for step in (10, 20, 50, 100, 200, 500, 1e9) if scale.most_y / step <= 7)
    for n in range(int(scale.most_y / step) + 1):
        y = scale.y(n * step)
        yield f'<path d="M{_MARGIN} {y:.0f}H{_WIDTH - 2 * _MARGIN}" stroke="{_FAINT}"/>'
        yield f'<text x="{_MARGIN - 6}" y="{y + 4:.0f}" text-anchor="end">{n * step}</text>'


def _line(curve: Curve, scale: _Scale, colour: str, dashes: str) -> str:
    path = "L".join(f"{scale.x(x):.1f} {scale.y(y):.1f}" for x, y in curve)
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _x(value: float, most: float) -> float:
    return _LEFT + value / most * (_WIDTH - _LEFT - _RIGHT)


def _bar(ratio: Ratio, top: float, most: float) -> Iterator[str]:
    colour = _GREEN if ratio.holds else _ORANGE
    end, middle = _x(ratio.value, most), top + _ROW / 2
    low, high, mark = (_x(value, most) for value in (ratio.low, ratio.high, ratio.bar))
    yield f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(ratio.name)}</text>'
    yield (
        f'<rect x="{_LEFT}" y="{top + 6}" width="{end - _LEFT:.1f}" height="{_ROW - 12}" '
        f'fill="{colour}"/>'
    )
    yield f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{_INK}" stroke-width="1.5"/>'
    yield f'<path d="M{mark:.1f} {top + 2}v{_ROW - 4}" stroke="{_INK}" stroke-dasharray="3 2"/>'
    sign = "≤" if ratio.at_most else "≥"
    yield (
        f'<text x="{max(high, mark) + 6:.1f}" y="{middle + 4}" {_HALO}>{ratio.value:.2f} '
        f"({sign} {ratio.bar:.2f})</text>"
    )


def _axis(most: float, height: float) -> Iterator[str]:
    yield f'<path d="M{_x(1, most):.1f} {_TOP}V{height - 22}" stroke="{_FAINT}"/>'
    yield f'<text x="{_x(1, most):.1f}" y="{height - 9}" text-anchor="middle">as much</text>'
