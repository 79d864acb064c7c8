"""The tables of what is kept: one class a table, every row a tenant's."""

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID: Final = 32
"""Characters of an id: 16 random bytes in hex."""
MESSAGE_ID: Final = len("msg_") + ID
"""Characters of a webhook's id."""
USER: Final = 128
"""Characters of the name that a tenant has for an end user, at most."""

PLAIN: Final = r"^[^\x00]*$"
"""Text that PostgreSQL takes, which has no NUL."""


class Utc(TypeDecorator[datetime]):
    """A moment in UTC, with its zone in Python whatever the database; raises ValueError without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """As it goes into the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} says no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """As it comes out: SQLite keeps no zone."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


_JSON: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _index_where(name: str, column: str, where: str) -> Index:
    """Of some rows only: of the many that are done with none is to be read."""
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


class Table(DeclarativeBase):
    """What every table has in common: how its columns and constraints are made."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way
        datetime: Utc,
        dict[str, Any]: _JSON,
        list[dict[str, Any]]: _JSON,
        list[str]: _JSON,
    }


class Tenant(Table):
    """A customer: an app team with its keys and its end users."""

    __tablename__ = "tenant"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    video_days: Mapped[float | None]
    """How long uploaded video is kept; None: as the settings say, and so the next two."""
    landmarks_days: Mapped[float | None]
    results_days: Mapped[float | None]


class Key(Table):
    """A key of a tenant's; only digests of what opens the door."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    requests_per_minute: Mapped[int | None]
    """None: as the settings say."""
    clips_per_day: Mapped[int | None]
    """None: as many as one likes."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class FormerKey(Table):
    """What opened the door before a key was rotated."""

    __tablename__ = "former_key"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime]
    """It is good still until then."""


