"""The landmarks of a clip over REST."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest

from tests.service.databases import BACKENDS
from tests.service.worker import Place, place_for_clips


@pytest.fixture(scope="module", params=BACKENDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with place_for_clips(tmp_path_factory.mktemp("data"), request.param) as place:
        yield place


@pytest.fixture(scope="module")
def npz() -> bytes:
    """More than is sent at once."""
    file = BytesIO()
    np.savez(file, at_s=np.arange(10.0), points=np.ones((2000, 33, 5)))
    return file.getvalue()


@pytest.fixture
def path(place: Place, npz: bytes) -> str:
    """Of a clip with landmarks."""
    path = place.upload(landmarks=True, user="ann")
    place.worker.succeed(place.worker.claim(), npz)
    return path


def test_they_are_given_as_they_were_kept(place: Place, path: str, npz: bytes) -> None:
    answer = place.client.get(f"{path}/landmarks")
    assert answer.status_code == 200
    assert answer.content == npz
    assert answer.headers["content-length"] == str(len(npz))
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith('.npz"')
    assert place.client.get(path).json()["landmarks_bytes"] == len(npz)
    arrays = np.load(BytesIO(answer.content), allow_pickle=False)
    assert arrays["at_s"].shape == (10,)


def test_they_are_not_given_again(place: Place, path: str) -> None:
    etag = place.client.get(f"{path}/landmarks").headers["etag"]
    again = place.client.get(f"{path}/landmarks", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_where_there_are_none_it_is_said_why(place: Place, path: str) -> None:
    unasked = place.upload()
    place.worker.count()
    failed = place.upload(landmarks=True)
    place.worker.fail(place.worker.claim(), "no_video")
    erased = place.upload(landmarks=True)
    clip = place.worker.claim()
    place.worker.succeed(clip)
    waiting = place.upload(landmarks=True)
    for one, why in (
        (unasked, "landmarks=true"),
        (failed, "was not counted"),
        (erased, "erased"),
        (waiting, "not counted yet"),
    ):
        answer = place.client.get(f"{one}/landmarks")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_landmarks")
        assert why in answer.json()["detail"]
    place.worker.count()


def test_a_file_that_is_gone_is_said_to_be(place: Place, path: str) -> None:
    (file,) = (file for file in place.worker.stored if path.rsplit("/", 1)[1] in str(file)
               and file.suffix == ".npz")  # fmt: skip
    file.unlink()
    assert place.client.get(f"{path}/landmarks").json()["code"] == "no_landmarks"


def test_nobody_gets_another_tenants(place: Place, path: str) -> None:
    assert place.hidden(f"{path}/landmarks")
    assert place.as_user("ann", f"{path}/landmarks").status_code == 200
