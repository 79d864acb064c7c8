import hashlib
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import onnx
import platformdirs
import pytest

from models.converted import VERSION
from models.manifest import BLAZEPOSE, Manifest, Network
from models.packages import FetchError, Package, Report
from models.store import BuildError, ModelsMissing, ModelStore
from tests.models.tiny import TinyOperator, TinyTensor, tflite_file

PACKAGE = Package("pypi", "nets", "1.0", "nets-1.0-py3-none-any.whl", "0" * 64, 1, "Apache-2.0")
OTHER = Package("npm", "more-nets", "2.0", "more-nets-2.0.tgz", "0" * 64, 1, "Apache-2.0")


def _weights(side: int) -> bytes:
    tensors = [TinyTensor((1, side, side, 3)), TinyTensor((1, side, side, 3), name="out")]
    return tflite_file(tensors, [TinyOperator("LOGISTIC", [0], 1)], outputs=[1])


def _network(name: str, package: Package, data: bytes) -> Network:
    sha256 = hashlib.sha256(data).hexdigest()
    return Network(name, package, f"{name}.tflite", sha256, len(data), 4, {"result": "out"})


FILES = {"detector": _weights(2), "full": _weights(4), "lite": _weights(6)}
DETECTOR = _network("detector", PACKAGE, FILES["detector"])
FULL = _network("full", PACKAGE, FILES["full"])
LITE = _network("lite", OTHER, FILES["lite"])
MANIFEST = Manifest(DETECTOR, {"full": FULL, "lite": LITE})


