"""What one core answers under 1 to 64 live sessions, 15 frames a second, and what that costs.

    python -m benchmarks.scaling [--data ../shared/data] [--seconds 10]

As `sessions` measures, and on beyond what the core holds: what is answered then, and what it costs
to take in the frames that give way to newer ones. MediaPipe's server is asked up to 16 sessions.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.hd_clips import hd_clips
from benchmarks.live_clients import Window
from benchmarks.live_trial import HEADER, THEIRS, Trial, contest
from benchmarks.section import Section, print_sections

SESSIONS = {
    "full": (1, 2, 4, 8, 16, 32, 64),
    THEIRS: (1, 2, 4, 8, 16),
}
_WARM_S, _SECONDS = 4.0, 10.0


def sections(data: Path, seconds: float = _SECONDS) -> Iterator[Section]:
    """A table of both servers."""
    clips = [clip.jpegs for clip in hd_clips(data)]
    window = Window(_WARM_S, seconds)
    trials: dict[str, list[Trial]] = {}
    for name, numbers in SESSIONS.items():
        with contest(name, clips) as running:
            trials[name] = [running.trial(sessions, window) for sessions in numbers]
    rows = [(name, *trial.row()) for name, tried in trials.items() for trial in tried]
    curves = {
        name: [(trial.sessions, trial.answered / trial.seconds) for trial in tried]
        for name, tried in trials.items()
    }
    notes = [_note(name, tried) for name, tried in trials.items()]
    kb = np.mean([len(jpeg) for clip in clips for jpeg in clip]) / 1000
    notes.append(f"A JPEG has {kb:.0f} kB on average.")
    yield Section("Scaling on one core", ("server", *HEADER), rows, " ".join(notes), curves=curves)


def _note(name: str, tried: Sequence[Trial]) -> str:
    answer_ms, dropped_ms = costs(tried)
    return (
        f"By least squares over its rows, an answer costs {name} {answer_ms:.1f} ms of CPU, and a "
        f"frame that gives way to a newer one {dropped_ms:.2f} ms."
    )


def costs(tried: Sequence[Trial]) -> tuple[float, float]:
    """Milliseconds of CPU that an answered and a dropped frame take, by least squares."""
    frames = np.array([(trial.answered, trial.due - trial.answered) for trial in tried])
    used_ms = np.array([1000 * trial.server_s for trial in tried])
    answered_ms, dropped_ms = np.linalg.lstsq(frames, used_ms, rcond=None)[0]
    return float(answered_ms), float(dropped_ms)


def main() -> None:
    """Measure, and print the tables."""
    print_sections(__doc__, sections, seconds=_SECONDS)


if __name__ == "__main__":
    main()
