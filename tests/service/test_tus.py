"""Resumable uploads, as tus 1.0.0 has them, and with a client of theirs."""

import base64
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from service.clip_media import video_of
from service.tables import Clip
from tests.service.conftest import serve_fake
from tests.service.databases import BACKENDS
from tests.service.proxy import proxied
from tests.service.waiting import until
from tests.service.worker import KEY, Place, place_for_clips

LIMIT = 600_000
VERSION = {"Tus-Resumable": "1.0.0"}
CONTENT = {"Content-Type": "application/offset+octet-stream"}
DATA = bytes(range(256)) * 100
MUCH = bytes(range(256)) * 2000
"""More than the server reads ahead: what of that has come is lost with its connection."""


@pytest.fixture(scope="module", params=BACKENDS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with place_for_clips(
        tmp_path_factory.mktemp("data"), request.param, max_clip_bytes=LIMIT
    ) as place:
        yield place


@pytest.fixture(autouse=True)
def nothing_left(place: Place) -> Iterator[None]:
    yield
    place.erase_all()


def tus(
    place: Place, method: str, path: str = "/v1/uploads", content: Any = None, **headers: Any
) -> httpx2.Response:
    """`upload_offset` is the header Upload-Offset, and so on."""
    said = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return place.client.request(method, path, content=content, headers=VERSION | said)


def begun(place: Place, length: int = len(DATA), **headers: Any) -> str:
    answer = tus(place, "POST", upload_length=length, **headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def patching(
    place: Place, path: str, more: str = "", body: str = f"Content-Length: {len(DATA)}"
) -> socket.socket:
    """A client that has not sent the body yet."""
    host, port = place.address.split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: a\r\n{body}\r\n"
        f"Authorization: Bearer {KEY}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/offset+octet-stream\r\n{more}\r\n"
    )
    client.sendall(head.encode())
    return client


def test_what_a_client_sent_before_it_fell_silent_is_stored(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, idle_s=0.3, max_uploads=1) as place:
        path = begun(place)
        with patching(place, path) as client:
            client.sendall(DATA[:1000])
            assert client.recv(65536).startswith(b"HTTP/1.1 422 ")
            assert tus(place, "HEAD", path).headers["upload-offset"] == "1000"
            rest = tus(place, "PATCH", path, DATA[1000:], upload_offset=1000, **CONTENT)
            assert rest.status_code == 204
        assert place.worker.video(path.removeprefix("/v1/uploads/")) == DATA


def test_what_came_before_the_server_stopped_is_stored(tmp_path: Path) -> None:
    with place_for_clips(tmp_path) as place:
        path = begun(place)
        client = patching(place, path, "Expect: 100-continue\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(DATA[:1000])
    with client:
        assert client.recv(65536).startswith(b"HTTP/1.1 503 ")
    database = f"sqlite:///{tmp_path / 'test.db'}"
    with serve_fake(data=tmp_path, database=database, clip_workers=0) as address:
        headers = VERSION | {"Authorization": f"Bearer {KEY}"}
        found = httpx2.head(f"http://{address}{path}", headers=headers, trust_env=False)
        assert found.headers["upload-offset"] == "1000"


def test_an_upload_without_a_place_leaves_nothing(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, max_uploads=1) as place:
        path = begun(place)
        with patching(place, path, "Expect: 100-continue\r\n") as client:
            assert client.recv(100).startswith(b"HTTP/1.1 100 ")
            other = tus(place, "POST", content=DATA, upload_length=len(DATA), **CONTENT)
            assert (other.status_code, other.json()["code"]) == (503, "over_capacity")
            assert len(place.worker.ids_in(Clip)) == 1
            client.sendall(DATA)
            assert client.recv(65536).startswith(b"HTTP/1.1 204 ")


def sent(place: Place, path: str, offset: int, content: Any, **headers: Any) -> httpx2.Response:
    headers = {"content_type": CONTENT["Content-Type"], "upload_offset": offset, **headers}
    return tus(place, "PATCH", path, content, **headers)


def offset(place: Place, path: str) -> int:
    answer = tus(place, "HEAD", path)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def encoded(**metadata: str) -> str:
    pairs = ((key, base64.b64encode(value.encode())) for key, value in metadata.items())
    return ",".join(f"{key} {value.decode()}" for key, value in pairs)


def test_what_is_spoken_is_said(place: Place) -> None:
    answer = place.client.options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-max-size"] == str(LIMIT)
    assert {*answer.headers["tus-extension"].split(",")} == {
        *("creation", "creation-defer-length", "creation-with-upload"),
        *("expiration", "termination"),
    }


def test_an_upload_in_pieces_becomes_a_clip(place: Place) -> None:
    metadata = encoded(filename="squats.mp4", exercise="squat", landmarks="true", filetype="x")
    answer = tus(place, "POST", upload_length=len(DATA), upload_metadata=metadata)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (201, "1.0.0")
    path, clip = answer.headers["location"], answer.headers["content-location"]
    assert path.removeprefix("/v1/uploads") == clip.removeprefix("/v1/clips")
    expires = parsedate_to_datetime(answer.headers["upload-expires"])
    assert timedelta(hours=23) < expires - datetime.now(UTC) < timedelta(hours=25)
    assert place.client.get(clip).json()["status"] == "uploading"
    first = sent(place, path, 0, DATA[:10_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "10000")
    assert "upload-expires" in first.headers
    head = tus(place, "HEAD", path)
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["upload-length"] == str(len(DATA))
    assert head.headers["upload-metadata"] == metadata
    last = sent(place, path, 10_000, DATA[10_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(DATA)))
    assert last.headers["content-location"] == clip
    assert "upload-expires" not in last.headers
    told = place.client.get(clip).json()
    assert (told["status"], told["name"], told["exercise"]) == ("queued", "squats.mp4", "squat")
    assert (told["landmarks"], told["received"], told["length"]) == (True, len(DATA), len(DATA))
    assert place.worker.video(told["id"]) == DATA
    assert place.worker.count() == told["id"]


def test_an_upload_that_is_complete_is_so_still_when_asked(place: Place) -> None:
    """Whoever was cut off before he heard it asks again."""
    path = begun(place)
    sent(place, path, 0, DATA)
    place.worker.count()
    assert offset(place, path) == len(DATA)
    assert sent(place, path, len(DATA), b"").status_code == 204
    assert sent(place, path, 0, DATA).json()["code"] == "wrong_offset"
    refused = tus(place, "DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_complete")


def test_an_upload_whose_last_request_died_is_finished_by_a_look(place: Place) -> None:
    """All is stored, but the server ended before the clip was queued."""
    path = begun(place)
    sent(place, path, 0, DATA[:-1])
    clip_id = path.rsplit("/", 1)[1]
    place.worker.store(video_of(clip_id), len(DATA) - 1, DATA[-1:])
    assert offset(place, path) == len(DATA)
    told = place.client.get(f"/v1/clips/{clip_id}").json()
    assert (told["status"], told["received"]) == ("queued", len(DATA))


def test_the_first_bytes_may_come_at_once(place: Place) -> None:
    headers: dict[str, Any] = {"upload_length": len(DATA), "content_type": CONTENT["Content-Type"]}
    answer = tus(place, "POST", content=DATA, **headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(DATA)))
    assert place.client.get(answer.headers["content-location"]).json()["status"] == "queued"


def test_the_length_may_be_said_later(place: Place) -> None:
    answer = tus(place, "POST", upload_defer_length=1)
    path = answer.headers["location"]
    assert sent(place, path, 0, DATA[:100]).status_code == 204
    head = tus(place, "HEAD", path)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    assert sent(place, path, 100, DATA[100:], upload_length=len(DATA)).status_code == 204
    assert place.client.get(answer.headers["content-location"]).json()["status"] == "queued"


def test_a_length_below_what_is_stored_is_refused(place: Place) -> None:
    """Else no request could ever end the upload."""
    path = tus(place, "POST", upload_defer_length=1).headers["location"]
    sent(place, path, 0, DATA[:100])
    refused = sent(place, path, 100, b"", upload_length=99)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_upload")
    assert sent(place, path, 100, b"", upload_length=100).status_code == 204


def test_a_length_that_comes_with_too_long_a_body_is_not_kept(place: Place) -> None:
    path = tus(place, "POST", upload_defer_length=1).headers["location"]
    refused = sent(place, path, 0, DATA[:100], upload_length=50)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_many_bytes")
    assert sent(place, path, 0, DATA[:100], upload_length=100).status_code == 204


def test_a_length_that_comes_at_a_wrong_place_is_not_kept(place: Place) -> None:
    path = tus(place, "POST", upload_defer_length=1).headers["location"]
    refused = sent(place, path, 7, DATA[:10], upload_length=50)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_offset")
    assert sent(place, path, 0, DATA[:100], upload_length=100).status_code == 204


def test_a_method_may_go_by_another_name(place: Place) -> None:
    path = begun(place)
    headers = {**CONTENT, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = place.client.post(path, content=DATA[:9], headers=VERSION | headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "9")
    assert tus(place, "POST", path, x_http_method_override="DELETE").status_code == 204


def test_an_upload_is_given_up(place: Place) -> None:
    path = begun(place)
    sent(place, path, 0, DATA[:10])
    assert tus(place, "DELETE", path).status_code == 204
    assert tus(place, "HEAD", path).status_code == 404
    assert place.worker.stored == []


def test_an_upload_whose_clip_is_cancelled_is_gone(place: Place) -> None:
    path = begun(place)
    sent(place, path, 0, DATA[:10])
    place.client.post(path.replace("uploads", "clips") + "/cancel")
    assert tus(place, "HEAD", path).status_code == 410
    answer = sent(place, path, 10, DATA[10:])
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert place.worker.stored == []


def test_an_upload_that_takes_too_long_is_erased(place: Place) -> None:
    path, done = begun(place), begun(place)
    sent(place, path, 0, DATA[:10])
    sent(place, done, 0, DATA)
    place.worker.expire()
    assert tus(place, "HEAD", path).status_code == 404
    assert offset(place, done) == len(DATA)


def test_nothing_more_is_taken_once_it_is_too_late(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, upload_expires_s=1e-9) as place:
        path = begun(place)
        assert tus(place, "HEAD", path).status_code == 410
        assert sent(place, path, 0, DATA).status_code == 410
        assert place.worker.stored == []


def test_nor_from_who_began_in_time(tmp_path: Path) -> None:
    with place_for_clips(tmp_path, upload_expires_s=0.5) as place:
        with patching(place, begun(place)) as client:
            client.settimeout(0.1)
            answer = b""
            for _ in range(100):
                client.sendall(b"x")
                with suppress(TimeoutError):
                    answer = client.recv(65536)
                    break
            assert answer.startswith(b"HTTP/1.1 410 ")
        place.worker.expire()
        assert place.worker.stored == []


def test_an_upload_that_begins_wrong_leaves_nothing(place: Place) -> None:
    answer = tus(place, "POST", content=DATA, upload_length=len(DATA) - 1, **CONTENT)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
    assert place.worker.ids_in(Clip) == set()


@pytest.mark.parametrize("path", ["begin", "go on"])
@pytest.mark.parametrize("version", ["0.2.2", None])
def test_another_version_is_refused(place: Place, path: str, version: str | None) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    method, where = ("POST", "/v1/uploads") if path == "begin" else ("PATCH", begun(place))
    answer = place.client.request(method, where, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "unsupported_tus")
    assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "invalid_upload"),
        ({"upload_length": 1, "upload_defer_length": 1}, 400, "invalid_upload"),
        ({"upload_defer_length": 2}, 400, "invalid_upload"),
        ({"upload_length": 0}, 400, "invalid_upload"),
        ({"upload_length": -1}, 422, "invalid_request"),
        ({"upload_length": "x"}, 422, "invalid_request"),
        ({"upload_length": 2**70}, 422, "invalid_request"),
        ({"upload_length": LIMIT + 1}, 413, "too_many_bytes"),
        ({"upload_length": 1, "upload_metadata": "a %%%"}, 400, "invalid_upload"),
        ({"upload_length": 1, "upload_metadata": "a " + "A" * 9000}, 422, "invalid_request"),
        ({"upload_length": 1, "upload_metadata": encoded(fps="0")}, 422, "invalid_request"),
        ({"upload_length": 1, "upload_metadata": encoded(exercise="y")}, 404, "unknown_exercise"),
    ],
)
def test_a_bad_upload_is_not_begun(
    place: Place, headers: dict[str, Any], status: int, code: str
) -> None:
    answer = tus(place, "POST", **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert place.worker.ids_in(Clip) == set()


def test_a_body_of_another_type_is_refused(place: Place) -> None:
    begin = tus(place, "POST", content=b"x", upload_length=1)
    go_on = tus(place, "PATCH", begun(place), content=b"x", upload_offset=0)
    for answer in (begin, go_on):
        assert (answer.status_code, answer.json()["code"]) == (415, "wrong_content_type")


def test_what_does_not_go_on_where_it_ends_is_refused(place: Place) -> None:
    path = begun(place)
    sent(place, path, 0, DATA[:100])
    for wrong in (0, 99, 101):
        answer = sent(place, path, wrong, DATA[wrong:])
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
    assert tus(place, "PATCH", path, b"x", content_type=CONTENT["Content-Type"]).status_code == 422
    assert sent(place, path, -1, b"x").status_code == 422
    assert offset(place, path) == 100


@pytest.mark.parametrize("declared", [True, False])
def test_more_than_was_announced_is_refused(place: Place, declared: bool) -> None:
    path = begun(place, length=100)
    body = bytes(101)
    answer = sent(place, path, 0, body if declared else iter([body]))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
    assert offset(place, path) == 0
    assert sent(place, path, 0, bytes(10), upload_length=99).json()["code"] == "invalid_upload"
    assert offset(place, path) == 0


def test_more_than_was_announced_is_refused_before_it_ends(place: Place) -> None:
    path = begun(place)
    with patching(place, path, body="Transfer-Encoding: chunked") as client:
        client.sendall(f"{len(DATA):x}\r\n".encode() + DATA + b"\r\n")
        client.sendall(b"1\r\nx\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")
        kept = offset(place, path)
        assert sent(place, path, kept, DATA[kept:]).status_code == 204
    assert place.worker.video(path.rsplit("/", 1)[1]) == DATA


def test_what_came_before_a_connection_broke_is_kept(place: Place) -> None:
    path = begun(place)
    host, port = place.address.split(":")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
        f"Tus-Resumable: 1.0.0\r\nContent-Type: {CONTENT['Content-Type']}\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {len(DATA)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(head.encode())
        assert b" 100 " in client.recv(100)
        client.sendall(DATA[:12_345])
    until(lambda: offset(place, path))
    assert offset(place, path) == 12_345
    assert sent(place, path, 12_345, DATA[12_345:]).status_code == 204
    assert place.worker.video(path.rsplit("/", 1)[1]) == DATA


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_nobody_comes_to_another_tenants_upload(place: Place, method: str) -> None:
    path = begun(place, length=100)
    headers = VERSION | CONTENT | {"Upload-Offset": "0"}
    assert place.hidden(path, method, headers=headers, content=b"x" * (method == "PATCH"))
    assert offset(place, path) == 0


def test_a_token_begins_uploads_for_its_user(place: Place) -> None:
    headers = VERSION | {"Upload-Length": "5", "Upload-Metadata": encoded(user="ann")}
    mine = place.as_user("ann", "/v1/uploads", "POST", headers=headers)
    assert mine.status_code == 201
    assert place.client.get(mine.headers["content-location"]).json()["user"] == "ann"
    assert place.as_user("bob", "/v1/uploads", "POST", headers=headers).status_code == 403


def test_without_a_key_nothing_is_begun(place: Place) -> None:
    url = f"http://{place.address}/v1/uploads"
    answer = httpx2.post(url, headers=VERSION | {"Upload-Length": "1"}, trust_env=False)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (401, "1.0.0")


def client(address: str, **more: Any) -> Any:
    """Of tuspy, for MUCH."""
    theirs = TusClient(f"http://{address}/v1/uploads", {"Authorization": f"Bearer {KEY}"})
    options = {"metadata": {"filename": "a.mp4"}, "retry_delay": 0, **more}
    return theirs.uploader(file_stream=BytesIO(MUCH), **options)


def is_a_clip(place: Place, uploader: Any) -> None:
    clip_id = uploader.url.rsplit("/", 1)[1]
    assert place.worker.video(clip_id) == MUCH
    told = place.client.get(f"/v1/clips/{clip_id}").json()
    assert (told["status"], told["name"]) == ("queued", "a.mp4")


def test_tuspy_uploads(place: Place) -> None:
    uploader = client(place.address, chunk_size=100_000)
    uploader.upload()
    is_a_clip(place, uploader)


def test_tuspy_goes_on_after_its_connection_broke(place: Place) -> None:
    broken = pytest.raises((TusUploadFailed, TusCommunicationError))
    with proxied(place.address, 4000, 300_000) as proxy, broken:
        client(proxy.address).upload()
    (clip_id,) = place.worker.ids_in(Clip)
    until(lambda: place.worker.stored)
    kept = offset(place, f"/v1/uploads/{clip_id}")
    assert 0 < kept < len(MUCH)
    again = client(place.address, url=f"http://{place.address}/v1/uploads/{clip_id}")
    assert again.offset == kept
    again.upload()
    is_a_clip(place, again)


def test_a_page_of_another_origin_may_do_all_of_it(tmp_path: Path) -> None:
    origin = "https://app.example"
    with serve_fake(data=tmp_path, allowed_origins={origin}) as address:
        url = f"http://{address}/v1/uploads"
        asked = (
            "authorization,content-type,tus-resumable,upload-length,upload-metadata,upload-offset"
        )
        for method in ("POST", "PATCH", "HEAD", "DELETE"):
            headers = {
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": asked,
            }
            allowed = httpx2.options(url, headers=headers, trust_env=False)
            assert allowed.status_code == 200, allowed.text
        headers = {"Origin": origin, "Upload-Length": "5"} | VERSION
        answer = httpx2.post(url, headers=headers, trust_env=False)
        shown = re.split(", *", answer.headers["access-control-expose-headers"].lower())
        told = {name for name in answer.headers if name.startswith(("upload-", "tus-", "loc"))}
        assert {"location", "upload-offset", "tus-resumable"} <= told <= {*shown}
