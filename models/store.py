"""The cache of converted networks: finds them, and builds what is missing.

Two kinds of file lie in the folder: `sources/*.tflite`, taken out of the registries' packages, and
`*.onnx` with a `*.json` beside it that says what the file must be. The packages themselves are not
kept. Every file is written aside and renamed, and the same bytes come out of every build, so
several processes may build at once.
"""

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import platformdirs

from models.archives import ArchiveError, read_members
from models.converted import VERSION
from models.manifest import BLAZEPOSE, Manifest, Network
from models.packages import FetchError, Package, Report, by_hand, fetch, sha256_of

Fetch = Callable[[Package, Path, Report], Path]
"""Gets a pinned package into a folder; see `packages.fetch`."""


class ModelsMissing(RuntimeError):
    """The networks are not in the cache, or not usable; the message says what to run."""


class BuildError(RuntimeError):
    """The networks could not be built; the message says what to do about it."""


@dataclass(frozen=True)
class ModelFiles:
    """The two networks of a variant, as ONNX files."""

    detector: Path
    landmarker: Path


@dataclass(frozen=True)
class _Record:
    """What is written beside a converted network."""

    sha256: str
    size: int
    source_sha256: str
    outputs: dict[str, str]
    converter: int

    @classmethod
    def of(cls, network: Network, data: bytes) -> Self:
        """The record of a network that was converted to `data`."""
        sha256 = hashlib.sha256(data).hexdigest()
        outputs = dict(network.outputs)
        return cls(sha256, len(data), network.sha256, outputs, VERSION)

    def is_current(self, network: Network) -> bool:
        """Whether the same would be made today."""
        made = (self.source_sha256, self.outputs, self.converter)
        return made == (network.sha256, dict(network.outputs), VERSION)


class ModelStore:
    """The networks in one folder, by default the cache folder that this system gives its user."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        manifest: Manifest = BLAZEPOSE,
        fetch: Fetch = fetch,
    ) -> None:
        self.folder = folder or Path(platformdirs.user_cache_dir("blazereps")) / "models"
        self._manifest = manifest
        self._fetch = fetch

    def find(self, variant: str = "full") -> ModelFiles:
        """The networks of `variant` (lite, full or heavy), checked by size and sha256.

        Raises ModelsMissing, or ValueError for an unknown variant.
        """
        for network in self._manifest.pick(variant):
            if fault := self._fault(network):
                raise ModelsMissing(
                    f"{self.path(network)} {fault}: run `blazereps models build {variant}`, "
                    "or set BLAZEREPS_MODELS to a folder that has the models"
                )
        return self._files(variant)

    def build(
        self, variant: str = "full", *, report: Report, source: Path | None = None
    ) -> ModelFiles:
        """Download and convert what is missing, tell `report` how far it is, and return the files.

        `source` is a wheel or tarball that was brought by hand, used instead of the registries.
        Raises BuildError, or ValueError for an unknown variant.
        """
        try:
            if source:
                self._unpack(source)
            for network in self._manifest.pick(variant):
                if self._fault(network):
                    self._convert(network, report, download=source is None)
        except (ArchiveError, FetchError) as error:
            raise BuildError(f"{error}\n{self._by_hand(variant)}") from error
        except OSError as error:
            raise BuildError(
                f"can't build the models in {self.folder}: {error}; "
                "BLAZEREPS_MODELS may name another folder"
            ) from error
        report(f"The {variant} models are in {self.folder}")
        return self._files(variant)

    def state(self, variant: str) -> str:
        """In words: "ready", or what is wrong with the first network that can't be used."""
        for network in self._manifest.pick(variant):
            if fault := self._fault(network):
                return f"{network.name} {fault}"
        return "ready"

    def path(self, network: Network) -> Path:
        """Where the converted network lies, or will."""
        return self.folder / f"{network.name}.onnx"

    def source_path(self, network: Network) -> Path:
        """Where the TFLite file lies, or will."""
        return self.folder / "sources" / f"{network.name}.tflite"

    def _files(self, variant: str) -> ModelFiles:
        detector, landmarker = self._manifest.pick(variant)
        return ModelFiles(self.path(detector), self.path(landmarker))

    def _fault(self, network: Network) -> str:
        path = self.path(network)
        record = _read_record(path.with_suffix(".json"))
        if record is None or not path.is_file():
            return "is not there"
        if not record.is_current(network):
            return "was made by another version of blazereps"
        if path.stat().st_size != record.size or sha256_of(path) != record.sha256:
            return "is damaged"
        return ""

    def _convert(self, network: Network, report: Report, *, download: bool) -> None:
        source = self.source_path(network)
        if not (source.is_file() and sha256_of(source) == network.sha256):
            if not download:
                raise FetchError(f"{network.name} is still missing: give {network.package} too")
            self._download(network.package, report)
        report(f"Converting {network.name}")
        from models.converter import convert  # noqa: PLC0415 - onnx takes 30 MB to import

        data = convert(source.read_bytes(), network.outputs)
        path = self.path(network)
        _write(path, data)
        record = json.dumps(asdict(_Record.of(network, data)), indent=2)
        _write(path.with_suffix(".json"), record.encode())

    def _download(self, package: Package, report: Report) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".package-") as scratch:
            self._unpack(self._fetch(package, Path(scratch), report))

    def _unpack(self, archive: Path) -> None:
        """Keep every network of the manifest that is in the package, if its sha256 is right."""
        members = read_members(
            archive, {network.member: network.size for network in self._manifest.networks}
        )
        for network in self._manifest.networks:
            data = members.get(network.member)
            if data is None:
                continue
            actual = hashlib.sha256(data).hexdigest()
            if actual != network.sha256:
                raise ArchiveError(
                    f"{archive}: {network.member} has sha256 {actual}, it must be {network.sha256}"
                )
            _write(self.source_path(network), data)

    def _by_hand(self, variant: str) -> str:
        missing = [network for network in self._manifest.pick(variant) if self._fault(network)]
        packages = dict.fromkeys(network.package for network in missing)
        return "\n".join(
            [
                "Without the registry: on a machine that reaches it run",
                *(f"  {by_hand(package)}" for package in packages),
                "and here, with what that downloaded,",
                *(f"  blazereps models build {variant} --from {p.filename}" for p in packages),
                "Or copy the models folder of a machine that has them, and set BLAZEREPS_MODELS "
                "to the copy.",
            ]
        )


def _read_record(path: Path) -> _Record | None:
    try:
        return _Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, data: bytes) -> None:
    """Write a file so that under its name there is only ever a whole one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
