"""What is tracked is kept, and comes back as it was."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import archive
from benchmarks.guesses import guessed_of
from benchmarks.rendered_people import scene
from benchmarks.variants import LANDMARKS, ORIGINAL, Observation, Taken
from tests.people.bones import default_skeleton


def test_what_was_tracked_comes_back_as_it_was(tmp_path: Path) -> None:
    seen = [*guessed_of(scene("squat", 2), default_skeleton())][:20]
    observations: dict[str, Sequence[Observation]] = {
        ORIGINAL: seen,
        "mirrored": [*seen[:5], (9.0, None)],
    }
    back = archive.written(tmp_path / "new" / "clip.npz", Taken(observations, 7.5))
    assert back.lap_s == 7.5
    assert set(back.observations) == {ORIGINAL, "mirrored", LANDMARKS}
    for name, wanted in observations.items():
        assert [at for at, _ in back.observations[name]] == [at for at, _ in wanted]
        for (_, found), (_, pose) in zip(back.observations[name], wanted, strict=True):
            assert (found is None) == (pose is None)
            if found is not None and pose is not None and pose.world is not None:
                assert found.world is not None
                np.testing.assert_array_equal(found.image, pose.image.astype(np.float32))
                np.testing.assert_array_equal(found.world, pose.world.astype(np.float32))
                assert found.subject == pose.subject


def test_other_content_is_kept_elsewhere() -> None:
    assert archive.place("clip", b"one") == archive.place("clip", b"one")
    assert archive.place("clip", b"one") != archive.place("clip", b"two")
    assert archive.place("clip", b"one").name.startswith("clip-")
