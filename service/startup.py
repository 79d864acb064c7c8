"""Loads the real core: the built models and the exercises that come with blazereps."""

from pathlib import Path

from models import store
from service.core import Core, Library
from service.settings import Settings

EXERCISES = Path(store.__file__).with_name("exercises")

# scikit-learn and ONNX Runtime take a second to import, which commands that count nothing
# (--help, models, stream) need not wait for: hence the imports inside functions.


def load_core(settings: Settings, *, threads: int = 1) -> Core:
    """The core, each frame to be worked on by `threads`; raises `models.store.ModelsMissing`."""
    from pose_engine.engine import PoseEngine  # noqa: PLC0415

    files = store.ModelStore(settings.models).find(settings.variant)
    engine = PoseEngine.load(detector=files.detector, landmarker=files.landmarker, threads=threads)
    return Core(engine, load_library())


def load_library() -> Library:
    """The exercises that come with blazereps.

    From here on the process's BLAS computes in the thread that calls it.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    from classifiers.library import Library as ExerciseLibrary  # noqa: PLC0415

    # Its threads would wait for each other: on busy CPUs up to six times as long as one computes.
    threadpool_limits(1, user_api="blas")
    return ExerciseLibrary.load(EXERCISES)
