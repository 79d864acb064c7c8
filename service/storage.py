"""Where media lies: a folder or S3, as parts that are never written twice."""

import os
import re
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from anyio import CancelScope, get_cancelled_exc_class, open_file, to_thread
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from service.errors import ServiceError
from service.settings import MIB, Settings

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential, S3CredentialProvider

PART_BYTES = 8 * MIB
MAX_PARTS = 10_000
"""Parts of one medium: how often its upload may be broken off, as each time leaves a short part."""
_KEY = re.compile(r"[a-z0-9_-]{1,64}(/[a-z0-9_-]{1,64}){0,4}(\.[a-z0-9]{1,8})?")

FAULTS: Final = (BaseError, OSError)
"""What a store raises that fails."""
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
Stored = Callable[[int], Awaitable[None]]
"""Told how many bytes of a medium are stored."""


async def _tell_nobody(_: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Storage:
    """Media under prefixes, and small objects under keys, that the server makes itself.

    A medium lies as the parts `{prefix}/{offset:020d}`, each beginning where the last one ends.
    What breaks off is gone on with at `size`, by any process: of two that write different bytes
    at one offset the second is refused. Every method raises ValueError for a prefix or key of
    another form than `a/b/c` or `a/b.npz`, and `FAULTS` where the store fails.
    """

    store: LocalStore | S3Store
    part_bytes: int = PART_BYTES
    max_parts: int = MAX_PARTS

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The one that the settings name; a folder is made where there is none."""
        _start_runtime()
        if settings.storage is not None:
            return cls(_s3(settings, settings.storage))
        folder = settings.folder / "media"
        for private in (settings.folder, folder):
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(LocalStore(folder))

    async def expect(self, prefix: str, offset: int) -> None:
        """Raises ServiceError where `append` would not go on with a medium at `offset`."""
        keys, end = await self._parts(prefix)
        if offset != end:
            raise ServiceError("wrong_offset", f"{end} bytes are stored: go on there", field="file")
        if len(keys) >= self.max_parts:
            limit = f"an upload may come in {self.max_parts} pieces, the limit"
            raise ServiceError("invalid_request", limit, field="file")

    async def append(
        self,
        prefix: str,
        offset: int,
        chunks: AsyncIterable[bytes],
        max_bytes: int,
        stored: Stored = _tell_nobody,
    ) -> int:
        """Go on with a medium at `offset`, all that is stored of it, and give where it ends then.

        One part is in memory at a time, and no more is read until it is stored; `stored` is told
        after each, and what it raises ends the writing. When the chunks break off, or the task is
        cancelled, what came before is stored too and the error passes on, unless it is a
        ServiceError: a body that was refused. Raises ServiceError `wrong_offset` where `offset` is
        not `size` or another writer was first, `too_many_bytes` where the medium would have more
        than `max_bytes`, and `invalid_request` where it has `max_parts`.
        """
        await self.expect(prefix, offset)
        async for part in _in_parts(chunks, self.part_bytes):
            if offset + len(part) > max_bytes:
                limit = f"a file may have {max_bytes} bytes here, the limit"
                raise ServiceError("too_many_bytes", limit, field="file")
            with CancelScope(shield=True):
                await self._create(f"{prefix}/{offset:020d}", part)
                offset += len(part)
                await stored(offset)
        return offset

    async def size(self, prefix: str) -> int:
        """How many bytes of a medium are stored without a gap from its beginning; 0 of none."""
        return (await self._parts(prefix))[1]

    async def stream(self, prefix: str) -> AsyncIterator[bytes]:
        """A medium in its parts, one in memory at a time; LookupError where there is none."""
        keys, _ = await self._parts(prefix)
        if not keys:
            raise LookupError(f"nothing is stored at {prefix}")
        for key in keys:
            yield await self.get(key)

    async def fetch(self, prefix: str, path: Path) -> int:
        """Write a medium to a file, one part in memory at a time, and say how many bytes it has.

        Raises LookupError where there is none, or where it is erased meanwhile.
        """
        size = 0
        async with await open_file(path, "wb") as file:
            async for part in self.stream(prefix):
                await file.write(part)
                size += len(part)
        return size

    async def put(self, key: str, data: bytes | Path) -> None:
        """Store bytes, or a file, as one object in place of what was there; all of it in memory."""
        await self.store.put_async(_checked(key), data, use_multipart=False)

    async def get(self, key: str) -> bytes:
        """One object, all of it in memory; LookupError where there is none."""
        try:
            found = await self.store.get_async(_checked(key))
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise LookupError(f"nothing is stored at {key}") from error

    async def open(self, key: str) -> tuple[int, AsyncIterator[bytes]]:
        """The size of one object, and its bytes in pieces; LookupError where there is none.

        Each piece is asked for by itself: whoever reads them may take his time.
        """
        try:
            size = (await self.store.head_async(_checked(key)))["size"]
        except FileNotFoundError as error:
            raise LookupError(f"nothing is stored at {key}") from error
        return size, self._pieces(key, size)

    async def erase(self, prefix: str) -> int:
        """Erase every object under a prefix and say how many there were, 0 of none.

        Raises OSError where some of them are there still.
        """
        keys = [*await self._sizes(prefix)]
        if isinstance(self.store, S3Store):
            await self.store.delete_async(keys)
        elif self.store.prefix is not None:  # also what a killed process left half written
            await to_thread.run_sync(shutil.rmtree, self.store.prefix / prefix, True)
            if left := {*keys} & {*await self._sizes(prefix)}:
                raise OSError(f"{len(left)} objects at {prefix} cannot be erased")
        return len(keys)

    async def check(self) -> None:
        """Write, read and erase a probe.

        Raises OSError also where the store would overwrite a part, as an S3 server does that does
        not know `If-None-Match`, and where it would keep what is erased.
        """
        prefix, probe = f"check/{uuid4().hex}", b"probe"
        key = f"{prefix}/{0:020d}"
        try:
            put = await self.store.put_async(key, probe, mode="create", use_multipart=False)
            if put["version"] not in (None, "null"):  # "null": it once kept versions
                raise OSError("the bucket keeps versions: what is erased would lie there still")
            if await self.size(prefix) != len(probe) or await self.get(key) != probe:
                raise OSError("the store does not give back what was written")
            try:
                await self._create(key, b"other")
            except ServiceError:
                return
            raise OSError("the store overwrites objects: it ignores `If-None-Match`")
        finally:
            await self.erase(prefix)

    async def _pieces(self, key: str, size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, self.part_bytes):
            end = min(start + self.part_bytes, size)
            yield bytes(await self.store.get_range_async(key, start=start, end=end))

    async def _parts(self, prefix: str) -> tuple[list[str], int]:
        """The keys of the parts that follow one another, and where the last one ends."""
        sizes = await self._sizes(prefix)
        keys, end = [], 0
        while size := sizes.get(key := f"{prefix}/{end:020d}"):
            keys.append(key)
            end += size
        return keys, end

    async def _sizes(self, prefix: str) -> dict[str, int]:
        listed = self.store.list(_checked(prefix), chunk_size=1000)
        return {one["path"]: one["size"] async for batch in listed for one in batch}

    async def _create(self, key: str, data: bytes | bytearray) -> None:
        try:
            await self.store.put_async(key, data, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            if await self._holds(key, data):  # by a try of ours, whose answer was lost
                return
            first = "another request has gone on with this upload"
            raise ServiceError("wrong_offset", first, field="file") from error

    async def _holds(self, key: str, data: bytes | bytearray) -> bool:
        try:
            return await self.get(key) == data
        except LookupError:
            return False


async def _in_parts(chunks: AsyncIterable[bytes], size: int) -> AsyncIterator[bytearray]:
    """Chunks in parts of a size; the last is shorter, and comes also where they break off."""
    part = bytearray()
    try:
        async for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                taken = rest[: size - len(part)]
                part += taken
                rest = rest[len(taken) :]
                if len(part) == size:
                    yield part
                    part = bytearray()
    except ServiceError:
        raise
    except (Exception, get_cancelled_exc_class()):
        if part:
            yield part
        raise
    if part:
        yield part


def _start_runtime() -> None:
    """That of obstore opens files as it starts, and fails for good if it cannot: not at the first
    upload, when clients may have used them all."""
    MemoryStore().put("started", b"")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of the storage")
    return key


def _s3(settings: Settings, url: str) -> S3Store:
    """What is not set is left to `AWS_*` in the environment, or to the machine's role."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    endpoints = (settings.s3_endpoint, *map(os.environ.get, _ENDPOINTS))
    endpoint = next(filter(None, endpoints), None)
    keys = _keys(settings)
    config: S3Config = {}
    if endpoint:
        config["aws_endpoint_url_s3"] = endpoint  # by the name that comes before the others
    if settings.s3_region:
        config["region"] = settings.s3_region
    if keys:
        config["skip_signature"] = False
    return S3Store(
        bucket,
        prefix=prefix.rstrip("/") or None,
        config=config,
        credential_provider=keys,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "timeout": timedelta(minutes=2),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(minutes=1)},
    )


def _keys(settings: Settings) -> "S3CredentialProvider | None":
    """Those that are set: as such no token of the environment's goes with them."""
    secret = settings.s3_secret_access_key
    if not (settings.s3_access_key_id and secret):
        return None
    keys: S3Credential = {
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": secret.get_secret_value(),
        "expires_at": None,
    }
    return lambda: keys
