"""What it takes to import the core that counts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOW = """
import sys
import classifiers.library, classifiers.session
print(*sys.modules)
"""
HEAVY = {"sklearn", "scipy", "cv2", "PIL", "av", "onnxruntime", "pydantic", "fastapi", "sqlalchemy"}


def test_nothing_that_takes_long() -> None:
    """scikit-learn fits the neighbours: whoever only names the classes need not wait for it."""
    command = [sys.executable, "-c", SHOW]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {module.partition(".")[0] for module in shown.stdout.split()}
    assert {"classifiers", "numpy"} <= imported
    assert not imported & HEAVY
