"""The image's tree, made by the Dockerfile's own commands in a folder in place of a container."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.store import ModelsMissing, ModelStore
from tests.deploy.dockerfile import (
    IGNORED,
    ROOT,
    Instruction,
    commands,
    context,
    environment,
    placed,
    stages,
)

BUILDER, FINAL = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
UID = 10001
IS_ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Tree:
    """Where `/opt`, `/data` and `/tmp` of the image lie, and what it sets."""

    root: Path
    environment: Mapping[str, str]

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """The entrypoint's process, as whom and with what the image has it: without a HOME."""
        (entrypoint,) = commands(FINAL, "ENTRYPOINT")
        return self.run([*entrypoint, *words], **settings)

    def run(self, command: list[str], **settings: str) -> subprocess.Popen[str]:
        """Any command in it."""
        identity: dict[str, Any] = {"user": UID, "group": UID, "extra_groups": []}
        return subprocess.Popen(
            [str(self.root / "opt/blazereps/bin" / command[0]), *command[1:]],
            env={**self.environment, **settings},
            cwd=self.root / "data",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **(identity if IS_ROOT else {}),
        )


@contextmanager
def installed() -> Iterator[Tree]:
    """Runs every RUN of both stages; skips where there are no models to take."""
    root = Path(tempfile.mkdtemp(prefix="blazereps-image-"))
    try:
        root.chmod(0o755)  # pytest's own folders are its user's alone
        (root / "tmp").mkdir(mode=0o777)
        (root / "tmp").chmod(0o1777)
        source = context(IGNORED, root / "src")
        _bring_models(root / "opt/models")
        for stage in (BUILDER, FINAL):
            _run(stage, root, source)
        shutil.rmtree(source)
        yield Tree(root, _moved(FINAL, root) | {"TMPDIR": f"{root}/tmp"})
    finally:
        shutil.rmtree(root)


def _run(stage: list[Instruction], root: Path, source: Path) -> None:
    given = os.environ | _moved(stage, root) | {"PYTHON": _python()}
    given.pop("PYTHONPATH", None)
    for command in commands(stage, "RUN"):
        words = placed(command, root)
        if not IS_ROOT:  # who may give nothing away
            words = [word for word in words if word not in ("-o", "-g", str(UID))]
        done = subprocess.run(
            words, cwd=source, env=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def _moved(stage: list[Instruction], root: Path) -> dict[str, str]:
    """What ENV sets, for the tree's place."""
    return {
        name: re.sub("/(?=opt|data)", f"{root}/", value).replace("$PATH", os.environ["PATH"])
        for name, value in environment(stage).items()
    }


def _bring_models(folder: Path) -> None:
    """What `make models` has built, so that building finds nothing to do."""
    try:
        files = ModelStore(_cache()).find("full")
    except ModelsMissing as error:
        pytest.skip(str(error))
    folder.mkdir(parents=True)
    for file in (files.detector, files.landmarker):
        shutil.copy(file, folder)
        shutil.copy(file.with_suffix(".json"), folder)


def _cache() -> Path | None:
    named = os.environ.get("BLAZEREPS_MODELS")
    return Path(named) if named else None


def _python() -> str:
    """One that another user may run too, as that of the image; of ours, others may be shut out."""
    ours = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # of a venv's maker
    for python in (ours, Path("/usr/bin/python3").resolve()):
        if not IS_ROOT or all(folder.stat().st_mode & 0o001 for folder in python.parents):
            return str(python)
    pytest.skip("no Python that another user may run")
