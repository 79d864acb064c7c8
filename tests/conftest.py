"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is kept where the user's own server keeps things."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BLAZEREPS_DATA", str(tmp_path_factory.mktemp("data")))
        yield
