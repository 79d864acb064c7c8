"""Rendering: a person where the truth says, the same again, and a clear error without EGL."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from people.assets import Assets
from people.body import Body
from people.bundled import CLIPS
from people.clips import Clip, random_clip, random_crossing
from people.film import film, frame_people
from people.mesh import dress
from people.motions import EXERCISES, MOTIONS
from people.render import Renderer, RendererMissing
from people.script import Script
from people.sheet import draw_sheet
from people.skeleton import Skeleton
from people.truth import Truth

TINY = (96, 64)


@pytest.fixture(scope="module")
def tiny(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A few frames of a clip, rendered small."""
    folder = tmp_path_factory.mktemp("clips")
    clip = _short(CLIPS["squat_front"])
    try:
        return folder / f"{clip.name}.mp4", film(clip, folder, assets)
    except RendererMissing as error:
        pytest.skip(str(error))


def _short(clip: Clip) -> Clip:
    part = replace(clip.parts[0], strokes=clip.parts[0].strokes[:1], rest_s=0.1)
    return replace(clip, parts=[part], size=TINY, fps=2)


def test_the_video_has_the_truth_s_frames(tiny: tuple[Path, Truth]) -> None:
    path, truth = tiny
    frames = _frames(path)
    assert frames.shape == (len(truth.depth), TINY[1], TINY[0], 3)
    assert truth.counts == {"squat": 1}


def test_the_truth_comes_back_from_its_files(tiny: tuple[Path, Truth]) -> None:
    path, truth = tiny
    back = Truth.load(path.with_suffix(".json"))
    assert back.phases == truth.phases
    assert back.counts == truth.counts
    np.testing.assert_allclose(back.image, truth.image, atol=0.051)
    np.testing.assert_allclose(back.world, truth.world, atol=0.00051)
    np.testing.assert_array_equal(back.visible, truth.visible)
    np.testing.assert_allclose(back.camera.project(back.world), back.image, atol=0.3)


def test_the_same_clip_gives_the_same_frames_and_truth(
    tiny: tuple[Path, Truth], assets: Assets, tmp_path: Path
) -> None:
    film(_short(CLIPS["squat_front"]), tmp_path, assets)
    again = tmp_path / tiny[0].name
    for suffix in (".json", ".npz"):
        assert again.with_suffix(suffix).read_bytes() == tiny[0].with_suffix(suffix).read_bytes()
    difference = np.abs(_frames(again).astype(int) - _frames(tiny[0]))
    assert difference.mean() < 1  # of 255: the encoder is not deterministic


def test_the_person_is_drawn_where_the_landmarks_are(
    tiny: tuple[Path, Truth], assets: Assets
) -> None:
    clip = _short(CLIPS["squat_front"])
    body, script = Body(assets, clip.shape), Script(clip.parts)
    camera = frame_people(clip, [body.skeleton])
    with Renderer(
        assets,
        camera=camera,
        people=[(dress(body, clip.outfit), clip.outfit)],
        room=clip.room,
        light=clip.light,
    ) as renderer:
        posture = script.posture(body.skeleton, script.reps[0].bottom_s)
        image, distance = renderer.frame([posture.matrices()], np.full((6, 4), 0.01))
    assert image.shape == (TINY[1], TINY[0], 3)
    points = posture.landmarks()[[0, 11, 12, 25, 26]]
    x, y = (camera.project(points) / 2).astype(int).T
    np.testing.assert_allclose(distance[y, x], camera.view(points)[:, 2], atol=0.2)
    assert distance[0, 0] > 30


def test_a_contact_sheet_shows_the_clip(tiny: tuple[Path, Truth]) -> None:
    sheet = draw_sheet(tiny[0])
    assert sheet.width == 1600
    assert np.asarray(sheet).std() > 10


@pytest.mark.parametrize("motion", MOTIONS)
def test_random_clips_differ_by_seed_and_count_only_exercises(motion: str) -> None:
    first, again, other = (random_clip(motion, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.parts != other.parts
    assert first.shape != other.shape
    assert bool(Script(first.parts).reps) == (motion in EXERCISES)


@pytest.mark.parametrize("seed", range(6))
def test_somebody_crosses_the_middle_of_the_picture(seed: int, skeleton: Skeleton) -> None:
    clip = random_crossing(seed)
    camera, script = frame_people(clip, [skeleton] * 2), Script(clip.others[0].parts)
    times = np.arange(0, script.duration_s, 0.1)
    across = camera.project(np.stack([_hips(script, skeleton, at) for at in times]))[:, 0]
    inside = (across > 0) & (across < camera.width)
    assert not inside[0]
    assert not inside[-1]
    middle_s = times[np.argmin(np.abs(across - camera.width / 2))]
    assert 1.5 < middle_s < 6.5


def _hips(script: Script, skeleton: Skeleton, at: float) -> NDArray[np.float64]:
    points: NDArray[np.float64] = script.posture(skeleton, at).landmarks()[[23, 24]].mean(0)
    return points


@pytest.mark.parametrize("name", CLIPS)
def test_named_clips_keep_everybody_in_view(name: str, skeleton: Skeleton) -> None:
    clip = CLIPS[name]
    script = Script(clip.parts)
    camera = frame_people(clip, [skeleton] * (1 + len(clip.others)))
    staying = [at for at in np.arange(0, script.duration_s, 0.9) if not script.travels(at)]
    points = np.stack([script.posture(skeleton, at).landmarks() for at in staying])
    assert camera.inside(points, 0.97).all()


def _frames(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as video:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])
