"""The real networks, built once into the cache and then found there."""

import os
from pathlib import Path

import pytest

from models.store import BuildError, ModelFiles, ModelStore


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """The store that the service uses as well: BLAZEREPS_MODELS or the user's cache."""
    folder = os.environ.get("BLAZEREPS_MODELS")
    return ModelStore(Path(folder) if folder else None)


@pytest.fixture(scope="session")
def model_files(model_store: ModelStore) -> ModelFiles:
    """Detector and full landmark network; the tests are skipped where they can't be had."""
    try:
        return model_store.build("full", report=lambda line: None)
    except BuildError as error:
        pytest.skip(f"neither in the cache nor downloadable: {error}")
