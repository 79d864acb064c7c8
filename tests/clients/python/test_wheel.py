"""The built distribution, where there is nothing but what it says that it needs."""

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tests.service.conftest import serve_fake
from tests.service.fakes import REP

SOURCE = Path(__file__).parents[3] / "clients" / "python"
COUNT = f"""
import sys
from blazereps_client import PoseAt, SessionStart
from blazereps_client.sync import stream

poses = [PoseAt(i / 10, [[x, x, x]] * 33) for i, x in enumerate({REP})]
*_, summary = stream(sys.argv[1], poses, SessionStart(input="landmarks"))
print(summary.counts)
"""
FOREIGN = ("numpy", "cv2", "av", "fastapi", "uvicorn", "onnxruntime", "sklearn", "typer", "service")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=SOURCE, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with the wheel and, out of this environment, what it requires."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    with ZipFile(wheel) as archive:
        archive.extractall(packages)
    (info,) = packages.glob("*.dist-info")
    for required in closure(PathDistribution(info)):
        for name in {path.parts[0] for path in required.files or () if path.parts[0] != ".."}:
            target = packages / name
            if not target.exists():
                target.symlink_to(str(required.locate_file(name)))
    return folder / "bin" / "python"


def closure(root: Distribution) -> Iterator[Distribution]:
    """What it requires, without extras, and what that requires."""
    found: dict[str, Distribution] = {}
    waiting = [root]
    while waiting:
        for text in waiting.pop().requires or ():
            required = Requirement(text)
            name = re.sub("[-_.]+", "-", required.name).lower()
            wanted = required.marker is None or required.marker.evaluate({"extra": ""})
            if wanted and name not in found:
                found[name] = distribution(name)
                waiting.append(found[name])
    return iter(found.values())


def run(python: Path, script: str, *arguments: str) -> str:
    command = [str(python), "-I", "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_complete(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        facts = archive.read(metadata).decode()
    modules = {f"blazereps_client/{path.name}" for path in SOURCE.glob("blazereps_client/*.py")}
    assert modules | {"blazereps_client/py.typed"} <= names
    assert any(name.endswith("LICENSE") for name in names)
    assert "Requires-Dist: pydantic>=2.12" in facts
    assert "Provides-Extra: video" in facts


def test_it_counts_without_anything_of_the_server(python: Path) -> None:
    with serve_fake() as address:
        assert run(python, COUNT, f"ws://{address}/v1/live") == "{'squat': 1}\n"


def test_nothing_else_is_there(python: Path) -> None:
    script = f"from importlib.util import find_spec; print([*filter(find_spec, {FOREIGN})])"
    assert run(python, script) == "[]\n"


def test_only_pictures_need_the_extra(python: Path) -> None:
    script = "import blazereps_client.video"
    command = [str(python), "-I", "-c", script]
    failed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "No module named 'av'" in failed.stderr
