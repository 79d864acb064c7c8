import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from models.packages import FetchError, Package, by_hand, fetch, run_client

CONTENT = b"the package"
WHEEL = Package(
    registry="pypi",
    name="example",
    version="1.2",
    filename="example-1.2-cp312-cp312-manylinux_2_28_x86_64.whl",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    licence="Apache-2.0",
)
PURE_WHEEL = replace(WHEEL, filename="example-1.2-py3-none-any.whl")
TARBALL = replace(WHEEL, registry="npm", name="@scope/example", filename="scope-example-1.2.tgz")


class Registry:
    """A client that finds the file in a registry of one file, and remembers what it was asked."""

    def __init__(self, filename: str, content: bytes = CONTENT, errors: str = "") -> None:
        self.filename, self.content, self.errors = filename, content, errors
        self.commands: list[Sequence[str]] = []
        self.requirements = ""

    def __call__(
        self, command: Sequence[str], scratch: Path, tick: Callable[[], None]
    ) -> tuple[int, str]:
        self.commands.append(command)
        if (scratch / "requirements.txt").exists():
            self.requirements = (scratch / "requirements.txt").read_text()
        tick()
        if self.errors:
            return 1, self.errors
        (scratch / self.filename).write_bytes(self.content)
        return 0, ""


def _absent(command: Sequence[str], scratch: Path, tick: Callable[[], None]) -> tuple[int, str]:
    raise FileNotFoundError(command[0])


def _quiet(line: str) -> None:
    """Reports nothing."""


@pytest.mark.parametrize("package", [WHEEL, PURE_WHEEL, TARBALL])
def test_a_package_is_downloaded_once(package: Package, tmp_path: Path) -> None:
    registry, said = Registry(package.filename), list[str]()
    path = fetch(package, tmp_path / "new", said.append, client=registry)
    assert path.read_bytes() == CONTENT
    assert fetch(package, tmp_path / "new", said.append, client=_absent) == path
    assert list((tmp_path / "new").iterdir()) == [path]
    assert len(registry.commands) == 1
    assert said == [said[0]]
    assert str(package) in said[0]
    assert "MB" in said[0]


def test_a_damaged_copy_is_downloaded_again(tmp_path: Path) -> None:
    (tmp_path / WHEEL.filename).write_bytes(CONTENT[:-1])
    path = fetch(WHEEL, tmp_path, _quiet, client=Registry(WHEEL.filename))
    assert path.read_bytes() == CONTENT


def test_pip_is_asked_for_this_very_wheel_with_its_hash(tmp_path: Path) -> None:
    registry = Registry(WHEEL.filename)
    fetch(WHEEL, tmp_path, _quiet, client=registry)
    command = " ".join(registry.commands[0])
    assert command.startswith(f"{sys.executable} -m pip download --no-deps --only-binary=:all:")
    assert "--python-version 312 --abi cp312 --platform manylinux_2_28_x86_64" in command
    assert "--require-hashes" in command
    assert registry.requirements == f"example==1.2 --hash=sha256:{WHEEL.sha256}\n"


def test_a_pure_wheel_is_asked_for_without_a_platform(tmp_path: Path) -> None:
    registry = Registry(PURE_WHEEL.filename)
    fetch(PURE_WHEEL, tmp_path, _quiet, client=registry)
    assert "--platform" not in registry.commands[0]


def test_npm_is_asked_for_this_version_and_runs_no_scripts(tmp_path: Path) -> None:
    registry = Registry(TARBALL.filename)
    fetch(TARBALL, tmp_path, _quiet, client=registry)
    assert registry.commands[0][:3] == ["npm", "pack", "@scope/example@1.2"]
    assert "--ignore-scripts" in registry.commands[0]


def test_another_content_is_refused_and_not_kept(tmp_path: Path) -> None:
    registry = Registry(WHEEL.filename, content=b"something else")
    with pytest.raises(FetchError, match=f"it must be {WHEEL.sha256}"):
        fetch(WHEEL, tmp_path, _quiet, client=registry)
    assert not any(tmp_path.iterdir())


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"pip could not download example==1\.2"):
        fetch(WHEEL, tmp_path, _quiet, client=Registry("example-1.3.whl"))


def test_the_clients_own_words_are_passed_on(tmp_path: Path) -> None:
    registry = Registry(WHEEL.filename, errors="WARNING: retrying\nERROR: no route to host\n")
    with pytest.raises(FetchError, match="no route to host"):
        fetch(WHEEL, tmp_path, _quiet, client=registry)


def test_without_npm_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"npm is needed .* install Node\.js"):
        fetch(TARBALL, tmp_path, _quiet, client=_absent)


def test_without_pip_the_error_says_what_to_run(tmp_path: Path) -> None:
    registry = Registry(WHEEL.filename, errors="/usr/bin/python: No module named pip")
    with pytest.raises(FetchError, match="-m ensurepip"):
        fetch(WHEEL, tmp_path, _quiet, client=registry)


def test_progress_is_told_while_the_file_grows(tmp_path: Path) -> None:
    content = bytes(4_000_000)
    package = replace(WHEEL, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    said: list[str] = []

    def slow(command: Sequence[str], scratch: Path, tick: Callable[[], None]) -> tuple[int, str]:
        (scratch / "part").write_bytes(content[:2_000_000])
        time.sleep(1.05)
        tick()
        tick()
        (scratch / package.filename).write_bytes(content)
        return 0, ""

    fetch(package, tmp_path, said.append, client=slow)
    assert said == ["Downloading example==1.2 (4 MB) with pip", "  2 of 4 MB"]


def test_by_hand_is_a_command_for_a_person() -> None:
    assert by_hand(TARBALL) == "npm pack @scope/example@1.2"
    assert by_hand(WHEEL).startswith("python -m pip download --no-deps")
    assert by_hand(WHEEL).endswith("manylinux_2_28_x86_64 example==1.2")


def test_a_client_is_run_with_its_temporary_files_in_the_scratch_folder(tmp_path: Path) -> None:
    ticks: list[int] = []
    program = "import sys, tempfile, time; time.sleep(.2); sys.exit(tempfile.gettempdir())"
    status, errors = run_client([sys.executable, "-c", program], tmp_path, lambda: ticks.append(1))
    assert (status, errors.strip()) == (1, str(tmp_path))
    assert ticks


def test_a_program_that_is_not_there_is_a_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_client(["no-such-program-anywhere"], tmp_path, lambda: None)
