"""The engine: stills in every direction, and the real nets against MediaPipe's own figures."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from models.store import ModelFiles
from pose_engine.clips import Clip
from pose_engine.detector import Detector
from pose_engine.engine import PoseEngine, Variant
from pose_engine.frames import Frame
from pose_engine.landmarker import Landmarker
from pose_engine.landmarks import FloatArray, Landmark, Pose
from pose_engine.runtime import ModelError
from tests.pose_engine.fakes import (
    LANDMARK_OUTPUTS,
    Answer,
    FakeNet,
    blank,
    body,
    nobody,
    somebody,
    standing,
)

FOLDERS = (
    Path(__file__).parents[1] / "clips",
    Path(__file__).parents[2].parent / "shared" / "data" / "synthetic",
)
GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())


def golden_clip(name: str) -> Path:
    for folder in FOLDERS:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is in none of {', '.join(map(str, FOLDERS))}")


def bright_left() -> Frame:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :32] = 255
    return Frame(pixels)


def bright_on_top(image: FloatArray) -> bool:
    return bool(image[0, 10:100, 10:-10].min() > 0.9)


def test_a_still_is_looked_at_in_every_direction() -> None:
    def see(image: FloatArray) -> Answer:
        return somebody((3.0, standing())) if bright_on_top(image) else nobody()

    detector = FakeNet(see)
    landmarker = FakeNet(lambda image: body(), *LANDMARK_OUTPUTS)
    pose = PoseEngine(Detector(detector), Landmarker(landmarker)).find(bright_left())
    assert pose is not None
    assert pose.image[0, 0] < pose.image[32, 0] - 10  # the head is on the left
    assert len(detector.inputs) == 4


def test_the_most_prominent_that_somebody_is_in_wins() -> None:
    def see(image: FloatArray) -> Answer:
        upright = somebody((3.0, standing(0.3, reach=0.2)))
        return somebody((1.0, standing(0.5))) if bright_on_top(image) else upright

    flags = iter([0.1, 0.1, 0.9])
    landmarker = FakeNet(lambda image: body(flag=next(flags)), *LANDMARK_OUTPUTS)
    pose = PoseEngine(Detector(FakeNet(see)), Landmarker(landmarker)).find(bright_left())
    assert pose is not None
    assert pose.image[0, 0] == pytest.approx(0.3 * 64, abs=0.1)  # the upright one, a smaller one
    assert len(landmarker.inputs) == 3


def test_a_person_on_a_still_is_read_as_he_is_clearest() -> None:
    """The detector sees him upright whichever way the picture is turned."""
    landmarker = FakeNet(
        lambda image: body(heat=0.65 if bright_on_top(image) else 0.6), *LANDMARK_OUTPUTS
    )
    detector = FakeNet(lambda image: somebody((3.0, standing())))
    pose = PoseEngine(Detector(detector), Landmarker(landmarker)).find(bright_left())
    assert pose is not None
    assert pose.image[0, 0] < pose.image[32, 0] - 10
    assert len(landmarker.inputs) == 8


@pytest.mark.parametrize("feet_up", [False, True])
def test_who_is_clear_is_looked_at_no_more(feet_up: bool) -> None:
    def read(image: FloatArray) -> Answer:
        return body(heat=0.5 if bright_on_top(image) is feet_up else 0.9)

    landmarker = FakeNet(read, *LANDMARK_OUTPUTS)
    detector = FakeNet(
        lambda image: somebody((3.0, standing())) if bright_on_top(image) else nobody()
    )
    pose = PoseEngine(Detector(detector), Landmarker(landmarker)).find(bright_left())
    assert pose is not None
    assert bool(pose.image[0, 0] > pose.image[32, 0]) is feet_up
    assert len(landmarker.inputs) == 1 + feet_up


@pytest.mark.parametrize(("heat", "there"), [(0.46, True), (0.44, False)])
def test_who_is_hardly_found_on_a_still_is_there_if_he_is_hot(heat: float, there: bool) -> None:
    detector = FakeNet(lambda image: somebody((-1.38, standing())))
    landmarker = FakeNet(lambda image: body(heat=heat), *LANDMARK_OUTPUTS)
    found = PoseEngine(Detector(detector), Landmarker(landmarker)).find(blank())
    assert (found is not None) is there


@pytest.mark.parametrize(("logit", "there"), [(0.01, True), (-0.01, False)])
def test_without_heatmaps_the_detector_has_to_be_surer(logit: float, there: bool) -> None:
    detector = Detector(FakeNet(lambda image: somebody((logit, standing()))))
    landmarker = Landmarker(FakeNet(lambda image: body(), *LANDMARK_OUTPUTS), refine=False)
    assert (PoseEngine(detector, landmarker).find(blank()) is not None) is there


def test_of_a_crowd_on_a_still_so_many_are_looked_at() -> None:
    crowd = [
        (3.0, standing(0.05 + 0.09 * x, 0.3 + 0.4 * y, 0.1)) for x in range(11) for y in (0, 1)
    ]
    landmarker = FakeNet(lambda image: body(flag=0.1), *LANDMARK_OUTPUTS)
    engine = PoseEngine(Detector(FakeNet(lambda image: somebody(*crowd))), Landmarker(landmarker))
    assert engine.find(blank(64, 64)) is None
    assert len(landmarker.inputs) <= 8 * 8 * 2


def test_nobody_on_a_still_is_none() -> None:
    landmarker = FakeNet(lambda image: body(), *LANDMARK_OUTPUTS)
    engine = PoseEngine(Detector(FakeNet(lambda image: nobody())), Landmarker(landmarker))
    assert engine.find(blank()) is None


def test_variants_are_named_as_the_models_are() -> None:
    assert [str(variant) for variant in Variant] == ["lite", "full", "heavy"]


def test_files_that_are_no_models_are_refused(model_files: ModelFiles, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(model_files.landmarker.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        PoseEngine.load(detector=model_files.detector, landmarker=broken)
    with pytest.raises(ModelError, match=r"heatmap"):
        PoseEngine.load(detector=model_files.detector, landmarker=model_files.detector)


def test_nobody_is_seen_on_an_empty_picture(engine: PoseEngine) -> None:
    assert engine.find(blank(320, 240)) is None
    assert engine.tracker().track(blank(320, 240), 0.0) is None


def tracked(engine: PoseEngine, clip: Path, count: int) -> list[Pose | None]:
    tracker = engine.tracker(smoothing=False)
    with Clip.open(clip) as opened:
        frames = islice(opened.frames(), count)
        return [tracker.track(frame, index / 30) for index, (_, frame) in enumerate(frames)]


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_landmarks_are_mediapipes(engine: PoseEngine, name: str) -> None:
    """MediaPipe 0.10.21, full, smoothing off: `python -m benchmarks.parity --golden`."""
    clip, figures = golden_clip(name), GOLDEN[name]
    poses = tracked(engine, clip, max(map(int, figures)) + 1)
    for index, expected in figures.items():
        pose = poses[int(index)]
        assert pose is not None
        assert pose.world is not None
        for array in (pose.image, pose.world, pose.visibility, pose.presence):
            assert array.dtype == np.float32
        theirs = np.array(expected["image_px"])
        torso = np.linalg.norm(theirs[Landmark.LEFT_SHOULDER] - theirs[Landmark.LEFT_HIP])
        distance = np.linalg.norm((pose.image - theirs)[:, :2], axis=1) / torso
        assert np.median(distance) < 0.01
        assert np.percentile(distance, 95) < 0.05
        world = np.linalg.norm(pose.world - np.array(expected["world_m"]), axis=1)
        assert np.median(world) < 0.01
        seen = np.abs(pose.visibility - np.array(expected["visibility"]))
        assert np.median(seen) < 0.01


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_has_the_same_person_turned(engine: PoseEngine, turns: int) -> None:
    with Clip.open(golden_clip("squat_front.mp4")) as clip:
        frame = next(clip.frames())[1]
    upright = engine.find(frame)
    turned = engine.find(Frame(np.ascontiguousarray(np.rot90(frame.pixels, turns))))
    assert upright is not None
    assert turned is not None
    middle = np.array([frame.width, frame.height]) / 2
    turned_middle = middle[::-1] if turns % 2 else middle
    back = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), turns)
    points = (turned.image[:, :2] - turned_middle) @ back.T + middle
    height = np.ptp(upright.image[:, 1])
    assert np.median(np.linalg.norm(points - upright.image[:, :2], axis=1)) < 0.03 * height


def test_without_its_legs_the_upper_body_is_still_given(engine: PoseEngine) -> None:
    with Clip.open(golden_clip("squat_front.mp4")) as clip:
        frame = next(clip.frames())[1]
    whole = engine.find(frame)
    assert whole is not None
    cut = int(whole.image[[Landmark.LEFT_HIP, Landmark.LEFT_KNEE], 1].mean())
    half = engine.find(Frame(np.ascontiguousarray(frame.pixels[:cut])))
    assert half is not None
    upper = slice(Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP)
    height = np.ptp(whole.image[:, 1])
    moved = np.linalg.norm((half.image - whole.image)[upper, :2], axis=1)
    assert np.median(moved) < 0.03 * height
    assert half.visibility[Landmark.LEFT_SHOULDER] > 0.9
    legs = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_FOOT_INDEX]
    assert half.visibility[legs].max() < 0.1


def test_streams_in_many_threads_do_not_mix(engine: PoseEngine) -> None:
    clips = [golden_clip(name) for name in sorted(GOLDEN)]
    alone = [tracked(engine, clip, 4) for clip in clips]
    with ThreadPoolExecutor(len(clips)) as pool:
        together = list(pool.map(lambda clip: tracked(engine, clip, 4), clips))
    for one, other in zip(alone, together, strict=True):
        for first, second in zip(one, other, strict=True):
            assert first is not None
            assert second is not None
            np.testing.assert_allclose(first.image, second.image, atol=1e-3)