def _archive(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        for name in names:
            package.writestr(f"{name}.tflite", FILES[name])
    return path


@dataclass
class Registry:
    """Fetches like `packages.fetch`, out of thin air, and counts."""

    fetched: list[str] = field(default_factory=list)

    def __call__(self, package: Package, folder: Path, report: Report) -> Path:
        self.fetched.append(package.name)
        names = ["detector", "full"] if package == PACKAGE else ["lite"]
        return _archive(folder / package.filename, *names)


def _offline(package: Package, folder: Path, report: Report) -> Path:
    raise FetchError(f"pip could not download {package}: no route to host")


def _quiet(line: str) -> None:
    """Reports nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


@pytest.fixture
def built(folder: Path) -> ModelStore:
    """A store that has `full`, and from now on no network."""
    ModelStore(folder, manifest=MANIFEST, fetch=Registry()).build("full", report=_quiet)
    return ModelStore(folder, manifest=MANIFEST, fetch=_offline)


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_build_downloads_each_package_once_and_leaves_only_networks(folder: Path) -> None:
    registry, said = Registry(), list[str]()
    store = ModelStore(folder, manifest=MANIFEST, fetch=registry)
    files = store.build("full", report=said.append)
    assert registry.fetched == ["nets"]
    assert files == store.find("full")
    onnx.checker.check_model(onnx.load(files.detector))
    onnx.checker.check_model(onnx.load(files.landmarker))
    stems = {"detector", "full"}
    assert _names(folder) == {f"{s}.onnx" for s in stems} | {f"{s}.json" for s in stems} | {
        f"sources/{s}.tflite" for s in stems
    }
    assert said[:2] == ["Converting detector", "Converting full"]


def test_a_second_build_does_nothing(built: ModelStore) -> None:
    before = built.path(FULL).stat().st_mtime_ns
    built.build("full", report=_quiet)
    assert built.path(FULL).stat().st_mtime_ns == before


def test_another_variant_takes_only_what_is_missing(built: ModelStore) -> None:
    registry = Registry()
    store = ModelStore(built.folder, manifest=MANIFEST, fetch=registry)
    store.build("lite", report=_quiet)
    assert registry.fetched == ["more-nets"]


def test_what_is_missing_is_an_error_that_says_what_to_run(folder: Path) -> None:
    store = ModelStore(folder, manifest=MANIFEST, fetch=_offline)
    with pytest.raises(ModelsMissing, match=r"blazereps models build lite.*BLAZEREPS_MODELS"):
        store.find("lite")
    assert store.state("lite") == "detector is not there"


def test_an_unknown_variant_is_refused_and_the_known_ones_are_named(built: ModelStore) -> None:
    for method in (built.find, built.state):
        with pytest.raises(ValueError, match="no model variant 'huge'; there are full, lite"):
            method("huge")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_cut, "is damaged"),
        (_flip, "is damaged"),
        (Path.unlink, "is not there"),
        (lambda path: path.write_bytes(b""), "is damaged"),
        (lambda path: path.with_suffix(".json").unlink(), "is not there"),
        (lambda path: path.with_suffix(".json").write_text("{"), "is not there"),
        (lambda path: path.with_suffix(".json").write_text('{"sha256": 1}'), "is not there"),
        (lambda path: path.with_suffix(".json").write_text("[]"), "is not there"),
    ],
)
def test_a_spoilt_network_is_never_found_and_is_built_again_without_a_network(
    built: ModelStore, damage: Callable[[Path], object], fault: str
) -> None:
    path = built.path(FULL)
    whole = path.read_bytes()
    damage(path)
    assert built.state("full") == f"full {fault}"
    with pytest.raises(ModelsMissing, match=rf"full\.onnx {fault}: run `blazereps models"):
        built.find("full")
    built.build("full", report=_quiet)
    assert built.find("full").landmarker.read_bytes() == whole


@pytest.mark.parametrize(
    "change",
    [{"converter": VERSION - 1}, {"source_sha256": "0"}, {"outputs": {"other": "out"}}],
)
def test_a_network_of_another_version_is_built_again(
    built: ModelStore, change: dict[str, object]
) -> None:
    record = built.path(FULL).with_suffix(".json")
    record.write_text(json.dumps(json.loads(record.read_text()) | change))
    assert built.state("full") == "full was made by another version of blazereps"
    built.build("full", report=_quiet)
    assert built.state("full") == "ready"


def test_a_spoilt_source_is_downloaded_again(built: ModelStore) -> None:
    _flip(built.source_path(FULL))
    built.path(FULL).unlink()
    registry = Registry()
    ModelStore(built.folder, manifest=MANIFEST, fetch=registry).build("full", report=_quiet)
    assert registry.fetched == ["nets"]
    assert built.state("full") == "ready"


def test_offline_the_error_says_how_to_do_it_by_hand(folder: Path) -> None:
    store = ModelStore(folder, manifest=MANIFEST, fetch=_offline)
    with pytest.raises(BuildError) as caught:
        store.build("lite", report=_quiet)
    message = str(caught.value)
    assert "no route to host" in message
    assert "python -m pip download" in message
    assert "npm pack more-nets@2.0" in message
    assert "blazereps models build lite --from nets-1.0-py3-none-any.whl" in message
    assert "blazereps models build lite --from more-nets-2.0.tgz" in message
    assert "BLAZEREPS_MODELS" in message


def test_a_package_at_hand_is_used_instead_of_the_network(folder: Path, tmp_path: Path) -> None:
    store = ModelStore(folder, manifest=MANIFEST, fetch=_offline)
    wheel = _archive(tmp_path / "brought.whl", "detector", "full")
    store.build("full", report=_quiet, source=wheel)
    assert store.state("full") == "ready"
    assert wheel.exists()


def test_packages_at_hand_may_come_one_after_the_other(folder: Path, tmp_path: Path) -> None:
    store = ModelStore(folder, manifest=MANIFEST, fetch=_offline)
    wheel = _archive(tmp_path / "brought.whl", "detector")
    with pytest.raises(BuildError, match=r"lite is still missing: give more-nets@2\.0 too"):
        store.build("lite", report=_quiet, source=wheel)
    store.build("lite", report=_quiet, source=_archive(tmp_path / "more.tgz", "lite"))
    assert store.state("lite") == "ready"


def test_other_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    manifest = replace(MANIFEST, detector=replace(DETECTOR, sha256="f" * 64))
    store = ModelStore(folder, manifest=manifest, fetch=_offline)
    wheel = _archive(tmp_path / "brought.whl", "detector", "full")
    with pytest.raises(BuildError, match=r"detector\.tflite has sha256 \w+, it must be ffff"):
        store.build("full", report=_quiet, source=wheel)
    assert not folder.exists()


def test_a_file_that_is_no_package_is_refused(folder: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    store = ModelStore(folder, manifest=MANIFEST, fetch=_offline)
    with pytest.raises(BuildError, match=r"notes\.txt is not a whole wheel or npm tarball"):
        store.build("full", report=_quiet, source=notes)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    store = ModelStore(blocked, manifest=MANIFEST, fetch=Registry())
    with pytest.raises(BuildError, match=r"can't build the models in .*BLAZEREPS_MODELS"):
        store.build("full", report=_quiet)


def test_builders_at_the_same_time_all_end_right(folder: Path) -> None:
    start, found = threading.Barrier(6), list[str]()

    def build() -> None:
        store = ModelStore(folder, manifest=MANIFEST, fetch=Registry())
        start.wait()
        files = store.build("full", report=_quiet)
        onnx.checker.check_model(onnx.load(files.landmarker))
        found.append(store.state("full"))

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["ready"] * 6
    assert {name for name in _names(folder) if name.startswith(".")} == set()


def test_the_default_folder_is_in_the_users_cache() -> None:
    assert ModelStore().folder == Path(platformdirs.user_cache_dir("blazereps")) / "models"


def test_the_product_has_three_variants_and_the_hashes_of_the_published_files() -> None:
    assert list(BLAZEPOSE.variants) == ["lite", "full", "heavy"]
    published = {network.name: network.sha256[:8] for network in BLAZEPOSE.networks}
    assert published == {
        "pose_detection": "9ba9dd3d",
        "pose_landmark_lite": "f17bfbec",
        "pose_landmark_full": "e9a5c5cb",
        "pose_landmark_heavy": "59e42d71",
    }
