"""MediaPipe Pose on JPEGs, run by the Python that has it; see `frame_blocks`.

As its own examples call it: full model, smoothed landmarks, a picture that it need not copy. It
counts nothing, and simplejpeg decodes faster than OpenCV and Pillow do.
"""

import simplejpeg
from mediapipe.python.solutions.pose import Pose

from benchmarks.frame_blocks import Step, answer


def new_stream() -> Step:
    """A graph of its own, as each person needs."""
    pose = Pose(model_complexity=1)

    def step(jpeg: bytes, _at_s: float) -> object:
        pixels = simplejpeg.decode_jpeg(jpeg, colorspace="RGB")
        pixels.flags.writeable = False
        return pose.process(pixels)

    return step


if __name__ == "__main__":
    answer(new_stream)
