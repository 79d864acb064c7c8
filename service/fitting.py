"""Fits the exercises in a process of its own: what scikit-learn takes goes with it, 90 MB.

Whoever begins it loads the rest meanwhile: hence the imports inside functions.
"""

import atexit
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
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


def collections_with(own: str | Path | None) -> tuple[Path, ...]:
    """Those, and then one's own if there is a folder of them."""
    return (EXERCISES, Path(own)) if own else (EXERCISES,)


_begun: dict[tuple[Path, ...], Popen[bytes]] = {}


def begin(*collections: Path) -> Popen[bytes]:
    """Begins ahead of the next `fitting` of these; without one it ends with this process."""
    child = _begun[collections] = _child(collections)
    atexit.register(child.kill)
    return child


@contextmanager
def fitting(*collections: Path) -> Iterator[Callable[[], "Library"]]:
    """Begins; what it yields waits for what `Library.load` gives or raises, to the bit."""
    with _begun.pop(collections, None) or _child(collections) as child:
        while _begun:  # of others than are asked for
            _begun.popitem()[1].kill()
        try:
            yield lambda: _made_by(child)
        finally:
            child.kill()


def _child(collections: Sequence[Path]) -> Popen[bytes]:
    command = [sys.executable, "-P", "-m", "service.fitting", *map(str, collections)]
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
        from classifiers.exercise_file import ExerciseError  # noqa: PLC0415
        from classifiers.library import Library  # noqa: PLC0415
        from classifiers.lifter import LifterError  # noqa: PLC0415
        from classifiers.samples import SamplesError  # noqa: PLC0415

        try:
            made: Library | ValueError = Library.load(*map(Path, sys.argv[1:]))
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
