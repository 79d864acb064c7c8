"""A request's file as it arrives: raw, in a form, and in what only looks like one."""

import asyncio
from collections.abc import Iterable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from service.errors import ServiceError
from service.forms import MAX_HEADER_BYTES, MAX_HEADERS
from service.uploads import save_upload, upload_chunks

FORM = "multipart/form-data; boundary=frontier"
LIMIT = 10_000
HEAD = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
TAIL = b"\r\n--frontier--\r\n"
pytestmark = pytest.mark.anyio


class Sender:
    """The body in these pieces; how many of them were asked for."""

    def __init__(self, pieces: Iterable[bytes], *, leaves: bool = False) -> None:
        self.pieces = iter(pieces)
        self.leaves = leaves
        self.asked = 0

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        for piece in self.pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.disconnect" if self.leaves else "http.request"}


def request(sender: Sender, content_type: str = FORM) -> Request:
    headers = [(b"content-type", content_type.encode("latin-1"))]
    return Request({"type": "http", "headers": headers}, sender)


async def taken(sender: Sender, content_type: str = FORM) -> tuple[str | None, bytes]:
    file = BytesIO()
    name = await save_upload(request(sender, content_type), file, max_bytes=LIMIT)
    return name, file.getvalue()


def cut(body: bytes, at: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(at), len(body)]
    return [body[i:j] for i, j in pairwise(places)]


TRAPS = [b"\r\n--frontier", b"\r\n--frontie", b"--frontier--", b"\r\n--", b"\r", b"\n", b"-"]
NEARLY = st.lists(st.one_of(st.sampled_from(TRAPS[1:]), st.binary(max_size=5))).map(b"x".join)


@given(file=NEARLY, data=st.data())
def test_a_form_in_any_pieces_is_its_file(file: bytes, data: st.DataObject) -> None:
    body = HEAD + file + TAIL
    pieces = cut(body, data.draw(st.lists(st.integers(0, len(body)))))
    for sent in (pieces, [body[i : i + 1] for i in range(len(body))]):
        assert asyncio.run(taken(Sender(sent))) == ("a.mp4", file)


@given(pieces=st.lists(st.binary()))
def test_a_raw_body_is_the_file(pieces: list[bytes]) -> None:
    assert asyncio.run(taken(Sender(pieces), "video/mp4")) == (None, b"".join(pieces))


@given(body=st.lists(st.one_of(st.sampled_from([*TRAPS, HEAD, TAIL]), st.binary())).map(b"".join))
def test_whatever_comes_is_a_file_or_refused(body: bytes) -> None:
    code = None
    try:
        _, file = asyncio.run(taken(Sender([body])))
    except ServiceError as refused:
        file, code = b"", refused.code
    assert code in (None, "invalid_request")
    assert file in body


def part(disposition: str, *more: str) -> bytes:
    lines = [f"Content-Disposition: {disposition}", *more]
    head = "".join(f"{line}\r\n" for line in lines)
    return f"--frontier\r\n{head}\r\n".encode("latin-1")


