"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from pose_engine.isolation import DecoderLimits
from service.settings import MIB, Settings


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PORT", "9000")
    monkeypatch.setenv("BLAZEREPS_ALLOWED_ORIGINS", '["https://app.example"]')
    settings = Settings()
    assert settings.port == 9000
    assert settings.allowed_origins == {"https://app.example"}
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70_000},
        {"max_sessions": 0},
        {"variant": "huge"},
        {"idle_s": -1},
        {"decoder_memory_bytes": 1000},
        {"log_format": "xml"},
        {"log_level": "trace"},
        {"max_message_bytes": 64 * 1024 * 1024},
        {"max_message_bytes": 1000, "max_frame_bytes": 1000},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_the_limits_reach_the_engine() -> None:
    settings = Settings(max_frame_bytes=7, max_frame_pixels=8, max_clip_bytes=9, max_clip_s=10)
    assert (settings.image_limits.max_bytes, settings.image_limits.max_pixels) == (7, 8)
    assert (settings.clip_limits.max_bytes, settings.clip_limits.max_seconds) == (9, 10)


def test_the_limits_reach_the_decoder() -> None:
    settings = Settings(
        decoder_memory_bytes=300 * MIB, decoder_cpu_s=2, decoder_wall_s=3, decoder_stall_s=4
    )
    assert settings.decoder_limits == DecoderLimits(300 * MIB, 2, 3, 4)
