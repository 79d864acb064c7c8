"""The source distribution: the pages' commands work in it as in a checkout."""

from hatchling.builders.sdist import SdistBuilder

from tests.deploy.dockerfile import ROOT


def test_it_has_what_setting_up_and_installing_read() -> None:
    files = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    assert {"Makefile", "requirements/dev.txt", "tests/clips/squat_front.mp4"} <= files
    assert {"deploy/install", "requirements/build.txt", "requirements/run.txt"} <= files
    assert {"Dockerfile", ".dockerignore", "compose.yaml", ".env.example"} <= files
