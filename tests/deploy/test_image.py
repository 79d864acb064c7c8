"""The image without a container engine: its commands make a tree, and that tree serves."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from service.settings import Settings
from tests.deploy.compose import COMPOSE, SECRETS, interpolated
from tests.deploy.dockerfile import IGNORED, ROOT, commands, context, environment
from tests.deploy.installed import BUILDER, FINAL, IS_ROOT, UID, Tree, installed
from tests.service.bundled import CLIPS
from tests.service.databases import fresh
from tests.service.s3_server import s3_server

pytestmark = pytest.mark.timeout(600)  # installing takes a minute, on a busy machine several


@pytest.fixture(scope="session")
def tree() -> Iterator[Tree]:
    with installed() as tree:
        yield tree


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What compose.yaml sets, with the servers of these tests in place of its own."""
    given = interpolated(COMPOSE["services"]["blazereps"]["environment"], SECRETS)
    with fresh("postgresql", tmp_path) as url, s3_server() as s3:
        assert s3.s3_endpoint is not None
        here = {"BLAZEREPS_DATABASE": url, "BLAZEREPS_S3_ENDPOINT": s3.s3_endpoint}
        yield {**given, **here}


def said(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@contextmanager
def served(tree: Tree, settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The image's process, once it listens, and its address."""
    (words,) = commands(FINAL, "CMD")
    with tree.start(*words, **settings, BLAZEREPS_PORT="0") as process:
        try:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "startup complete" in line:
                    break
            port = re.findall(r"http://0\.0\.0\.0:(\d+)", "".join(lines))
            assert port, lines
            yield process, f"http://127.0.0.1:{port[0]}"
        finally:
            process.kill()


def test_the_tree_serves_as_compose_has_it(tree: Tree, composed: dict[str, str]) -> None:
    status, out, err = said(tree.start("tenants", "add", "acme", **composed))
    assert status == 0, err
    key = out.split()[-1]
    with served(tree, composed) as (process, url):
        (health,) = commands(FINAL, "HEALTHCHECK")
        assert said(tree.run([*health, f"{url}/healthz"]))[0] == 0
        with httpx2.Client(base_url=url, headers={"authorization": f"Bearer {key}"}) as client:
            upload = {"file": (CLIPS / "squat_front.mp4").read_bytes()}
            clip = client.post("/v1/clips", files=upload).raise_for_status().json()
            while clip["status"] in ("uploading", "queued", "running"):
                time.sleep(0.2)
                clip = client.get(f"/v1/clips/{clip['id']}").raise_for_status().json()
        assert (clip["status"], clip["error"]) == ("succeeded", None)
        assert clip["result"]["counts"] == {"squat": 5}
        process.send_signal(getattr(signal, stop_signal()))
        assert process.wait(30) == 0


def stop_signal() -> str:
    (one,) = (one.rest for one in FINAL if one.keyword == "STOPSIGNAL")
    return one


def test_the_doctor_is_content(tree: Tree, composed: dict[str, str]) -> None:
    assert said(tree.start("tenants", "add", "acme", **composed))[0] == 0
    status, out, err = said(tree.start("doctor", **composed, BLAZEREPS_PORT="0"))
    assert (status, err) == (0, ""), out
    assert "FAIL" not in out


def test_without_keys_it_does_not_serve(tree: Tree, composed: dict[str, str]) -> None:
    status, _, err = said(tree.start("serve", **composed))
    assert status == 1
    assert "blazereps tenants add" in err
    assert "Traceback" not in err


def test_nobody_home_is_not_healthy(tree: Tree) -> None:
    (health,) = commands(FINAL, "HEALTHCHECK")
    status, out, err = said(tree.run(health, BLAZEREPS_PORT="1"))
    assert (status, out) == (1, "")
    assert "Connection refused" in err


@pytest.mark.skipif(not IS_ROOT, reason="needs another user")
def test_nothing_of_the_tree_can_be_written(tree: Tree) -> None:
    """But what the volume and the tmpfs are for."""
    writable = [
        str(path.relative_to(tree.root))
        for path in (tree.root, *tree.root.rglob("*"))
        if not path.is_symlink() and (path.stat().st_mode & 0o002 or path.stat().st_uid == UID)
    ]
    assert [one for one in writable if not one.startswith(("data", "tmp"))] == []
    assert (tree.root / "data").stat().st_mode & 0o777 == 0o700


def test_every_command_is_one_that_is_tested_here() -> None:
    """The tree is made and run by these; another would be tried by nobody."""
    run = [words[0] for stage in (BUILDER, FINAL) for words in commands(stage, "RUN")]
    assert run == ["deploy/install", "/opt/blazereps/bin/blazereps", "install"]
    assert [*commands(FINAL, "ENTRYPOINT", "CMD")] == [["blazereps"], ["serve"]]
    assert [*commands(FINAL, "HEALTHCHECK")] == [["blazereps", "healthy"]]


def test_both_stages_have_the_same_python() -> None:
    images = [stage[0].rest.split()[0] for stage in (BUILDER, FINAL)]
    assert len(set(images)) == 1
    assert all("." not in image.split(":")[0] for image in images)  # no registry's host


def test_it_runs_as_nobody_special_and_keeps_its_data_in_the_volume() -> None:
    said = {one.keyword: one.rest for one in FINAL}
    assert said["USER"] == f"{UID}:{UID}"
    assert said["VOLUME"] == environment(FINAL)["BLAZEREPS_DATA"] == "/data"
    assert said["EXPOSE"] == str(Settings.model_fields["port"].default)
    assert environment(FINAL)["PYTHONDONTWRITEBYTECODE"] == "1"


def test_what_is_installed_is_what_is_tested() -> None:
    """The image's pins are those of the development environment."""
    dev = pins("dev")
    for name in ("run", "build"):
        assert pins(name) <= dev


def pins(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^\S+==\S+", text, re.MULTILINE))


def test_the_build_sees_only_what_the_image_is_made_of(tmp_path: Path) -> None:
    """No keys, no data, no history: none of them has to be thought of in .dockerignore."""
    seen = context(IGNORED, tmp_path)
    assert not {"tests", "docs", "people", "build"} & {path.name for path in seen.iterdir()}
    assert not [path for path in seen.rglob("*") if re.match(r"\.|__pycache__", path.name)]
