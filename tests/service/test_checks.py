"""What the doctor looks at, well and unwell."""

import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore

from classifiers.exercise_file import ExerciseError
from classifiers.samples import SamplesError
from models.store import ModelsMissing
from pose_engine.footage import ClipError
from pose_engine.isolation import IsolatedClip
from pose_engine.runtime import DeviceError
from service.cgroup import Limits
from service.checks import (
    codecs_decode,
    decoder_starts,
    folder_is_ours,
    limits_suffice,
    models_run,
    port_is_free,
    settings_are_known,
    storage_keeps,
)
from service.core import Core
from service.doctor import Verdict
from service.settings import MIB, Settings
from service.storage import Storage
from tests.service.fakes import FakeEngine, FakeLibrary

pytestmark = pytest.mark.anyio
OK, WARN, FAIL = Verdict


async def test_a_misspelt_setting_is_a_warning() -> None:
    assert (await settings_are_known(Settings(), ["BLAZEREPS_PORT"])).verdict is OK
    found = await settings_are_known(Settings(), ["BLAZEREPS_PROT"])
    assert found.verdict is WARN
    assert "BLAZEREPS_PROT" in found.said


async def test_models_are_loaded_and_run() -> None:
    def load(_: Settings) -> Core:
        return Core(FakeEngine(), FakeLibrary())

    assert (await models_run(Settings(variant="lite"), load)).said.startswith("the lite models")


async def test_missing_models_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match="models build"):
        await models_run(Settings(models=tmp_path))


async def test_a_gpu_that_is_not_there_is_told_with_what_to_do() -> None:
    def load(_: Settings) -> Core:
        raise DeviceError("no GPU")

    found = await models_run(Settings(inference_device="cuda"), load)
    assert (found.verdict, found.said) == (FAIL, "no GPU")
    assert "BLAZEREPS_INFERENCE_DEVICE" in found.remedy


@pytest.mark.parametrize("error", [ExerciseError, SamplesError])
async def test_a_fault_in_an_exercise_s_folder_is_to_be_mended_there(
    error: type[ValueError],
) -> None:
    def load(_: Settings) -> Core:
        raise error("curl/exercise.toml: the field 'title' is missing")

    found = await models_run(Settings(), load)
    assert found.verdict is FAIL
    assert found.said.startswith("curl/exercise.toml")
    assert "docs/own_exercises.md" in found.remedy


async def test_a_folder_keeps_media(tmp_path: Path) -> None:
    assert (await storage_keeps(Settings(data=tmp_path))).verdict is OK


async def test_a_store_that_overwrites_is_an_error(tmp_path: Path) -> None:
    class Overwriting(LocalStore):
        async def put_async(self, path: str, file: Any, **options: Any) -> Any:
            return await super().put_async(path, file, **{**options, "mode": "overwrite"})

    with pytest.raises(OSError, match="If-None-Match"):
        await storage_keeps(Settings(), lambda _: Storage(Overwriting(tmp_path)))


async def test_every_decoder_is_there() -> None:
    assert (await codecs_decode(Settings())).verdict is OK


async def test_a_missing_decoder_is_named() -> None:
    def find(name: str) -> object:
        if name == "hevc":
            raise ValueError(name)
        return name

    found = await codecs_decode(Settings(), find)
    assert (found.verdict, found.said) == (FAIL, "no decoder of hevc")


async def test_the_confined_decoder_decodes() -> None:
    assert (await decoder_starts(Settings())).verdict is OK


async def test_a_decoder_that_ends_is_an_error() -> None:
    ends = partial(IsolatedClip, command=(sys.executable, "-S", "-c", "raise SystemExit(3)"))
    with pytest.raises(ClipError, match="status 3"):
        await decoder_starts(Settings(), ends)


async def test_a_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert (await port_is_free(Settings(port=port), {})).said == f"127.0.0.1:{port} is free"


async def test_a_port_that_somebody_has_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = await port_is_free(Settings(port=port), {}, lambda url: "something else")
    assert found.verdict is FAIL
    assert f"127.0.0.1:{port}" in found.said


async def test_a_port_where_a_server_answers_is_well(address: str) -> None:
    port = address.rpartition(":")[2]
    found = await port_is_free(Settings(port=int(port)), {"BLAZEREPS_PORT": port})
    assert found.verdict is OK
    assert "answers" in found.said


async def test_a_new_folder_is_ours(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new", max_clip_bytes=1)
    assert (await folder_is_ours(settings)).verdict is OK
    assert os.listdir(tmp_path / "new") == []


async def test_a_folder_that_others_see_is_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = await folder_is_ours(Settings(data=tmp_path))
    assert (found.verdict, found.remedy) == (WARN, f"run `chmod 700 {tmp_path}`")


async def test_a_full_disk_is_a_warning(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new", max_clip_bytes=10 * MIB)
    found = await folder_is_ours(settings, lambda _: 20 * MIB - 1)
    assert found.verdict is WARN
    assert "has 19 MiB left, and two of the largest clips take 20" in found.said
    assert (await folder_is_ours(settings, lambda _: 20 * MIB)).verdict is OK


async def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        await folder_is_ours(Settings(data=tmp_path / "file"))


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        (Limits(None, 4), OK),
        (Limits(2560 * MIB, 2), OK),
        (Limits(2559 * MIB, 4), WARN),
        (Limits(None, 1.5), WARN),
    ],
)
async def test_tight_limits_are_warned_of(limits: Limits, verdict: Verdict) -> None:
    settings = Settings(clip_workers=2, decoder_memory_bytes=1024 * MIB, inference_workers=4)
    found = await limits_suffice(settings, lambda: limits)
    assert found.verdict is verdict
    assert str(limits) in found.said
