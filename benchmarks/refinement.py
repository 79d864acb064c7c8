"""What the heatmaps add to the landmarks, on rendered people with exact truth.

    python -m benchmarks.refinement [CLIP ...] [--fps 10]

The distance of the 17 COCO joints from the truth, in % of the torso's length in three dimensions
as the camera would show it face on: mean, median, and PCK@0.1 (the share under 10 %).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.checkout import CLIPS
from benchmarks.command_line import command_line
from benchmarks.keypoints import JOINTS, torso_lengths
from models.store import ModelStore
from people.truth import Truth
from pose_engine.clips import Clip
from pose_engine.engine import PoseEngine
from pose_engine.landmarks import FloatArray


def errors(engine: PoseEngine, path: Path, fps: float) -> Iterator[FloatArray]:
    """For each frame in which somebody is found, the 17 distances in torso lengths."""
    truth = Truth.load(path.with_suffix(".json"))
    torso = torso_lengths(truth.world, truth.camera)
    tracker = engine.tracker(smoothing=False)
    with Clip.open(path) as clip:
        for at, frame in clip.frames(fps):
            pose = tracker.track(frame, at)
            index = round(at * truth.fps)
            if pose is None or index >= len(truth.image):
                continue
            distance = np.linalg.norm(pose.image[:, :2] - truth.image[index], axis=1)
            yield distance[JOINTS] / torso[index]


def main() -> None:
    """Print a line with and a line without the heatmaps."""
    parser = command_line(__doc__)
    bundled = sorted(CLIPS.glob("*.mp4"))
    parser.add_argument("clips", type=Path, nargs="*", default=bundled, metavar="CLIP")
    parser.add_argument("--fps", type=float, default=10)
    arguments = parser.parse_args()
    files = ModelStore().find("full")
    print("heatmaps   frames   mean %   median %   PCK@0.1 %")
    for refine in (False, True):
        engine = PoseEngine.load(
            detector=files.detector, landmarker=files.landmarker, refine=refine
        )
        found = np.stack(
            [e for clip in arguments.clips for e in errors(engine, clip, arguments.fps)]
        )
        figures = (100 * found.mean(), 100 * np.median(found), 100 * (found < 0.1).mean())
        print(
            f"{'with' if refine else 'without':8}{len(found):9}"
            + "".join(f"{x:10.1f}" for x in figures)
        )


if __name__ == "__main__":
    main()
