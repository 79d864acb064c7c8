"""A worker whose frames say for how many milliseconds of CPU they keep it busy."""

import time

from benchmarks.frame_blocks import Step, answer


def new_stream() -> Step:
    return lambda jpeg, _: busy(float(jpeg) / 1000)


def busy(seconds: float) -> None:
    until_s = time.process_time() + seconds
    while time.process_time() < until_s:
        pass


if __name__ == "__main__":
    answer(new_stream)
