"""Where things lie in a checkout."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
KEPT = CHECKOUT / ".benchmarks"
"""What is kept between runs."""
CLIPS = CHECKOUT / "tests" / "clips"
"""The bundled ones, of rendered people."""
CLIP, REPS = CLIPS / "squat_front.mp4", 5
"""One of them, of 13 seconds, and the squats in it."""
