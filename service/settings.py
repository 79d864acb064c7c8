"""The settings: read from `BLAZEREPS_*` in the environment, checked at start."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pose_engine.footage import ClipLimits
from pose_engine.frames import ImageLimits
from pose_engine.isolation import DecoderLimits

MIB = 1024 * 1024
PREFIX: Final = "BLAZEREPS_"
"""Of each setting's variable in the environment."""

Variant = Literal["lite", "full", "heavy"]
MOST: Final = 2**40
"""Of what is counted: it fits 64 bits, as of SQLite and the kernel, also a few times over."""
Positive = Annotated[int, Field(gt=0, le=MOST)]
YEAR_S: Final = 366 * 86400
Seconds = Annotated[float, Field(gt=0, le=YEAR_S)]
Rate = Annotated[float, Field(gt=0, le=YEAR_S)]
Origin = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*://[^/\s*]+$")]
Share = Annotated[float, Field(gt=0, le=1)]
Days = Annotated[float, Field(ge=0, le=36525)]
S3_URL = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-]+)*/?$"
_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address to listen on."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """Every limit of the service; `BLAZEREPS_PORT=9000` sets `port`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """The address to listen on; one that other machines reach needs keys."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The TCP port; 0 takes a free one."""
    variant: Variant = "full"
    """Which BlazePose landmark model: lite, full or heavy."""
    models: Path | None = None
    """The folder with the built models; by default in the user's cache."""
    exercises: Path | None = None
    """A folder of your own exercises, counted beside those that come with blazereps."""
    allowed_origins: frozenset[Origin] = frozenset()
    """Web origins besides the server's own whose pages may open a live session and use REST, each
    such as `https://app.example`."""
    log_format: Literal["text", "json"] = "text"
    """How `blazereps serve` writes its log."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on; libraries never log finer than info."""

    inference_device: Literal["cpu", "cuda"] = "cpu"
    """What the nets run on; `cuda`, on trial, needs a GPU and onnxruntime-gpu: docs/gpu.md."""
    inference_workers: Positive = Field(default_factory=lambda: os.cpu_count() or 1)
    """Threads that decode and track for live sessions and, but for one, still images."""
    max_sessions: Positive = 32
    """Live sessions at once; one more is answered 503 before the upgrade."""
    max_frame_bytes: Positive = 4 * MIB
    """An encoded frame or still image."""
    max_frame_pixels: int = Field(default=25_000_000, gt=0, le=10**9)
    """Width times height of a decoded frame, checked before decoding; FFmpeg takes no more."""
    max_video_pixels: int = Field(default=3_000_000, gt=0, le=10**9)
    """Of live encoded video, uncropped, of 12 bits: its decoder keeps up to 17 pictures."""
    max_message_bytes: int = Field(default=8 * MIB, gt=0, le=15 * MIB)
    """A WebSocket message; a larger one closes the connection with 1009."""
    max_text_bytes: Positive = 64 * 1024
    """A JSON message, or the body of a request with JSON."""
    queue_frames: Positive = 8
    """Observations that wait in a lossless session before reading stops."""
    max_messages_hz: Rate = 120
    """Messages a second, over some seconds, that do not wait in a queue: pings, updates, refused
    ones, and frames of a live session; more close it with 4429."""
    idle_s: Seconds = 30
    """A live session that sends nothing for so long is closed with 4408; the body of a request
    breaks off there."""
    send_timeout_s: float = Field(default=10, gt=0, le=86400)
    """A client that reads nothing for so long is cut off."""
    max_session_s: Seconds = 7200
    """The longest life of a live connection, whose session ends then."""
    data: Path | None = None
    """The folder of what is kept; by default the user's data folder."""
    storage: str | None = Field(default=None, pattern=S3_URL)
    """Where media lies, `s3://bucket` or `s3://bucket/prefix`; by default in `data`."""
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+$")
    """Another S3 server than Amazon's, such as `https://minio.example:9000`."""
    s3_region: str | None = Field(default=None, pattern="^[a-z0-9-]+$")
    """The region of the bucket."""
    s3_access_key_id: str | None = Field(default=None, min_length=1)
    """Who asks; without it and the secret, as `AWS_*` in the environment or the machine says."""
    s3_secret_access_key: SecretStr | None = Field(default=None, min_length=1)
    """What requests to S3 are signed with."""
    resume_s: float = Field(default=300, ge=60, le=YEAR_S)
    """How long a session can be resumed after its last sign of life."""
    max_kept_sessions: Positive = 10_000
    """Sessions kept for that; of the tenant with the most, the longest silent becomes a workout
    first, none that goes on."""
    drain_s: float = Field(default=10, ge=0, le=YEAR_S)
    """How long live sessions may go on after SIGTERM."""

    database: SecretStr | None = None
    """Where tenants, clips and workouts are kept: `postgresql://user:password@host/name`, or
    `sqlite:////path`; by default a file in `data`."""
    token_secret: SecretStr | None = Field(default=None, min_length=32)
    """What tokens and tickets are signed with; by default made once and kept in `data`."""
    open_access: bool = False
    """Serve other machines though there are no keys: behind something that asks for them."""

    tenant_share: Share = 1
    """Of each limit on what goes on at once (live sessions, clips received and followed, images
    and batches), what one tenant may have; below 1 none keeps the others out."""
    user_share: Share = 0.125
    """And what one end user may have; both 2 at least."""
    requests_per_minute: Positive = 600
    """Of one key, and of each of its end users, unless the key says otherwise."""
    unknown_keys_per_minute: Positive = 60
    """Keys that are none, from one address; whoever shows more is answered 429 unasked."""
    video_days: Days = 1
    """How long an uploaded clip's video is kept once it is counted, where the tenant's own days
    do not say; and so the next two."""
    landmarks_days: Days = 30
    """How long the landmarks of a clip are kept."""
    results_days: Days = 3650
    """How long clips with their results, and workouts, are kept."""
    janitor_s: float = Field(default=60, ge=0.1, le=YEAR_S)
    """Seconds between two rounds of what is done behind the scenes: keeping what nobody resumed,
    erasing what is due."""

    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks besides the internet that webhooks may be sent to, over http:// as well."""

    clip_fps: Rate = 15
    """Frames a second taken from a clip, at most, when the upload does not say."""
    clip_adaptive: bool = True
    """Whether fewer are taken while the person hardly moves, when the upload does not say."""
    max_clip_bytes: Positive = 512 * MIB
    """An uploaded clip."""
    max_clip_s: Seconds = 1200
    """The length of a clip."""
    decoder_memory_bytes: int = Field(default=1024 * MIB, ge=256 * MIB, le=MOST)
    """Memory of the process in which an uploaded clip is decoded."""
    decoder_cpu_s: Positive = 1800
    """Processor time of it."""
    decoder_wall_s: Seconds = 1800
    """How long the server waits for its frames in all."""
    decoder_stall_s: Seconds = 30
    """How long it may give no sign that it goes on."""
    clip_workers: int = Field(default=1, ge=0, le=MOST)
    """Clips worked on at once; 0 leaves them to other processes."""
    max_queued_clips: Positive = 10_000
    """Clips being uploaded or waiting; one more is answered 429."""
    max_queued_clips_per_tenant: Positive = 2_000
    """Of these, one tenant's: so that none keeps the others out."""
    max_uploads: Positive = 64
    """Clips received at once, each with a part of 8 MiB in memory; one more is answered 503."""
    upload_expires_s: Seconds = 86400
    """How long an upload may take, with all its interruptions, before it is erased."""
    max_event_streams: Positive = 128
    """Clips followed at once over server-sent events; one more is answered 503."""
    clip_lease_s: Seconds = 30
    """How long whoever works on a clip may be silent before another process goes on with it."""
    checkpoint_s: Seconds = 5
    """How often the work on a clip is kept, to be gone on with from there."""
    max_clip_attempts: Positive = 3
    """How often a clip may end the process that works on it before it is given up."""

    max_posts: Positive = 64
    """Still images and batches of landmarks taken at once; one more is answered 503."""
    max_batch_bytes: Positive = 64 * MIB
    """Landmarks posted to be counted, as JSON."""
    max_batch_observations: Positive = 36_000
    """Observations in them: 20 minutes at 30 a second."""
    max_batches: Positive = 4
    """Such batches read and counted at once; others wait."""

    @model_validator(mode="after")
    def _a_frame_fits_a_message(self) -> Self:
        if self.max_message_bytes <= self.max_frame_bytes:
            raise ValueError("max_message_bytes must be larger than max_frame_bytes")
        return self

    @field_validator("database")
    @classmethod
    def _is_a_database(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            scheme, _, rest = given.get_secret_value().partition("://")
            if scheme not in _DRIVERS:
                raise ValueError("must be the URL of a SQLite or PostgreSQL database")
            if scheme == "sqlite" and rest in ("", "/", "/:memory:"):
                raise ValueError("must name a file: one in memory is forgotten")
        return given

    @property
    def database_url(self) -> str:
        """Where the database is, as SQLAlchemy wants it: with its driver, and its password."""
        if self.database is None:
            return f"sqlite+aiosqlite:///{self.folder / 'blazereps.db'}"
        scheme, _, rest = self.database.get_secret_value().partition("://")
        return f"{_DRIVERS[scheme]}://{rest}"

    @model_validator(mode="after")
    def _s3_is_all_or_nothing(self) -> Self:
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise ValueError("s3_access_key_id and s3_secret_access_key go together")
        if self.storage is None and (self.s3_endpoint or self.s3_region or self.s3_access_key_id):
            raise ValueError("s3_* says how to reach storage: set it to s3://bucket")
        return self

    @property
    def folder(self) -> Path:
        """Where things are kept."""
        return self.data or Path(user_data_dir("blazereps"))

    @property
    def image_limits(self) -> ImageLimits:
        """What a frame or still image may be."""
        return ImageLimits(
            max_bytes=self.max_frame_bytes,
            max_pixels=self.max_frame_pixels,
            max_video_pixels=self.max_video_pixels,
        )

    @property
    def clip_limits(self) -> ClipLimits:
        """What a clip may be."""
        return ClipLimits(
            max_bytes=self.max_clip_bytes,
            max_seconds=self.max_clip_s,
            max_pixels=self.max_frame_pixels,
        )

    @property
    def decoder_limits(self) -> DecoderLimits:
        """What decoding an uploaded clip may take."""
        return DecoderLimits(
            memory_bytes=self.decoder_memory_bytes,
            cpu_s=self.decoder_cpu_s,
            wall_s=self.decoder_wall_s,
            stall_s=self.decoder_stall_s,
        )
