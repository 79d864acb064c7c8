"""Rendered people as the pose engine sees them, beside what they truly do."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import people
from benchmarks import archive
from benchmarks.recordings import SETTINGS
from benchmarks.variants import ORIGINAL, Observation, Taken, take
from people.assets import Assets
from people.clips import Clip
from people.film import film
from people.truth import Truth
from service.core import Core

FPS, SIZE = 10, (480, 360)
_NOT_DRAWING = {"__main__.py", "bundled.py", "lifting.py", "samples.py", "sheet.py", "training.py"}
_SOURCES = [
    path
    for pattern in ("*.py", "shaders/*")
    for path in sorted(Path(people.__file__).parent.rglob(pattern))
    if path.name not in _NOT_DRAWING
]
"""What people are drawn by."""


def small(clip: Clip) -> Clip:
    """The clip with a fifth of the pixels to draw: fewer frames a second, each of them smaller."""
    wide = clip.size[0] > clip.size[1]
    return replace(clip, fps=FPS, size=SIZE if wide else SIZE[::-1])


def filmed(clip: Clip, assets: Assets, core: Core) -> tuple[Truth, Sequence[Observation]]:
    """The truth of a clip and what is tracked in it; it is drawn into a file that is thrown away.

    Raises RendererMissing without EGL.
    """
    truth, taken = _filmed(clip, assets, core)
    return truth, taken.observations[ORIGINAL]


def tracked(clip: Clip, assets: Assets, core: Core) -> Sequence[Observation]:
    """What is tracked in a clip, from the last run where neither it nor the drawing changed.

    Raises RendererMissing without EGL.
    """
    place = archive.place(clip.name, repr(clip).encode(), *(s.read_bytes() for s in _SOURCES))
    if place.exists():
        return archive.read(place).observations[ORIGINAL]
    return archive.written(place, _filmed(clip, assets, core)[1]).observations[ORIGINAL]


def _filmed(clip: Clip, assets: Assets, core: Core) -> tuple[Truth, Taken]:
    with tempfile.TemporaryDirectory() as folder:
        truth = film(clip, Path(folder), assets)
        path = Path(folder) / f"{clip.name}.mp4"
        return truth, take(path, core, (), limits=SETTINGS.clip_limits)