class Clip(Table):
    """An uploaded clip: from the first byte of its upload to its result."""

    __tablename__ = "clip"
    __table_args__ = (
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "user_id", "created_at", "id"),
        Index(None, "status", "created_at"),
        Index(None, "tenant_id", "status"),
        Index(None, "finished_at"),
        _index_where("ix_clip_to_expire", "upload_expires_at", "upload_expires_at IS NOT NULL"),
        _index_where("ix_clip_with_video", "finished_at", "video_erased_at IS NULL"),
        _index_where("ix_clip_with_landmarks", "finished_at", "landmarks_bytes IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(String(USER))
    key_id: Mapped[str] = mapped_column(String(ID))
    name: Mapped[str] = mapped_column(String(255))
    wanted: Mapped[dict[str, Any]]
    """How to count it: exercise, fps, unknown, subject, landmarks."""
    recorded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    """One more at each change that a reader would see."""

    length: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes, as announced; None where the sender did not say."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes that lie in the storage."""
    upload_expires_at: Mapped[datetime | None]
    """Of an upload, and of any clip that was given up until it is erased; else null."""
    upload_metadata: Mapped[str | None] = mapped_column(Text)
    """Of a resumable upload, word for word: its sender may ask for it."""

    status: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[int] = mapped_column(default=0)
    """Counts those who took the job on: only the last may write."""
    leased_until: Mapped[datetime | None]
    checkpoint: Mapped[str | None] = mapped_column(Text, deferred=True)
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    error: Mapped[dict[str, Any] | None]
    """A problem document."""
    video_erased_at: Mapped[datetime | None]
    landmarks_bytes: Mapped[int | None]
    """Of the file with the landmarks, where there is one."""


class Workout(Table):
    """What a live session or a clip came to."""

    __tablename__ = "workout"
    __table_args__ = (
        Index(None, "tenant_id", "user_id", "started_at", "id"),
        Index(None, "tenant_id", "started_at", "id"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    """That of the session or clip."""
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(String(USER))
    source: Mapped[str] = mapped_column(String(8))
    """`live` or `clip`."""
    started_at: Mapped[datetime]
    duration_s: Mapped[float]
    label: Mapped[str | None] = mapped_column(String(200))
    tally: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """Counts and all that explains them: `blazereps_client.results.Tally`."""
    counts: Mapped[dict[str, Any]]
    """By exercise, as measured."""
    corrections: Mapped[dict[str, Any]]
    """By exercise, as somebody has corrected them by hand: count, by and at."""
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class WorkoutSet(Table):
    """One set of a workout, as statistics want it."""

    __tablename__ = "workout_set"
    __table_args__ = (ForeignKeyConstraint(["workout_id"], ["workout.id"], ondelete="CASCADE"),)

    workout_id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    reps: Mapped[int]
    duration_s: Mapped[float]
    mean_rep_s: Mapped[float | None]
    mean_depth: Mapped[float | None]
    range_degrees: Mapped[float | None]
    """Mean range of motion of its repetitions, where it was measured."""
    held_s: Mapped[float | None]
    """Of a hold, which has no repetitions."""


class Endpoint(Table):
    """Where a tenant is told of what has happened."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    events: Mapped[list[str]]
    secret: Mapped[str] = mapped_column(String(128))
    former_secrets: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Those before, the newest first: `secret`, and `until_s` in seconds since 1970."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str | None] = mapped_column(String(200))
    failing_since: Mapped[datetime | None]
    """When a try failed first after the last one that was taken."""
    version: Mapped[int] = mapped_column(default=1)

    @property
    def enabled(self) -> bool:
        """Whether anything is sent to it."""
        return self.disabled_at is None

    @property
    def previous_until(self) -> datetime | None:
        """Until when messages are signed with a secret before, too."""
        last_s = max((one["until_s"] for one in self.former_secrets), default=None)
        return None if last_s is None else datetime.fromtimestamp(last_s, UTC)


class Delivery(Table):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(None, "endpoint_id", "created_at", "id"),
        Index(None, "tenant_id", "user_id"),
        Index(None, "status", "next_at"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(String(MESSAGE_ID), primary_key=True)
    """The receiver's `webhook-id`: the same at each try."""
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(String(USER))
    """Whom it is about: it is erased with him."""
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(16))
    """`pending`, `delivered`, `failed`."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """When it is due, or until when somebody who tries it has time."""


class Attempt(Table):
    """One try of a delivery; without status and fault it is under way, or was cut off."""

    __tablename__ = "webhook_attempt"

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    seconds: Mapped[float | None]
    status_code: Mapped[int | None]
    fault: Mapped[str | None] = mapped_column(String(500))
    excerpt: Mapped[str | None] = mapped_column(Text)


class Act(Table):
    """The audit log: an administrative act, kept whatever becomes of those concerned."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "tenant_id", "at", "id"), Index(None, "at", "id"))

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    at: Mapped[datetime]
    tenant_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(128))
    """`key:<id>`, or `command` for the command line."""
    act: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(128))
    detail: Mapped[dict[str, Any]]


class Answered(Table):
    """An answer that is given again for the same Idempotency-Key."""

    __tablename__ = "idempotency"

    tenant_id: Mapped[str] = mapped_column(
        ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(String(USER), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the request: another one under the same key is refused."""
    holder: Mapped[str] = mapped_column(String(ID))
    """Which try of the request is to answer it."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    leased_until: Mapped[datetime]
    """After that it is no longer under way."""
    status: Mapped[int | None]
    """None while it is worked on."""
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None] = mapped_column(Text)
    """None, once it is answered, where it held a secret."""


class Receipt(Table):
    """That an end user, or a whole tenant, was erased: what was erased, not who he was."""

    __tablename__ = "erasure"
    __table_args__ = (Index(None, "tenant_id", "user_digest"), Index(None, "completed_at"))

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(64))
    """No foreign key: it outlives the tenant."""
    user_id: Mapped[str | None] = mapped_column(String(USER))
    """The tenant's name for him, until nothing of him is left."""
    user_digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of that name; None: the whole tenant."""
    media: Mapped[list[str]]
    """Where in the storage what belonged to him lies, until it is gone."""
    settles_at: Mapped[datetime]
    """From then on nobody writes there any more who began before."""
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    erased: Mapped[dict[str, Any]]
    """How many of what."""


class Usage(Table):
    """How much of a quota a key has used on a day (UTC)."""

    __tablename__ = "usage"

    key_id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    clips: Mapped[int] = mapped_column(default=0)
