"""The real models, built once a run of the tests if the cache has none."""

import pytest

from models.store import ModelFiles, ModelStore
from pose_engine.engine import PoseEngine


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    return ModelStore().build("full", report=lambda line: None)


@pytest.fixture(scope="session")
def engine(model_files: ModelFiles) -> PoseEngine:
    return PoseEngine.load(detector=model_files.detector, landmarker=model_files.landmarker)
