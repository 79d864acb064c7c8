"""What is right for a clip."""

from pathlib import Path

import pytest

from benchmarks.labels import Label, Score, read_labels

QUARTER = Label("squat__somebody__quarter.mp4", "squat", (4, 0))
LUNGE = Label("lunge__somebody__lunges.mp4", "other:lunge", (0,))


@pytest.mark.parametrize(
    ("label", "counts", "error", "share"),
    [
        (QUARTER, {"squat": 4}, 0, 0),
        (QUARTER, {}, 0, 0),
        (QUARTER, {"squat": 3}, 1, 1 / 4),
        (QUARTER, {"squat": 4, "push_up": 2}, 2, 2 / 4),
        (LUNGE, {}, 0, 0),
        (LUNGE, {"squat": 3}, 3, 3),
    ],
)
def test_the_error(label: Label, counts: dict[str, int], error: int, share: float) -> None:
    score = Score(label, counts)
    assert (score.error, score.share) == (error, share)
    assert (score.exact, score.near) == (error == 0, error <= 1)


def test_twice_allows_what_is_cut_at_the_join() -> None:
    whole = Label("squat__a__b.mp4", "squat", (3,), (2.0, 4.0, 6.0))
    assert set(whole.twice(whole.slack(8.0)).counts) == {6}
    assert set(whole.twice(whole.slack(6.5)).counts) == {5, 6, 7}


def test_labels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "file,exercise,reps,also_right,bottoms_s,view,width,height,duration_s\n"
        "squat__somebody__one.mp4,squat,2,1;3,0.5;2.25,side,720,1280,4.5\n",
        encoding="utf-8",
    )
    bottoms_s = (0.5, 2.25)
    label = Label("squat__somebody__one.mp4", "squat", (2, 1, 3), bottoms_s, "side", 720, 4.5)
    assert read_labels(path) == [label]
    assert label.source == "somebody"
