"""What the tests of people share: a skeleton, and the body data where they are."""

import pytest

from people.assets import Assets, AssetsMissing
from people.skeleton import Skeleton
from tests.people.bones import default_skeleton


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    """The default body's."""
    return default_skeleton()


@pytest.fixture(scope="session")
def assets() -> Assets:
    try:
        return Assets()
    except AssetsMissing as error:
        pytest.skip(str(error))
