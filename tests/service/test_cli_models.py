import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli_models import app

runner = CliRunner()


@pytest.mark.parametrize("variant", ["lite", "full", "heavy"])
def test_card_as_json_is_one_document(variant: str) -> None:
    result = runner.invoke(app, ["card", variant, "--json"])
    described = json.loads(result.stdout)
    assert described["variant"] == variant
    assert described["landmarker"]["name"] == f"pose_landmark_{variant}"
    assert described["landmarker"]["licence"] == "Apache-2.0"
    assert [output["name"] for output in described["detector"]["outputs"]] == ["boxes", "scores"]


def test_card_says_source_use_and_limits() -> None:
    text = runner.invoke(app, ["card", "full"]).stdout
    for part in ("mediapipe==0.10.21", "sha256", "Intended for", "Not intended for", "Limits"):
        assert part in text


def test_list_says_what_is_missing(tmp_path: Path) -> None:
    result = runner.invoke(app, ["list"], env={"BLAZEREPS_MODELS": str(tmp_path)})
    assert result.exit_code == 0
    assert result.stdout.count("pose_detection is not there") == 3


def test_an_unknown_variant_is_refused() -> None:
    result = runner.invoke(app, ["build", "huge"])
    assert result.exit_code == 2
    assert "huge" in result.stderr


def test_a_package_without_the_networks_ends_in_one_message(tmp_path: Path) -> None:
    empty = tmp_path / "empty.whl"
    with zipfile.ZipFile(empty, "w") as package:
        package.writestr("readme.txt", "nothing here")
    folder = tmp_path / "models"
    result = runner.invoke(app, ["build", "--from", str(empty), "--folder", str(folder)])
    assert result.exit_code == 1
    assert "pose_detection is still missing: give mediapipe==0.10.21 too" in result.stderr
    assert result.stdout == ""
