"""PCK@0.2 of our landmarks and of MediaPipe 0.10.21's, on the same rendered frames.

    python -m benchmarks.pck [--out docs/pose_accuracy.md]

Renders the clips of `benchmarks.factorial` once into .benchmarks/ (needs EGL, see docs/people.md),
runs lite, full and heavy of both over them, each smoothed as it is by default, and full without
smoothing. Prints the tables; with `--out` they go between the marks of that file, and a picture of
our worst frames beside it. What was tracked is kept until the clips or, for ours, the pose engine
or the nets change.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks import tracks
from benchmarks.command_line import OUT, command_line
from benchmarks.comparison import (
    NEAR,
    Clips,
    Compared,
    Score,
    below,
    breakdown,
    people_found,
    totals,
    verdict,
)
from benchmarks.factorial import FLOOR, Condition, Filmed, filmed
from benchmarks.keypoints import JOINTS, Array, errors, torso_lengths
from benchmarks.report import write_between_marks
from benchmarks.stick_figures import Figure, sheet
from benchmarks.tracks import RAW, RUNS, Tracks, say
from models.store import ModelStore
from people.assets import AssetsMissing
from people.render import RendererMissing
from pose_engine.clips import Clip

SMOOTHED = [run for run in RUNS if run != RAW]
_SHOWN, _MOST = "full", 6
_QUALITY = 82


def compare(clip: Filmed, ours: Mapping[str, Tracks], theirs: Mapping[str, Tracks]) -> Compared:
    """The scores of a clip; `ours` and `theirs`: what was tracked by run."""
    in_view = _in_view(clip)
    return Compared(
        condition=clip.condition,
        frames=len(in_view),
        joints=int(in_view.sum()),
        ours={run: Score.of(_errors(clip, found), in_view) for run, found in ours.items()},
        theirs={run: Score.of(_errors(clip, found), in_view) for run, found in theirs.items()},
    )


def _in_view(clip: Filmed) -> NDArray[np.bool_]:
    return clip.truth.visible[:, JOINTS]


def _errors(clip: Filmed, found: Tracks) -> Array:
    truth = clip.truth
    torso = torso_lengths(truth.world, truth.camera)
    return errors(found[clip.condition.name], truth.image, torso)


def report(clips: Clips) -> str:
    """The tables, as Markdown."""
    parts = [
        "## All clips", totals(clips, list(RUNS)),
        "## By exercise", breakdown(clips, SMOOTHED, "exercise", lambda c: c.exercise),
        "## By view", breakdown(clips, SMOOTHED, "view", _view),
        "## By body", breakdown(clips, SMOOTHED, "body", lambda c: c.body),
        "## By distance", breakdown(clips, SMOOTHED, "distance", lambda c: c.distance),
        "## By exercise and view", breakdown(clips, SMOOTHED, "exercise, view", _cell),
        "## Where ours is lower", verdict(clips, SMOOTHED, _cell), below(clips, SMOOTHED, _cell),
        "## People on the floor who are found", people_found(clips, SMOOTHED),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _view(condition: Condition) -> str:
    where = "on the floor" if condition.exercise in FLOOR else "standing"
    return f"{where}, {condition.view}"


def _cell(condition: Condition) -> str:
    return f"{condition.exercise}, {condition.view}"


def worst(clips: Sequence[Filmed], ours: Tracks, theirs: Tracks) -> Iterator[Figure]:
    """Of each exercise the clip in which we are farthest from the truth, the farthest first."""
    shown: set[str] = set()
    for clip in sorted(clips, key=lambda clip: _right(clip, ours).mean()):
        if clip.condition.exercise not in shown:
            shown.add(clip.condition.exercise)
            yield _figure(clip, ours, theirs)


def _right(clip: Filmed, found: Tracks) -> Array:
    """The share of joints in view that are near the truth, (frames,)."""
    in_view = _in_view(clip)
    right: Array = (in_view & (_errors(clip, found) < NEAR)).sum(1) / np.maximum(in_view.sum(1), 1)
    return right


def _figure(clip: Filmed, ours: Tracks, theirs: Tracks) -> Figure:
    """The worst frame of those in which we find somebody; the first where there is none."""
    name = clip.condition.name
    nobody = np.isnan(ours[name][:, 0, 0])
    frame = int(np.argmin(_right(clip, ours) + nobody))
    with Clip.open(clip.video) as opened:
        _, picture = next(islice(opened.frames(), frame, None))
    return Figure(
        about=clip.truth.about,
        pixels=picture.pixels,
        true=clip.truth.image[frame],
        ours=ours[name][frame],
        theirs=theirs[name][frame],
    )


def main() -> None:
    """Render, track and compare; print the tables or write the page."""
    arguments = command_line(__doc__, OUT).parse_args()
    try:
        clips = list(filmed(tracks.FOLDER, lambda n, of, name: say(f"{n} of {of}  {name}")))
    except (AssetsMissing, RendererMissing) as error:
        sys.exit(f"the clips cannot be rendered: {error}")
    store = ModelStore()
    ours = {run: tracks.ours(clips, run, store) for run in RUNS}
    theirs = {run: tracks.theirs(clips, run, store) for run in RUNS}
    text = report([compare(clip, ours, theirs) for clip in clips])
    print(text)
    if arguments.out:
        write_between_marks(arguments.out, text)
        picture = sheet(islice(worst(clips, ours[_SHOWN], theirs[_SHOWN]), _MOST))
        picture.save(arguments.out.with_suffix(".jpg"), quality=_QUALITY)


if __name__ == "__main__":
    main()
