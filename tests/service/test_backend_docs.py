"""`A back end in ten minutes` does what it says, with the real core and a real receiver."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.store import ModelsMissing
from service.settings import Settings
from service.startup import load_core
from tests.service.killable import free_port

CHECKOUT = Path(__file__).parents[2]
TEXT = CHECKOUT.joinpath("docs", "backend.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python|text)\n(.*?)```", TEXT, re.DOTALL)
MARK = "-- end of a step --"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_each_step_does_what_it_says(tmp_path: Path) -> None:
    """As it is written, in another folder and on free ports."""
    try:
        load_core(Settings())
    except ModelsMissing as error:
        pytest.skip(str(error))
    (tmp_path / "tests").symlink_to(CHECKOUT / "tests")
    ports = server, _ = free_port(), free_port()
    script, told = ["set -eu"], list[str]()
    for language, block in BLOCKS:
        if language == "text":
            told[-1] += block
            continue
        if language == "python":
            (tmp_path / "receiver.py").write_text(ported(block, *ports))
            continue
        script += [ported(block, *ports), f"echo '{MARK}'"]
        told.append("")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    run = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=os.environ
        | {"PATH": path, "BLAZEREPS_PORT": str(server), "no_proxy": "*", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.split(f"{MARK}\n")[:-1] == told


def ported(block: str, server: int, receiver: int) -> str:
    return block.replace("8000", str(server)).replace("9000", str(receiver))
