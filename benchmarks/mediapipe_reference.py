"""MediaPipe Pose as a filter, run by the Python that has it: raw frames in, landmarks out.

Standard input: for each frame width and height as two little-endian uint32, then its RGB bytes;
0 and 0 before a frame that begins another stream.
Standard output: for each frame 33 x 8 float32: image x, y, z in pixels, world x, y, z in metres,
visibility, presence; all NaN when nobody is found. `reference.py` starts it; it imports nothing of
this project.
"""

import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from mediapipe.python.solutions.pose import Pose
from numpy.typing import NDArray


def main(complexity: int, smoothing: bool) -> None:
    """Answers frame by frame until its input ends."""
    with Pose(model_complexity=complexity, smooth_landmarks=smoothing) as pose:
        for image in _frames(sys.stdin.buffer):
            if not image.size:
                pose.reset()
                continue
            answer = _landmarks(pose.process(image), image.shape[1], image.shape[0])
            sys.stdout.buffer.write(answer.tobytes())
            sys.stdout.buffer.flush()


def _frames(stream: BinaryIO) -> Iterator[NDArray[np.uint8]]:
    while header := stream.read(8):
        width, height = struct.unpack("<II", header)
        yield np.frombuffer(stream.read(width * height * 3), np.uint8).reshape(height, width, 3)


def _landmarks(result: Any, width: int, height: int) -> NDArray[np.float32]:
    if result.pose_landmarks is None:
        return np.full((33, 8), np.nan, np.float32)
    pairs = zip(result.pose_landmarks.landmark, result.pose_world_landmarks.landmark, strict=True)
    rows = [
        (p.x * width, p.y * height, p.z * width, w.x, w.y, w.z, p.visibility, p.presence)
        for p, w in pairs
    ]
    return np.array(rows, np.float32)


if __name__ == "__main__":
    main(complexity=int(sys.argv[1]), smoothing=sys.argv[2] == "smoothing")
