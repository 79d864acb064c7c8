"""The list of misses, its causes and its pictures."""

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.labels import Label, Score
from benchmarks.misses import UNKNOWN, draw, read_causes, report, stale
from classifiers.embedding import angle_degrees
from pose_engine.landmarks import FloatArray
from tests.benchmarks.clips import counted, refused, rep


class ByKnee:
    """Squats, by the angle of the knee alone."""

    name = "squat"

    def depth(self, vector: FloatArray, _away: float) -> float:
        return (180 - angle_degrees(vector, "knee")) / 90


SVG = "{http://www.w3.org/2000/svg}"
EXERCISES = (ByKnee(),)
RIGHT = counted(Label("squat__a__right.mp4", "squat", (1,)), rep(1, 2, 3))
LOST = counted(Label("squat__a__lost<&>.mp4", "squat", (1,), (2.0,)), rejected=[refused(1, 3)])
INVENTED = counted(Label("lunge__a__more.mp4", "other:lunge", (0,)), rep(1, 2, 3))
BURPEE = counted(Label("burpee__a__apart.mp4", "other:burpee", (0,)), rep(1, 2, 3))
EVERY = [RIGHT, LOST, INVENTED, BURPEE]
REFERENCE = {c.label.file: Score(c.label, {"push_up": 7}) for c in EVERY}


def test_a_miss_has_its_cause_or_was_not_looked_into() -> None:
    text = report(EVERY, REFERENCE, {LOST.label.file: "Because."})
    lost, more = text.split("**`")[1:]
    assert lost.startswith(LOST.label.file)
    assert "right 1, blazereps 0, reference push_up 7.\nBecause." in lost
    assert f"right 0, blazereps squat 1, reference push_up 7.\n{UNKNOWN}" in more


def test_a_cause_of_what_is_right_by_now_is_stale() -> None:
    causes = {c.label.file: "Because." for c in EVERY[:3]} | {"elsewhere.mp4": "Not counted here."}
    assert stale(causes, EVERY) == [RIGHT.label.file]


def test_causes_can_be_read() -> None:
    assert all(cause and clip.count("__") == 2 for clip, cause in read_causes().items())


def test_pictures_of_misses_replace_older_ones(tmp_path: Path) -> None:
    (tmp_path / "older.svg").write_text("<svg/>")
    draw(EVERY, EXERCISES, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "squat__a__lost<&>.svg", "lunge__a__more.svg",
    }  # fmt: skip


def drawn(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def test_a_picture_is_well_formed_small_and_inside_its_frame(tmp_path: Path) -> None:
    draw([LOST, INVENTED], EXERCISES, tmp_path)
    for path in tmp_path.iterdir():
        root = drawn(path)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        circles = [c.attrib for c in root.iter(f"{SVG}circle")]
        assert circles
        assert all(0 < float(c["cx"]) < width and 0 < float(c["cy"]) < height for c in circles)
        assert "nan" not in path.read_text(encoding="utf-8")
        assert path.stat().st_size < 10_000


def test_a_picture_tells_what_was_made_of_the_clip(tmp_path: Path) -> None:
    draw([LOST, INVENTED], EXERCISES, tmp_path)
    lost, more = (
        {"".join(text.itertext()) for text in drawn(tmp_path / name).iter(f"{SVG}text")}
        for name in ("squat__a__lost<&>.svg", "lunge__a__more.svg")
    )
    assert {"too_shallow", "2.0 s labelled", "2.0 s refused", "squat depth"} <= lost
    assert {"1.0 s start", "2.0 s bottom", "squat depth"} <= more
