"""Settings from the environment."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from pose_engine.isolation import DecoderLimits
from service.settings import MIB, Settings


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_PORT", "9000")
    monkeypatch.setenv("BLAZEREPS_ALLOWED_ORIGINS", '["https://app.example"]')
    monkeypatch.setenv("BLAZEREPS_WEBHOOK_NETWORKS", '["10.0.0.0/8", "fd00::/8"]')
    settings = Settings()
    assert settings.port == 9000
    assert settings.allowed_origins == {"https://app.example"}
    assert settings.webhook_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.host == "127.0.0.1"


def test_what_is_empty_in_the_environment_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "PORT", "ALLOWED_ORIGINS", "DATABASE"):
        monkeypatch.setenv(f"BLAZEREPS_{name}", "")
    assert (Settings().data, Settings().port, Settings().database) == (None, 8000, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70_000},
        {"max_sessions": 0},
        {"variant": "huge"},
        {"idle_s": -1},
        {"decoder_memory_bytes": 1000},
        {"decoder_memory_bytes": 2**62},
        {"max_kept_sessions": 2**63},
        {"max_frame_pixels": 2**30},
        {"log_format": "xml"},
        {"webhook_networks": ["10.0.0.1/8"]},
        {"log_level": "trace"},
        {"max_message_bytes": 64 * 1024 * 1024},
        {"max_message_bytes": 1000, "max_frame_bytes": 1000},
        {"storage": "/somewhere"},
        {"storage": "https://bucket"},
        {"storage": "s3://"},
        {"storage": "s3://UPPER"},
        {"storage": "s3://bucket/../other"},
        {"storage": "s3://id:secret@bucket"},
        {"storage": "s3://bucket?region=a"},
        {"storage": "s3://bucket", "s3_endpoint": "localhost:9000"},
        {"storage": "s3://bucket", "s3_endpoint": "https://id:secret@localhost"},
        {"storage": "s3://bucket", "s3_access_key_id": "id"},
        {"storage": "s3://bucket", "s3_secret_access_key": "secret"},
        {"s3_region": "eu-central-1"},
        {"upload_expires_s": float("inf")},
        {"send_timeout_s": 3_000_000},
        {"drain_s": float("nan")},
        {"database": "sqlite://"},
        {"database": "sqlite:///:memory:"},
        {"allowed_origins": ["*"]},
        {"allowed_origins": ["https://app.example/"]},
        {"allowed_origins": ["app.example"]},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_the_limits_reach_the_engine() -> None:
    settings = Settings(max_frame_bytes=7, max_frame_pixels=8, max_clip_bytes=9, max_clip_s=10)
    assert (settings.image_limits.max_bytes, settings.image_limits.max_pixels) == (7, 8)
    assert Settings(max_video_pixels=6).image_limits.max_video_pixels == 6
    assert (settings.clip_limits.max_bytes, settings.clip_limits.max_seconds) == (9, 10)


def test_the_limits_reach_the_decoder() -> None:
    settings = Settings(
        decoder_memory_bytes=300 * MIB, decoder_cpu_s=2, decoder_wall_s=3, decoder_stall_s=4
    )
    assert settings.decoder_limits == DecoderLimits(300 * MIB, 2, 3, 4)
