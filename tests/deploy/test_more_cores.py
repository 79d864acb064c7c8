"""Several processes behind nginx as docs/deploying.md has it, and the unit that starts them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from blazereps_client import LiveError, PoseAt, SessionStart
from blazereps_client.messages import SessionResumed
from blazereps_client.results import Document
from blazereps_client.sync import LiveSession, connect
from tests.deploy.dockerfile import ROOT
from tests.service.fakes import REP, grey_pose
from tests.service.killable import KillableServer, free_port
from tests.service.waiting import until

PAGE = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy/blazereps@.service"
START = SessionStart(exercise="squat", input="landmarks")

needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx")


@needs_nginx
def test_sessions_of_a_lost_process_go_on_in_another(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(KillableServer(tmp_path)) for _ in range(2))
        url = stack.enter_context(_nginx(tmp_path, first.port, second.port))
        sessions = [stack.enter_context(connect(url, START)) for _ in range(2)]
        heard: list[Document] = []
        for session in sessions:
            session.on(SessionResumed, heard.append)
            _send(session, 0, 3)
        first.kill()
        until(lambda: heard)
        for session in sessions:
            _send(session, 3, len(REP))
            assert session.end().counts == {"squat": 1}
    assert len(heard) == 1


@needs_nginx
def test_whoever_is_full_is_passed_over(tmp_path: Path) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(KillableServer(tmp_path, max_sessions=1))
        stack.enter_context(connect(full.url, START))
        other = stack.enter_context(KillableServer(tmp_path, max_sessions=2))
        url = stack.enter_context(_nginx(tmp_path, full.port, other.port))
        for _ in range(2):
            stack.enter_context(connect(url, START))
        with pytest.raises(LiveError, match="over_capacity"):
            stack.enter_context(connect(url, START))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "blazereps@8001.service"
    installed = UNIT.read_text(encoding="utf-8").replace(
        "/opt/blazereps/bin/blazereps", "/bin/true"
    )
    unit.write_text(installed.replace("User=blazereps", "User=root"), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def _send(session: LiveSession, first: int, last: int) -> None:
    for n in range(first, last):
        session.send(PoseAt(n / 10, grey_pose(REP[n]).image.tolist()))


@contextmanager
def _nginx(folder: Path, *ports: int) -> Iterator[str]:
    """What the page has of nginx, in front of these; gives the URL of live sessions."""
    location, upstream = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
    for named, port in zip(("8001", "8002"), ports, strict=True):
        upstream = upstream.replace(f":{named}", f":{port}")
    location = location.replace("http://127.0.0.1:8000", "http://blazereps")
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""
        daemon off; pid {folder}/nginx.pid; error_log stderr;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
            map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
            {upstream}
            server {{ listen 127.0.0.1:{port}; {location} }}
        }}"""
    )
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until((folder / "nginx.pid").exists)
            yield f"ws://127.0.0.1:{port}/v1/live"
        finally:
            process.terminate()
