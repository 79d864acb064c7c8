"""What must stand before anything is served: the real core, and the database with its keys."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError
from threadpoolctl import threadpool_limits

from models import store
from service.auth import Keys
from service.core import Core, Library
from service.database import Database
from service.fitting import collections_with, fitting
from service.keyring import KeyRing
from service.settings import Settings, is_loopback
from service.tenants import Tenants


class KeysNeeded(ValueError):
    """Other machines reach the server, and nothing would ask them for a key."""


def load_core(settings: Settings, *, threads: int = 1) -> Core:
    """The core, each frame to be worked on by `threads`; raises `models.store.ModelsMissing` and
    `pose_engine.runtime.DeviceError`.

    From here on the process's BLAS and OpenCV compute in the thread that calls them.
    """
    with _fitting(settings.exercises) as library:
        # They import ONNX Runtime, which commands that find no poses need not wait for.
        from pose_engine.engine import PoseEngine  # noqa: PLC0415
        from pose_engine.runtime import Device  # noqa: PLC0415

        files = store.ModelStore(settings.models).find(settings.variant)
        engine = PoseEngine.load(
            detector=files.detector,
            landmarker=files.landmarker,
            threads=threads,
            device=Device(settings.inference_device),
        )
        return Core(engine, library())


def load_library(own: Path | None = None) -> Library:
    """The exercises that come with blazereps, and a folder of one's own; of BLAS as `load_core`."""
    with _fitting(own) as library:
        return library()


@contextmanager
def _fitting(own: Path | None) -> Iterator[Callable[[], Library]]:
    # Its threads would wait for each other: on busy CPUs up to six times as long as one computes.
    threadpool_limits(1, user_api="blas")
    with fitting(*collections_with(own)) as library:
        yield library


@dataclass(frozen=True, slots=True)
class Records:
    """The database, brought up to date, and who its tenants say may call."""

    database: Database
    tenants: Tenants
    keys: Keys | None
    """None: there is a single user."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Records]:
    """The records while they last; raises KeysNeeded, or OSError where there is no database."""
    async with reached(settings) as database:
        tenants = Tenants(database)
        has_keys = await tenants.any_key()
        if not has_keys:
            check_single_user(settings)
            await tenants.ensure_local()
        yield Records(database, tenants, KeyRing(tenants) if has_keys else None)


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Database]:
    """The database, brought up to date, while it lasts; raises OSError where there is none."""
    try:
        database = Database(settings.database_url)
    except ValueError:
        raise OSError("database: BLAZEREPS_DATABASE is no URL") from None  # it may hold a password
    except ImportError as error:
        raise OSError(f"database: {error}: install blazereps[postgresql]") from error
    async with aclosing(database):
        try:
            await database.upgrade()
        except CommandError as error:
            raise OSError("database: its tables are of a newer version of blazereps") from error
        except SQLAlchemyError as error:
            raise OSError(f"database: {getattr(error, 'orig', None) or error}") from error
        yield database


async def check(settings: Settings) -> None:
    """Whether it could be served; raises what `opened` does."""
    async with opened(settings):
        pass


def check_single_user(settings: Settings) -> None:
    """Raises KeysNeeded where a server without keys would be reached by other machines."""
    if not (settings.open_access or is_loopback(settings.host)):
        raise KeysNeeded(
            f"{settings.host} is reached by other machines: add a tenant and a key first "
            "(`blazereps tenants add NAME`), or set BLAZEREPS_OPEN_ACCESS where something before "
            "it asks for keys"
        )