A_FILE = 'form-data; name="file"; filename="a.mp4"'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "before its file"),
        (b"--frontier", "before its file"),
        (b"--frontier--\r\n", "before its file"),
        (HEAD[:-4], "before its file"),
        (b"rubbish", "not a multipart form"),
        (b"--other\r\n", "not a multipart form"),
        (HEAD, "before its closing"),
        (HEAD + b"abc", "before its closing"),
        (HEAD + b"abc" + TAIL[:-4], "before its closing"),
        (HEAD + b"abc\r\n" + HEAD + b"def" + TAIL, "nothing but one file"),
        (HEAD + b"abc\r\n" + part('form-data; name="fps"') + b"30" + TAIL, "nothing but one file"),
        (part('form-data; name="fps"') + b"30\r\n" + HEAD + b"abc" + TAIL, "no file `file`"),
        (part('form-data; name="file"') + b"abc" + TAIL, "no file `file`"),
        (part('form-data; name="video"; filename="a"') + b"abc" + TAIL, "no file `file`"),
        (part('form-data; filename="a"') + b"abc" + TAIL, "no file `file`"),
        (part("form-data; name*=file; filename*=a") + b"abc" + TAIL, "no file `file`"),
        (b"--frontier\r\n\r\nabc" + TAIL, "no file `file`"),
        (b"--frontier\r\nno colon\r\n\r\nabc" + TAIL, "not a multipart form"),
        (part(A_FILE, "X: " + "x" * MAX_HEADER_BYTES) + TAIL, "header size"),
        (part(A_FILE, "X" * MAX_HEADER_BYTES + ": x") + TAIL, "header size"),
        (part(A_FILE, *("X: x",) * MAX_HEADERS) + TAIL, "header count"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_another_form_is_refused(body: bytes, said: str, at_once: bool) -> None:
    pieces = [body] if at_once else cut(body, range(1, len(body)))
    with pytest.raises(ServiceError, match=said) as refused:
        await taken(Sender(pieces))
    assert (refused.value.code, refused.value.field) == ("invalid_request", "file")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "; boundary",
        "; boundary=",
        '; boundary=""',
        "; boundary*=frontier",
        "; boundary=" + "a" * 300,
    ],
)
async def test_a_form_with_a_bad_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(ServiceError, match=r"[Bb]oundary") as refused:
        await taken(Sender([HEAD + TAIL]), f"multipart/form-data{content_type}")
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"squats.mp4", "squats.mp4"),
        ("жим.mp4".encode(), "жим.mp4"),
        (b"\xff.mp4", "\N{REPLACEMENT CHARACTER}.mp4"),
        (b"a\x00b\x1b[2J\x7f.mp4", "ab[2J.mp4"),
        (b"", ""),
        (b"a" * 1000, "a" * 255),
        (rb"a\"b.mp4", 'a"b.mp4'),
        (b"../../etc/passwd", "../../etc/passwd"),
        (rb"C:\clips\a.mp4", "a.mp4"),
    ],
)
async def test_a_files_name_is_one_that_can_be_shown(sent: bytes, name: str) -> None:
    body = HEAD.replace(b"a.mp4", sent) + b"abc" + TAIL
    assert await taken(Sender([body])) == (name, b"abc")


async def test_more_headers_and_text_after_the_end_do_no_harm() -> None:
    head = part(A_FILE, "Content-Type: video/mp4", "content-length: 7").replace(b"Cont", b"cONT")
    assert await taken(Sender([b"\r\n" + head + b"abc" + TAIL + b"more"])) == ("a.mp4", b"abc")


async def test_no_more_is_read_than_is_taken() -> None:
    sender = Sender([HEAD[:20], HEAD[20:], *[b"a" * 100] * 50, TAIL])
    name, chunks = await upload_chunks(request(sender), max_bytes=LIMIT)
    assert (name, sender.asked) == ("a.mp4", 2)
    for nth in range(3, 10):
        assert await anext(chunks) == b"a" * 100
        assert sender.asked == nth


@pytest.mark.parametrize("content_type", [FORM, "video/mp4"])
async def test_who_leaves_is_no_end(content_type: str) -> None:
    sender = Sender([HEAD, b"abc"], leaves=True)
    _, chunks = await upload_chunks(request(sender, content_type), max_bytes=LIMIT)
    with pytest.raises(ClientDisconnect):
        assert b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("content_type", [FORM, "video/mp4"])
async def test_of_too_many_bytes_no_more_are_read(content_type: str) -> None:
    sender = Sender([HEAD, *[b"a" * 1000] * 100])
    with pytest.raises(ServiceError, match="10000 bytes") as refused:
        await taken(sender, content_type)
    assert refused.value.code == "too_many_bytes"
    assert sender.asked == 11
