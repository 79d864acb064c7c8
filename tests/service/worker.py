"""Who works on clips in tests: claims them as a runner does, and says what the test wants."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from blazereps_client.results import ClipResult
from service.clip_erasure import expire_uploads
from service.clip_media import landmark_file_of, video_of
from service.clip_store import ClipStore
from service.database import Database
from service.errors import ServiceError
from service.settings import Settings
from service.storage import Storage
from service.tables import Clip, Workout
from service.tenants import new_key, now_utc
from tests.service.calling import calling
from tests.service.conftest import serve_fake
from tests.service.databases import fresh

KEY, OTHER = new_key(), new_key()
RESULT = ClipResult(
    clip="squats.mp4",
    duration_s=2.0,
    frames=20,
    unreadable_frames=0,
    counts={"squat": 2},
    reps=(),
    rejected=(),
    sets=(),
    holds=(),
    unknown=(),
    guidance=(),
)


class Worker:
    """On the data folder of a server; from threads that have no event loop."""

    def __init__(self, settings: Settings, portal: BlockingPortal) -> None:
        self._portal = portal
        self.data = settings.folder
        self.database = Database(settings.database_url)
        self.storage = Storage.of(settings)
        self.clips = ClipStore(self.database, lease_s=60)
        self.late = ClipStore(self.database, lease_s=60, clock=lambda: now_utc().replace(year=2999))

    def claim(self) -> Clip:
        clip = self._portal.call(self.clips.claim)
        assert clip is not None, "no clip waits"
        return clip

    def renew(self, clip: Clip, progress: float) -> None:
        self._portal.call(self.clips.renew, clip, progress)

    def succeed(self, clip: Clip, landmarks: bytes | None = None) -> None:
        if landmarks is not None:
            self._portal.call(self.storage.put, landmark_file_of(clip.id), landmarks)
        size = None if landmarks is None else len(landmarks)
        self._portal.call(self.clips.succeed, clip, RESULT, size, _nothing_more)

    def fail(self, clip: Clip, code: str) -> None:
        problem = ServiceError(code, "as the test says").problem
        self._portal.call(self.clips.fail, clip, problem, _nothing_more)

    def count(self) -> str:
        """The id of a clip that waited, and was counted."""
        clip = self.claim()
        self.succeed(clip)
        return clip.id

    def add(self, *rows: Any) -> None:
        """Rows in the database."""

        async def add() -> None:
            async with self.database.write() as session:
                session.add_all(rows)

        self._portal.call(add)

    def ids_in(self, table: type[Clip] | type[Workout]) -> set[str]:
        """Of every row."""

        async def ids() -> set[str]:
            async with self.database.read() as session:
                return {*await session.scalars(select(table.id))}

        return self._portal.call(ids)

    def expire(self) -> None:
        """Erase uploads as if a long time had passed."""
        self._portal.call(expire_uploads, self.late, self.storage)

    def store(self, prefix: str, offset: int, content: bytes) -> None:
        """More of a medium, of which the server is told nothing."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        self._portal.call(self.storage.append, prefix, offset, chunks(), offset + len(content))

    def video(self, clip_id: str) -> bytes:
        """What is stored of a clip's video, as far as it goes."""

        async def read() -> bytes:
            return b"".join([part async for part in self.storage.stream(video_of(clip_id))])

        return self._portal.call(read)

    @property
    def stored(self) -> list[Path]:
        """Every object that the storage has."""
        return [path for path in (self.data / "media").rglob("*") if path.is_file()]


async def _nothing_more(_: AsyncSession, __: Clip, ___: ClipResult | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A server with two tenants, and who works on their clips."""

    address: str
    worker: Worker
    client: httpx2.Client
    """With the key of the tenant `app`."""

    def as_other(self, path: str, method: str = "GET", **sent: Any) -> httpx2.Response:
        """What somebody is answered who has the key of another tenant."""
        return self._as(OTHER, path, method, **sent)

    def as_user(self, user: str, path: str, method: str = "GET", **sent: Any) -> httpx2.Response:
        """What an end user of the tenant is answered, with a token."""
        issued = self.client.post("/v1/tokens", json={"user": user}).json()["token"]
        return self._as(issued, path, method, **sent)

    def _as(self, shown: str, path: str, method: str, **sent: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {shown}", **sent.pop("headers", {})}
        url = f"http://{self.address}{path}"
        return httpx2.request(method, url, headers=headers, trust_env=False, **sent)

    def hidden(self, path: str, method: str = "GET", **sent: Any) -> bool:
        """Whether neither another tenant nor any end user comes to what is the tenant's alone."""
        answers = (self.as_other(path, method, **sent), self.as_user("bob", path, method, **sent))
        return {(one.status_code, one.reason_phrase) for one in answers} == {(404, "Not Found")}

    def upload(self, content: bytes = b"a clip", **query: Any) -> str:
        """The path of a clip that waits."""
        answer = self.client.post("/v1/clips", params=query, content=content)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])

    def erase_all(self) -> None:
        """Every clip, with all that lies of it."""
        self.worker.expire()
        for clip_id in self.worker.ids_in(Clip):
            assert self.client.delete(f"/v1/clips/{clip_id}").status_code == 204
        self.worker.expire()
        assert self.worker.stored == []


@contextmanager
def place_for_clips(data: Path, backend: str = "sqlite", **settings: Any) -> Iterator[Place]:
    keys = {"app": KEY, "other": OTHER}
    with (
        fresh(backend, data) as database,
        serve_fake(data=data, database=database, keys=keys, clip_workers=0, **settings) as address,
        start_blocking_portal() as portal,
        calling(address, KEY) as client,
    ):
        worker = Worker(Settings(data=data, database=SecretStr(database)), portal)
        try:
            yield Place(address, worker, client)
        finally:
            portal.call(worker.database.aclose)
