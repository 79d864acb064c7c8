"""Microseconds a frame that measuring a live session costs: metrics alone, and with spans.

    python -m benchmarks.telemetry [--frames 20000]

What a frame's turn calls, without the work in between: its wait, four stages, its outcome and the
sending of one answer.
"""

import time
from time import perf_counter

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import NoOpTracerProvider

from benchmarks.command_line import command_line
from blazereps_client.messages import Flow
from service.metrics import Metrics
from service.spans import spans_by
from service.telemetry import NoSpans, Spans, Telemetry

WAYS = {
    "metrics alone": NoSpans,
    "spans, no SDK": spans_by(NoOpTracerProvider()),
    "spans, none sampled": spans_by(TracerProvider(ALWAYS_OFF, shutdown_on_exit=False)),
    "spans, all sampled": spans_by(TracerProvider(ALWAYS_ON, shutdown_on_exit=False)),
}


def turn(telemetry: Telemetry, seq: int, flow: Flow) -> None:
    """All that is measured of one frame."""
    with telemetry.observation(seq, time.monotonic()):
        for stage in ("decode", "track", "count", "keep"):
            with telemetry.stage(stage):
                pass
        telemetry.metrics.happened(())
        telemetry.metrics.flowed("frames", flow, Flow(processed=flow.processed + 1))
    with telemetry.sending():
        pass


def microseconds(spans: Spans, frames: int) -> float:
    """The mean over the best of five rounds."""
    telemetry, flow = Telemetry(Metrics(), spans), Flow()
    rounds = []
    with telemetry.session("a", "frames"):
        for _ in range(5):
            began_s = perf_counter()
            for seq in range(frames // 5):
                turn(telemetry, seq, flow)
            rounds.append(perf_counter() - began_s)
    return min(rounds) / (frames // 5) * 1e6


def main() -> None:
    """Prints the table."""
    parser = command_line(__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    frames: int = parser.parse_args().frames
    for name, new_spans in WAYS.items():
        print(f"{name:22}{microseconds(new_spans(), frames):8.1f} µs a frame")


if __name__ == "__main__":
    main()
