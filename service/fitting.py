"""Fits the exercises in a process of its own: what scikit-learn takes goes with it, 90 MB.

Whoever begins it loads the rest meanwhile: hence the imports inside functions.
"""

import atexit
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CalledProcessError, Popen
from typing import TYPE_CHECKING

from models import store
from service.heap import loading

if TYPE_CHECKING:
    from classifiers.library import Library

EXERCISES = Path(store.__file__).with_name("exercises")
"""Those that come with blazereps."""

_begun: dict[Path, Popen[bytes]] = {}


def begin(folder: Path = EXERCISES) -> Popen[bytes]:
    """Begins ahead of the next `fitting` of the folder; without one it ends with this process."""
    child = _begun[folder] = _child(folder)
    atexit.register(child.kill)
    return child


@contextmanager
def fitting(folder: Path = EXERCISES) -> Iterator[Callable[[], "Library"]]:
    """Begins; what it yields waits for what `Library.load` gives or raises, to the bit."""
    with _begun.pop(folder, None) or _child(folder) as child:
        try:
            yield lambda: _made_by(child)
        finally:
            child.kill()


def _child(folder: Path) -> Popen[bytes]:
    command = [sys.executable, "-P", "-m", "service.fitting", str(folder)]
    return Popen(command, stdout=PIPE, env=_environment())


def _made_by(child: Popen[bytes]) -> "Library":
    told, _ = child.communicate()
    if child.returncode:
        raise CalledProcessError(child.returncode, child.args)
    made: Library | ValueError = pickle.loads(told)
    if isinstance(made, ValueError):
        raise made
    return made


def main() -> None:
    """Tells the library, or what is wrong with it, on standard output."""
    with loading():
        from classifiers.exercise import ExerciseError  # noqa: PLC0415
        from classifiers.library import Library  # noqa: PLC0415
        from classifiers.lifter import LifterError  # noqa: PLC0415
        from classifiers.samples import SamplesError  # noqa: PLC0415

        try:
            made: Library | ValueError = Library.load(Path(sys.argv[1]))
        except (ExerciseError, LifterError, SamplesError) as error:
            made = error
    pickle.dump(made, sys.stdout.buffer)


def _environment() -> dict[str, str]:
    """Modules are found as here, and one thread computes."""
    here = str(Path(__file__).parents[1])
    path = os.pathsep.join([here, *filter(None, sys.path)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
