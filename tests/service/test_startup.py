"""What is loaded at the start."""

from pathlib import Path
from shutil import copytree

from threadpoolctl import threadpool_info, threadpool_limits

from service.fitting import EXERCISES
from service.settings import Settings
from service.startup import load_core, load_library
from tests.service.bundled import real_core


def test_what_is_served_counts_ones_own_exercises_too(tmp_path: Path) -> None:
    real_core()  # or there are no models
    copytree(EXERCISES / "squat", tmp_path / "squat")
    toml = tmp_path / "squat" / "exercise.toml"
    toml.write_text(toml.read_text().replace('title = "Squat"', 'title = "Mine"'))
    library = load_core(Settings(exercises=tmp_path)).library
    titles = {exercise.name: exercise.title for exercise in library.exercises}
    assert titles["squat"] == "Mine"
    assert titles.keys() == {exercise.name for exercise in load_library().exercises}


def test_blas_computes_in_the_thread_that_calls_it() -> None:
    threadpool_limits(2, user_api="blas")
    load_library()
    threads = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    assert threads
    assert set(threads) == {1}
