"""Media in a folder and on a server that speaks S3, alike."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from service.errors import ServiceError
from service.settings import MIB, Settings
from service.storage import PART_BYTES, Storage
from tests.service.receiver import receiving
from tests.service.s3_server import SECRET, s3_server

PART = 10
LIMIT = 1000
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def s3() -> Iterator[Settings]:
    """Of a bucket on a server in this process."""
    with s3_server() as settings:
        yield settings


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session", params=["folder", "s3"])
def where(request: pytest.FixtureRequest) -> Settings:
    chosen: Settings = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def storage(where: Settings) -> Storage:
    return replace(Storage.of(where), part_bytes=PART)


@pytest.fixture
def prefix() -> str:
    return new_prefix()


def new_prefix() -> str:
    return f"clips/{uuid4().hex}"


async def chunks(*given: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for one in given:
        yield one
    if then is not None:
        raise then


async def read(storage: Storage, prefix: str) -> bytes:
    return b"".join([part async for part in storage.stream(prefix)])


async def names(storage: Storage, prefix: str) -> list[str]:
    listed = storage.store.list(prefix)
    return [one["path"] async for batch in listed for one in batch]


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.lists(st.binary(max_size=3 * PART), max_size=4), max_size=3))
def test_any_chunks_in_any_pieces_are_the_bytes(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory, pieces: list[list[bytes]]
) -> None:
    prefix, file = new_prefix(), tmp_path_factory.getbasetemp() / "fetched"
    whole = b"".join(b"".join(piece) for piece in pieces)

    async def run() -> None:
        offset = 0
        for piece in pieces:
            offset = await storage.append(prefix, offset, chunks(*piece), LIMIT)
            assert offset == await storage.size(prefix)
        assert offset == len(whole)
        assert len(await names(storage, prefix)) <= len(whole) / PART + len(pieces)
        if whole:
            assert await read(storage, prefix) == whole
            await storage.fetch(prefix, file)
            assert file.read_bytes() == whole
        await storage.erase(prefix)

    asyncio.run(run())


async def test_a_stream_that_breaks_is_gone_on_with(storage: Storage, prefix: str) -> None:
    told: list[int] = []

    async def stored(offset: int) -> None:
        told.append(offset)

    broken = chunks(b"a" * 15, b"b" * 8, then=ConnectionError("gone"))
    with pytest.raises(ConnectionError, match="gone"):
        await storage.append(prefix, 0, broken, LIMIT, stored)
    assert told == [10, 20, 23]
    assert await storage.append(prefix, await storage.size(prefix), chunks(b"c" * 4), LIMIT) == 27
    assert await read(storage, prefix) == b"a" * 15 + b"b" * 8 + b"c" * 4


async def test_a_cancelled_task_keeps_what_came(storage: Storage, prefix: str) -> None:
    waiting = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"a" * 13
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(storage.append(prefix, 0, stalled(), LIMIT))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await storage.size(prefix) == 13


async def test_of_a_body_that_is_refused_no_more_is_kept(storage: Storage, prefix: str) -> None:
    refused = chunks(b"a" * 13, then=ServiceError("invalid_request", "not a form"))
    with pytest.raises(ServiceError, match="not a form"):
        await storage.append(prefix, 0, refused, LIMIT)
    assert await storage.size(prefix) == 10


async def test_no_more_is_read_than_is_stored(storage: Storage, prefix: str) -> None:
    given: list[int] = []

    async def counted() -> AsyncIterator[bytes]:
        for index in range(30):
            given.append(index)
            yield b"a"

    async def stored(offset: int) -> None:
        assert len(given) == offset

    assert await storage.append(prefix, 0, counted(), LIMIT, stored) == 30


@pytest.mark.parametrize("body", [[b"a" * 31], [b"a"] * 31, [b"a" * 1000]])
async def test_more_than_the_limit_is_refused(
    storage: Storage, prefix: str, body: list[bytes]
) -> None:
    assert await storage.append(prefix, 0, chunks(b"a" * 5), 35) == 5
    with pytest.raises(ServiceError, match="35 bytes") as refused:
        await storage.append(prefix, 5, chunks(*body), 35)
    assert refused.value.code == "too_many_bytes"
    assert await storage.size(prefix) == 35
    assert await storage.append(prefix, 35, chunks(b""), 35) == 35


@pytest.mark.parametrize("offset", [-1, 0, 11, 13, 10**25])
async def test_another_offset_is_refused(storage: Storage, prefix: str, offset: int) -> None:
    await storage.append(prefix, 0, chunks(b"a" * 12), LIMIT)
    with pytest.raises(ServiceError, match="12 bytes are stored") as refused:
        await storage.append(prefix, offset, chunks(b"b"), LIMIT)
    assert refused.value.code == "wrong_offset"
    assert await read(storage, prefix) == b"a" * 12


async def test_of_two_writers_the_first_is_kept(storage: Storage, prefix: str) -> None:
    async def overtaken() -> AsyncIterator[bytes]:
        yield b"b" * 5
        await storage.append(prefix, 0, chunks(b"a" * 7), LIMIT)
        yield b"b" * 5

    with pytest.raises(ServiceError) as refused:
        await storage.append(prefix, 0, overtaken(), LIMIT)
    assert refused.value.code == "wrong_offset"
    assert await read(storage, prefix) == b"a" * 7


class Repeating(LocalStore):
    """As where the answer is lost, and the request made once more."""

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:
        await super().put_async(path, file, **options)
        return await super().put_async(path, file, **options)


async def test_a_part_whose_answer_was_lost_is_stored(tmp_path: Path) -> None:
    storage = Storage(Repeating(tmp_path), part_bytes=PART)
    assert await storage.append("a", 0, chunks(b"a" * 25), LIMIT) == 25
    assert await read(storage, "a") == b"a" * 25


async def test_pieces_are_bounded_in_number(storage: Storage, prefix: str) -> None:
    few = replace(storage, max_parts=2)
    for offset in range(2):
        await few.append(prefix, offset, chunks(b"a"), LIMIT)
    with pytest.raises(ServiceError, match="2 pieces"):
        await few.append(prefix, 2, chunks(b"a"), LIMIT)


async def test_what_follows_a_gap_is_not_of_the_medium(storage: Storage, prefix: str) -> None:
    await storage.append(prefix, 0, chunks(b"a" * 35), LIMIT)
    await storage.put(f"{prefix}/landmarks.npz", b"not a part")
    await storage.store.delete_async(f"{prefix}/{20:020d}")
    assert await storage.size(prefix) == 20
    assert await read(storage, prefix) == b"a" * 20
    await storage.store.delete_async(f"{prefix}/{0:020d}")
    assert await storage.size(prefix) == 0
    with pytest.raises(LookupError):
        await read(storage, prefix)


async def test_of_an_erased_medium_nothing_is_left(storage: Storage, prefix: str) -> None:
    await storage.append(prefix, 0, chunks(b"a" * 25), LIMIT)
    await storage.put(f"{prefix}/landmarks.npz", b"x")
    await storage.put(f"{prefix}0/beside", b"x")
    assert await storage.erase(prefix) == 4
    assert await names(storage, prefix) == []
    assert await storage.erase(prefix) == 0
    assert await storage.size(prefix) == 0
    assert await storage.get(f"{prefix}0/beside") == b"x"


async def test_a_half_written_part_is_erased_too(folder: Settings, prefix: str) -> None:
    storage = Storage.of(folder)
    await storage.append(prefix, 0, chunks(b"a"), LIMIT)
    medium = folder.folder / "media" / prefix
    (medium / f"{1:020d}#1").write_bytes(b"left by a process that was killed")
    assert await storage.erase(prefix) == 1
    assert not medium.exists()


async def test_a_medium_that_is_erased_while_it_is_read_is_no_medium(
    storage: Storage, prefix: str
) -> None:
    await storage.append(prefix, 0, chunks(b"a" * 25), LIMIT)
    stream = storage.stream(prefix)
    assert await anext(stream) == b"a" * 10
    await storage.erase(prefix)
    with pytest.raises(LookupError, match=prefix):
        await anext(stream)


async def test_an_object_is_put_from_bytes_or_a_file(
    storage: Storage, prefix: str, tmp_path: Path
) -> None:
    key, file = f"{prefix}/landmarks.npz", tmp_path / "landmarks.npz"
    with pytest.raises(LookupError, match=key):
        await storage.get(key)
    await storage.put(key, b"first")
    file.write_bytes(b"second")
    await storage.put(key, file)
    assert await storage.get(key) == b"second"


class Brief(LocalStore):
    """It gives no more at once than can be read before the request's time is over."""

    async def get_async(self, path: str, **options: Any) -> Any:
        raise TimeoutError

    async def get_range_async(self, path: str, **options: Any) -> Any:
        assert options["end"] - options["start"] <= PART
        return await super().get_range_async(path, **options)


