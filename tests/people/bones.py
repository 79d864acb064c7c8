"""A skeleton kept as numbers, so that kinematics are tested without the body data."""

import json
from pathlib import Path

import numpy as np

from people.skeleton import Skeleton


def default_skeleton() -> Skeleton:
    """The default body's, measured once from the CC0 data."""
    numbers = json.loads((Path(__file__).parent / "skeleton.json").read_text())
    names = tuple(numbers.pop("names"))
    return Skeleton(names=names, **{key: np.array(value) for key, value in numbers.items()})
