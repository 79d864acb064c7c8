"""What the tests of people share: a skeleton, the exercises, and the body data where they are."""

import pytest

from classifiers.library import Library
from people.assets import Assets, AssetsMissing
from people.skeleton import Skeleton
from service.fitting import EXERCISES
from tests.people.bones import default_skeleton


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    """The default body's."""
    return default_skeleton()


@pytest.fixture(scope="session")
def library() -> Library:
    """The exercises that come with blazereps; loading them takes seconds."""
    return Library.load(EXERCISES)


@pytest.fixture(scope="session")
def assets() -> Assets:
    try:
        return Assets()
    except AssetsMissing as error:
        pytest.skip(str(error))
