"""The settings: read from `BLAZEREPS_*` in the environment, checked at start."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pose_engine.clips import ClipLimits
from pose_engine.frames import ImageLimits

MIB = 1024 * 1024

Variant = Literal["lite", "full", "heavy"]
Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Every limit of the service; `BLAZEREPS_PORT=9000` sets `port`, and so on."""

    model_config = SettingsConfigDict(env_prefix="BLAZEREPS_", frozen=True)

    host: str = "127.0.0.1"
    """The address to listen on. There are no keys yet: keep it to this machine."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The TCP port; 0 takes a free one."""
    variant: Variant = "full"
    """Which BlazePose landmark model: lite, full or heavy."""
    models: Path | None = None
    """The folder with the built models; by default in the user's cache."""
    allowed_origins: frozenset[str] = frozenset()
    """Web origins besides the server's own whose pages may open a live session."""

    inference_workers: Positive = Field(default_factory=lambda: os.cpu_count() or 1)
    """Threads that decode and track for live sessions and still images."""
    max_sessions: Positive = 32
    """Live sessions at once; one more is answered 503 before the upgrade."""
    max_frame_bytes: Positive = 4 * MIB
    """An encoded frame or still image."""
    max_frame_pixels: Positive = 25_000_000
    """Width times height of a decoded frame, checked before decoding."""
    max_message_bytes: int = Field(default=8 * MIB, gt=0, le=15 * MIB)
    """A WebSocket message; a larger one closes the connection with 1009."""
    max_text_bytes: Positive = 64 * 1024
    """A JSON message."""
    queue_frames: Positive = 8
    """Observations that wait in a lossless session before reading stops."""
    idle_s: Seconds = 30
    """A live session that sends nothing for so long is closed with 4408."""
    send_timeout_s: Seconds = 10
    """A client that reads nothing for so long is cut off."""
    max_session_s: Seconds = 7200
    """The longest life of a live session, then closed with 4408."""

    clip_fps: Seconds = 15
    """Frames a second taken from a clip when the upload does not say."""
    max_clip_bytes: Positive = 512 * MIB
    """An uploaded clip."""
    max_clip_s: Seconds = 1200
    """The length of a clip."""
    clip_workers: Positive = 1
    """Clips worked on at once."""
    max_queued_clips: Positive = 16
    """Clips waiting; one more is answered 429."""
    max_clip_results: Positive = 256
    """Finished clips kept; the oldest is forgotten first."""
    clip_result_s: Seconds = 3600
    """How long a finished clip is kept."""

    @model_validator(mode="after")
    def _a_frame_fits_a_message(self) -> Self:
        if self.max_message_bytes <= self.max_frame_bytes:
            raise ValueError("max_message_bytes must be larger than max_frame_bytes")
        return self

    @property
    def image_limits(self) -> ImageLimits:
        """What a frame or still image may be."""
        return ImageLimits(max_bytes=self.max_frame_bytes, max_pixels=self.max_frame_pixels)

    @property
    def clip_limits(self) -> ClipLimits:
        """What a clip may be."""
        return ClipLimits(
            max_bytes=self.max_clip_bytes,
            max_seconds=self.max_clip_s,
            max_pixels=self.max_frame_pixels,
        )
