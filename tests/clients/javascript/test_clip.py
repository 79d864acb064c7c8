"""A bundled clip, counted by the real core through the JavaScript client as through Python's."""

import json
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blazereps_client import ImageAt
from blazereps_client.messages import Outputs, SessionStart
from blazereps_client.sync import stream
from pose_engine.clips import Clip
from service.app import create_app
from service.core import Core
from service.server import serving
from service.settings import Settings
from tests.clients.javascript.browser import Page
from tests.clients.javascript.node import NEEDED, count
from tests.clients.javascript.steps import LOSSLESS
from tests.service.bundled import CLIPS, real_core

pytestmark = NEEDED
FPS = 10


@pytest.fixture(scope="module")
def core() -> Core:
    return real_core()


@pytest.fixture(scope="module")
def images() -> list[ImageAt]:
    """The clip's JPEGs."""
    with Clip.open(CLIPS / "squat_front.mp4") as clip:
        return [ImageAt(at_s, jpeg(frame.pixels)) for at_s, frame in clip.frames(FPS)]


def jpeg(pixels: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def serving_core(core: Core, data: Path, *origins: str) -> AbstractContextManager[str]:
    settings = Settings(port=0, data=data, drain_s=0, allowed_origins=frozenset(origins))
    return serving(create_app(settings, core.engine, core.library), settings)


@pytest.fixture(scope="module")
def expected(
    core: Core, images: list[ImageAt], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The summary that Python's client gets."""
    start = SessionStart(pacing="lossless", outputs=Outputs(state_hz=0))
    with serving_core(core, tmp_path_factory.mktemp("kept")) as address:
        *_, summary = stream(f"ws://{address}/v1/live", images, start)
    truth = json.loads((CLIPS / "squat_front.json").read_text(encoding="utf-8"))
    told = timeless(summary.model_dump(mode="json"))
    assert told["counts"] == truth["counts"]
    return told


def timeless(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if name != "queue_ms"}


def steps(images: list[ImageAt], folder: Path, seen_as: str) -> list[dict[str, Any]]:
    """The JPEGs in files of a folder, by the names that the client knows them by."""
    for n, image in enumerate(images):
        (folder / f"{n}.jpg").write_bytes(image.data)
    return [{"file": f"{seen_as}/{n}.jpg", "atS": one.at_s} for n, one in enumerate(images)]


def test_node(core: Core, images: list[ImageAt], expected: dict[str, Any], tmp_path: Path) -> None:
    with serving_core(core, tmp_path) as address:
        told = count(address, LOSSLESS, steps(images, tmp_path, str(tmp_path)))
    assert timeless(told["summary"]) == expected


def test_chromium(
    core: Core, images: list[ImageAt], expected: dict[str, Any], tmp_path: Path, page: Page
) -> None:
    job = {"start": LOSSLESS, "steps": steps(images, tmp_path, "/shots")}
    with serving_core(core, tmp_path, page.origin) as address:
        told = page.run("count", address, **job)
    assert timeless(told["summary"]) == expected