async def test_who_reads_an_object_may_take_his_time(tmp_path: Path) -> None:
    storage = Storage(Brief(tmp_path), part_bytes=PART)
    await storage.put("landmarks.npz", bytes(PART + 1))
    _, pieces = await storage.open("landmarks.npz")
    assert [len(piece) async for piece in pieces] == [PART, 1]


async def test_an_object_is_read_in_pieces(storage: Storage, prefix: str) -> None:
    key, data = f"{prefix}/landmarks.npz", bytes(range(35))
    with pytest.raises(LookupError, match=key):
        await storage.open(key)
    await storage.put(key, data)
    size, pieces = await storage.open(key)
    assert (size, b"".join([piece async for piece in pieces])) == (35, data)


HOSTILE = ["", "/", "/etc", "..", "a/../b", "a//b", "a/", "A", "a b", "a\n", "a\0", "a#1", "ä"]
HOSTILE += [".a", "a.b/c", "a/.", "%2e%2e", "a\\b", "a/b/c/d/e/f", "a" * 65, "s3://a", "*"]


@pytest.mark.parametrize("key", HOSTILE)
async def test_hostile_keys_are_refused(storage: Storage, key: str, tmp_path: Path) -> None:
    calls: tuple[Callable[[], Awaitable[Any]], ...] = (
        lambda: storage.append(key, 0, chunks(b"a"), LIMIT),
        lambda: storage.size(key),
        lambda: read(storage, key),
        lambda: storage.fetch(key, tmp_path / "file"),
        lambda: storage.put(key, b"a"),
        lambda: storage.get(key),
        lambda: storage.open(key),
        lambda: storage.erase(key),
    )
    for call in calls:
        with pytest.raises(ValueError, match="no key"):
            await call()


