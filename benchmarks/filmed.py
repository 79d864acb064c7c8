"""Rendered people as the pose engine sees them, beside what they truly do."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.variants import ORIGINAL, Observation, take
from people.assets import Assets
from people.clips import Clip
from people.film import film
from people.truth import Truth
from service.core import Core
from service.settings import Settings

SETTINGS = Settings(models=None)
FPS, SIZE = 10, (480, 360)


def small(clip: Clip) -> Clip:
    """The clip with a fifth of the pixels to draw: fewer frames a second, each of them smaller."""
    wide = clip.size[0] > clip.size[1]
    return replace(clip, fps=FPS, size=SIZE if wide else SIZE[::-1])


def filmed(clip: Clip, assets: Assets, core: Core) -> tuple[Truth, Sequence[Observation]]:
    """The truth of a clip and what is tracked in it; it is drawn into a file that is thrown away.

    Raises RendererMissing without EGL.
    """
    with tempfile.TemporaryDirectory() as folder:
        truth = film(clip, Path(folder), assets)
        path = Path(folder) / f"{clip.name}.mp4"
        return truth, take(path, core, (), limits=SETTINGS.clip_limits).observations[ORIGINAL]
