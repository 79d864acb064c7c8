"""Reads single files out of a package: a wheel is a zip, an npm package a gzipped tarball."""

import tarfile
import zipfile
import zlib
from pathlib import Path


class ArchiveError(ValueError):
    """The file is not a package, or a member is not what it should be; the message names it."""


def read_members(archive: Path, sizes: dict[str, int]) -> dict[str, bytes]:
    """Those members of the archive that `sizes` names, each of which must have that many bytes.

    Members that the archive lacks are left out. Raises ArchiveError, or OSError for a file that
    can't be read.
    """
    try:
        if zipfile.is_zipfile(archive):
            return _from_zip(archive, sizes)
        return _from_tar(archive, sizes)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise ArchiveError(f"{archive} is not a whole wheel or npm tarball") from error


def _from_zip(archive: Path, sizes: dict[str, int]) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as package:
        there = {info.filename: info.file_size for info in package.infolist()}
        names = _checked(archive, there, sizes)
        return {name: package.read(name) for name in names}


def _from_tar(archive: Path, sizes: dict[str, int]) -> dict[str, bytes]:
    with tarfile.open(archive) as package:
        there = {info.name: info.size for info in package.getmembers() if info.isfile()}
        names = _checked(archive, there, sizes)
        files = {name: package.extractfile(name) for name in names}
        return {name: file.read() for name, file in files.items() if file}


def _checked(archive: Path, there: dict[str, int], sizes: dict[str, int]) -> list[str]:
    names = [name for name in sizes if name in there]
    for name in names:
        if there[name] != sizes[name]:
            raise ArchiveError(
                f"{archive}: {name} has {there[name]} bytes, it must have {sizes[name]}"
            )
    return names