async def test_a_check_leaves_nothing(storage: Storage) -> None:
    await storage.check()
    assert await names(storage, "check") == []


class Overwriting(LocalStore):
    """As servers do that do not know `If-None-Match`."""

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:
        return await super().put_async(path, file, **{**options, "mode": "overwrite"})


class Forgetting(LocalStore):
    """As a full disk may."""

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:
        return await super().put_async(path, b"", **options)


class Versioning(LocalStore):
    """As a bucket that keeps what is erased."""

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:
        return {**await super().put_async(path, file, **options), "version": "1"}


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (Overwriting, "overwrites"),
        (Forgetting, "does not give back"),
        (Versioning, "keeps versions"),
    ],
)
async def test_a_check_finds_a_store_that_will_not_do(
    store: type[LocalStore], said: str, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match=said):
        await Storage(store(tmp_path)).check()
    assert not [*tmp_path.glob("check/*")]


async def test_a_server_that_is_away_is_an_error(s3: Settings) -> None:
    away = Settings(**{**s3.model_dump(), "s3_endpoint": "http://127.0.0.1:1"})
    with pytest.raises(BaseError, match="S3"):
        await Storage.of(away).check()


STORED = b'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: 0\r\n\r\n'
THEIRS = {
    "AWS_ACCESS_KEY_ID": "theirs",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-west-1",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Where keys and a region are said, and no endpoint yet."""
    for name in (name for name in os.environ if name.startswith("AWS_")):
        monkeypatch.delenv(name)
    for name, said in THEIRS.items():
        monkeypatch.setenv(name, said)
    return monkeypatch


ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


async def test_what_is_set_comes_before_the_environment(
    environment: pytest.MonkeyPatch, s3: Settings
) -> None:
    for name in ENDPOINTS:
        environment.setenv(name, "http://127.0.0.1:1")
    environment.setenv("AWS_SKIP_SIGNATURE", "true")
    async with receiving(STORED) as server:
        where = Settings(**{**s3.model_dump(), "s3_endpoint": f"http://127.0.0.1:{server.port}"})
        await Storage.of(where).put("a", b"b")
    (heard,) = server.heard
    assert re.search("Credential=id/[0-9]+/us-east-1/", heard.headers["authorization"])
    assert "x-amz-security-token" not in heard.headers


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_what_is_not_set_is_as_the_environment_says(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    async with receiving(STORED) as server:
        environment.setenv(name, f"http://127.0.0.1:{server.port}")
        await Storage.of(Settings(storage="s3://media")).put("a", b"b")
    (heard,) = server.heard
    assert re.search("Credential=theirs/[0-9]+/eu-west-1/", heard.headers["authorization"])
    assert heard.headers["x-amz-security-token"] == "token"


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    Storage.of(Settings(data=tmp_path / "of" / "mine"))
    for private in (tmp_path / "of" / "mine", tmp_path / "of" / "mine" / "media"):
        assert private.stat().st_mode & 0o777 == 0o700


def child(code: str, where: Settings, *words: object) -> subprocess.Popen[bytes]:
    secret = where.s3_secret_access_key
    told = where.model_dump(exclude_none=True, include={"data", "storage", "s3_endpoint"})
    told |= {"s3_access_key_id": "id", "s3_secret_access_key": SECRET} if secret else {}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env=os.environ | {f"BLAZEREPS_{name.upper()}": str(one) for name, one in told.items()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


KILLED = """
import asyncio, sys
from service.settings import Settings
from service.storage import Storage

async def endless():
    while True:
        yield b"a" * 70_001

async def stored(offset):
    print(offset, flush=True)
    await asyncio.to_thread(sys.stdin.readline)

storage = Storage.of(Settings())
asyncio.run(storage.append("killed", 0, endless(), 10**12, stored))
"""


async def test_a_killed_process_leaves_whole_parts(tmp_path: Path) -> None:
    with child(KILLED, Settings(data=tmp_path)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == f"{PART_BYTES}\n".encode()
        process.stdin.write(b"go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"{2 * PART_BYTES}\n".encode()
        process.kill()
    storage = Storage.of(Settings(data=tmp_path))
    assert await storage.size("killed") == 2 * PART_BYTES
    assert await storage.append("killed", 2 * PART_BYTES, chunks(b"b"), 10**12) == 16 * MIB + 1


MEASURED = """
import asyncio, resource, sys
from pathlib import Path
from service.settings import Settings
from service.storage import Storage

async def medium(parts):
    for _ in range(parts * 128):
        yield bytes(2**16)

async def run(storage, prefix, parts):
    await storage.append(prefix, 0, medium(parts), 10**9)
    await storage.fetch(prefix, Path(sys.argv[1]))
    await storage.erase(prefix)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

storage = Storage.of(Settings())
print(*(asyncio.run(run(storage, "measured", parts)) for parts in (2, 16)))
"""


def test_memory_does_not_grow_with_the_medium(where: Settings, tmp_path: Path) -> None:
    """16 parts, 128 MiB, take hardly more than 2 do."""
    with child(MEASURED, where, tmp_path / "fetched") as process:
        out, _ = process.communicate(timeout=60)
    few_mib, many_mib = map(int, out.split())
    assert many_mib - few_mib < 3 * PART_BYTES / MIB


async def test_what_cannot_be_erased_is_no_silent_success(tmp_path: Path) -> None:
    """A folder that somebody has moved and left a link to: `rmtree` does not follow it."""
    storage = Storage(LocalStore(tmp_path / "media", mkdir=True))
    await storage.append("clips/a", 0, chunks(b"abc"), LIMIT)
    (tmp_path / "media" / "clips" / "a").rename(tmp_path / "elsewhere")
    (tmp_path / "media" / "clips" / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="1 objects at clips/a cannot be erased"):
        await storage.erase("clips/a")


OUT_OF_FILES = """
import asyncio, os, resource
from service.settings import Settings
from service.storage import FAULTS, Storage

async def main():
    storage = Storage.of(Settings())
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    taken = []
    try:
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    try:
        await storage.put("a", b"")
    except FAULTS:
        for one in taken:
            os.close(one)
        await storage.put("a", b"")

asyncio.run(main())
os._exit(0)  # a thread of the storage's may still let go of what Python, as it ends, has taken away
"""


def test_it_goes_on_once_there_are_files_to_open_again(tmp_path: Path) -> None:
    out_of_files = child(OUT_OF_FILES, Settings(data=tmp_path))
    out_of_files.communicate()
    assert out_of_files.returncode == 0
    assert (tmp_path / "media" / "a").exists()
