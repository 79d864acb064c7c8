"""Fits the exercises in a process of its own: what scikit-learn takes goes with it, 90 MB."""

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CalledProcessError, Popen

from classifiers.exercise import ExerciseError
from classifiers.library import Library
from classifiers.samples import SamplesError
from service.heap import loading


@contextmanager
def fitting(folder: Path) -> Iterator[Callable[[], Library]]:
    """Begins; what it yields waits for what `Library.load` gives or raises, to the bit."""
    command = [sys.executable, "-P", "-m", "service.fitting", str(folder)]
    with Popen(command, stdout=PIPE, env=_environment()) as child:
        try:
            yield lambda: _made_by(child)
        finally:
            child.kill()


def _made_by(child: Popen[bytes]) -> Library:
    told, _ = child.communicate()
    if child.returncode:
        raise CalledProcessError(child.returncode, child.args)
    made = pickle.loads(told)
    if isinstance(made, Library):
        return made
    raise made


def main() -> None:
    """Tells the library, or what is wrong with it, on standard output."""
    try:
        with loading():
            made: Library | ValueError = Library.load(Path(sys.argv[1]))
    except (ExerciseError, SamplesError) as error:
        made = error
    pickle.dump(made, sys.stdout.buffer)


def _environment() -> dict[str, str]:
    """Modules are found as here, and one thread computes."""
    here = str(Path(__file__).parents[1])
    path = os.pathsep.join([here, *filter(None, sys.path)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
