"""What the tracker saw of clips, kept between runs: counting again then takes seconds.

    python -m benchmarks.recordings [--data ../shared/data] [--part 1/2]

Tracking 65 clips in every variant takes an hour of one core; nothing of it changes while only the
classifiers do. A recording is made anew when the pose engine, the variants or the clip change.
"""

import argparse
from pathlib import Path

from benchmarks import archive
from benchmarks.real_data import needed
from benchmarks.variants import LANDMARKS, Taken, names, take
from pose_engine.footage import ClipLimits
from service.core import Core
from service.settings import Settings
from service.startup import load_core

SETTINGS = Settings(models=None)


def recorded(clip: Path, core: Core, *, limits: ClipLimits, alone: bool = False) -> Taken:
    """A clip, tracked as it is and in every variant, from the last run where nothing changed.

    `alone`: as it is will do. Raises ClipError.
    """
    content = clip.read_bytes()
    places = [archive.place(clip.stem, content)]
    if alone:
        places.append(archive.place(f"{clip.stem}-alone", content))
    for place in places:
        if place.exists():
            return archive.read(place)
    wanted = () if alone else set(names()) - {LANDMARKS}
    return archive.written(places[-1], take(clip, core, wanted, limits=limits))


def main() -> None:
    """Record every clip that is not recorded yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", default="1/1", help="which share of the clips, such as 2/2")
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    clips = sorted(needed(arguments.data / "clips").iterdir())[part - 1 :: parts]
    core = load_core(SETTINGS)
    for clip in clips:
        print(clip.name, flush=True)
        recorded(clip, core, limits=SETTINGS.clip_limits)


if __name__ == "__main__":
    main()
