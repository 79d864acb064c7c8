"""Fits the exercises in a process of its own: what scikit-learn takes goes with it, 90 MB."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

from classifiers.exercise import ExerciseError
from classifiers.library import Library
from classifiers.samples import SamplesError
from service.heap import loading


def fitted(folder: Path) -> Library:
    """What `Library.load` gives or raises, to the bit."""
    command = [sys.executable, "-P", "-m", "service.fitting", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=_environment(), check=True)
    made = pickle.loads(done.stdout)
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
