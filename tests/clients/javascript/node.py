"""The built JavaScript client, run by Node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

CLIENT: Final = Path(__file__).parents[3] / "clients" / "javascript"
NODE: Final = shutil.which("node") or ""
NEEDED: Final = [
    pytest.mark.skipif(not NODE, reason="no Node to run the JavaScript client"),
    pytest.mark.skipif(not (CLIENT / "dist").exists(), reason="not built: make client"),
]


def node(*arguments: str | Path, said: str = "") -> str:
    done = subprocess.run(
        [NODE, *arguments], cwd=CLIENT, input=said, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(script: str, job: Any) -> Any:
    """What a script of the tests' makes of a job."""
    return json.loads(node(f"test/{script}", said=json.dumps(job)))


def count(address: str, start: dict[str, Any], steps: list[dict[str, Any]], **more: Any) -> Any:
    """What a session is told that takes these steps."""
    job = {"url": f"ws://{address}/v1/live", "start": start, "steps": steps, **more}
    return run("count_in_node.js", job)


def of(told: Any, kind: str) -> list[dict[str, Any]]:
    """The events of one type."""
    return [one for one in told["events"] if one["type"] == kind]
