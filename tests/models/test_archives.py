import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from models.archives import ArchiveError, read_members

MEMBERS = {"package/a.tflite": b"first", "package/b.tflite": b"second"}
SIZES = {name: len(data) for name, data in MEMBERS.items()}


@pytest.fixture(params=["zip", "tar"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"package.{request.param}"
    if request.param == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in MEMBERS.items():
                package.writestr(name, data)
    else:
        with tarfile.open(path, "w:gz") as package:
            for name, data in MEMBERS.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                package.addfile(info, io.BytesIO(data))
    return path


def test_the_named_members_are_read(archive: Path) -> None:
    assert read_members(archive, SIZES) == MEMBERS


def test_members_that_are_not_there_are_left_out(archive: Path) -> None:
    assert read_members(archive, {"package/a.tflite": 5, "package/c.tflite": 1}) == {
        "package/a.tflite": b"first"
    }


def test_a_member_of_another_size_is_refused_unread(archive: Path) -> None:
    with pytest.raises(ArchiveError, match=r"package/b\.tflite has 6 bytes, it must have 2"):
        read_members(archive, {"package/b.tflite": 2})


def test_a_truncated_archive_is_refused(archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="not a whole wheel or npm tarball"):
        read_members(archive, SIZES)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not an archive\n" * 100)
    with pytest.raises(ArchiveError, match=r"notes\.txt is not a whole wheel or npm tarball"):
        read_members(path, SIZES)
