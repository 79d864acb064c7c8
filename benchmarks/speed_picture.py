"""Measured ratios as an SVG: a bar each with its spread, and the mark that it is to reach."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from benchmarks.section import Ratio

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 300, 60, 34, 34
_GREEN, _ORANGE, _INK, _FAINT = "#2e8b57", "#c05a00", "#222", "#bbb"


def ratios_picture(ratios: Sequence[Ratio]) -> str:
    """The whole picture; green bars meet their mark, orange ones do not."""
    most = 1.1 * max([1.0, *(max(ratio.high, ratio.bar) for ratio in ratios)])
    height = _TOP + _ROW * len(ratios) + 24
    parts = [part for n, ratio in enumerate(ratios) for part in _bar(ratio, _TOP + n * _ROW, most)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}">\n'
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#fff" stroke="{_FAINT}"/>\n'
        f'<text x="10" y="19" font-weight="bold">Ours to MediaPipe\'s, in one run</text>\n'
        + "\n".join([*parts, *_axis(most, height)])
        + "\n</svg>\n"
    )


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
        f'<text x="{max(high, mark) + 6:.1f}" y="{middle + 4}">{ratio.value:.2f} '
        f"({sign} {ratio.bar:.2f})</text>"
    )


def _axis(most: float, height: float) -> Iterator[str]:
    yield f'<path d="M{_x(1, most):.1f} {_TOP}V{height - 22}" stroke="{_FAINT}"/>'
    yield f'<text x="{_x(1, most):.1f}" y="{height - 9}" text-anchor="middle">as much</text>'
