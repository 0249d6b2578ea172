"""Where a picture's bytes are: a file, a member of an archive, or the store next to the data."""

import hashlib
import os
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_path

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.data.images.decode import MOST_BYTES
from assay.data.workplace import working

ZIP, TAR = "zip:", "tar:"  # zip:ARCHIVE!MEMBER, tar:ARCHIVE!OFFSET+SIZE!MEMBER
BANG = "!"
STORE = ".assay-images"


def read_bytes(uri: str) -> bytes:
    """At most `MOST_BYTES` and one, so that a larger file is seen to be too large."""
    if uri.startswith(ZIP):
        archive, _, member = uri.removeprefix(ZIP).partition(BANG)
        return _unzipped(archive, member)
    start, size = 0, MOST_BYTES + 1
    path = Path(uri)
    if uri.startswith(TAR):
        archive, place, _ = uri.removeprefix(TAR).split(BANG, 2)
        start, size = (int(n) for n in place.split("+"))
        path = Path(archive)
    if not path.is_file():
        raise InputError("is not there" if not path.exists() else "is not a file")
    try:
        with path.open("rb") as file:
            file.seek(start)
            # no more than there is: room for all that is asked for would be made first
            there = max(os.fstat(file.fileno()).st_size - start, 0) + 1
            return file.read(min(size, MOST_BYTES + 1, there))
    except OSError as bad:
        raise InputError(f"cannot be read ({bad.strerror or bad})") from None


def content_of(part: ImagePart) -> bytes:
    """The bytes whose hash the record carries; InputError if they are gone or others by now."""
    try:
        content = read_bytes(part.uri)
        if hashlib.sha256(content).hexdigest() != part.sha256:
            raise InputError("has changed since its record was read")
    except InputError as bad:
        raise InputError(f"picture {shown(part.uri)} {bad}") from None
    return content


def leads_out(folder: Path | str, path: Path | str) -> bool:
    """Whether a link below `folder` leads out of it, as `..` would. The cache of a hub, where
    every file of `snapshots` is a link into `blobs` next to it, is one folder."""
    top, end = Path(os.path.realpath(folder)), Path(os.path.realpath(path))
    if end.is_relative_to(top):
        return False
    cache = next((p.parent for p in (top, *top.parents) if p.name == "snapshots"), None)
    return cache is None or end.parent != cache / "blobs"


def shown(uri: str) -> str:
    """A name for messages: the last two parts of the address."""
    plain = uri.replace(BANG, "/").encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "�" for c in "/".join(plain.split("/")[-2:]))[-120:]


@lru_cache(maxsize=8)
def _archive(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _unzipped(archive: str, member: str) -> bytes:
    try:
        with _archive(archive).open(member) as file:
            return file.read(MOST_BYTES + 1)
    except (KeyError, FileNotFoundError):
        raise InputError("is not there") from None
    except Exception as bad:  # zlib.error, an encrypted member, and what else archives hold
        said = " ".join(str(bad).split())[:80] or type(bad).__name__
        raise InputError(f"cannot be unpacked ({said})") from None


@dataclass(frozen=True, slots=True)
class At:
    """The address of a picture that a reader of ours found, not one that a cell claims; `below`:
    the folder that it was found in, which no link leads out of."""

    uri: str
    below: str | None = None

    def __str__(self) -> str:
        return shown(self.uri)


@dataclass(frozen=True, slots=True)
class Store:
    """Pictures that lie in no file of their own, kept by content in a folder next to the data, or
    in the user's cache where that folder cannot be written."""

    root: Path

    def keep(self, content: bytes) -> str:
        """The address under which the bytes are kept from now on."""
        sha = hashlib.sha256(content).hexdigest()
        for root in (self.root, user_cache_path("assay") / "images"):
            path = root / sha[:2] / sha
            if path.exists():
                return str(path)
            try:
                write_atomically(path, content, root)
            except OSError:
                continue
            return str(path)
        raise InputError(f"cannot be kept: neither {self.root} nor the cache can be written")


def write_atomically(path: Path, content: bytes, store: Path) -> None:
    """The file appears in the folder `store`, or below it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with working(store) as place:
        part = place / path.name
        part.write_bytes(content)
        os.replace(part, path)
