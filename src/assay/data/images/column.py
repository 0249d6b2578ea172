"""The pictures that cells name: paths, URLs, bytes, or lists of these."""

import base64
import binascii
import hashlib
import math
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.data.base import Findings, Row
from assay.data.images.decode import examine
from assay.data.images.fetch import URLS, Fetch
from assay.data.images.source import BANG, STORE, TAR, ZIP, At, Store, leads_out, read_bytes, shown
from assay.data.workplace import clear

USUAL = ("", "images", "img", "img_align_celeba")  # where pictures lie next to their table
DATA_URL = "data:image/"
LINK = "is a link that leads out of its folder; name a folder above both in `data.images`"


@dataclass(frozen=True, slots=True)
class PictureColumns:
    """Resolves the cells of `columns`.

    A cell is a path, a URL (read only with `fetch`), a data URL, bytes, the `{bytes, path}` of
    Hugging Face, or a list of these; an empty one means that the record has no such picture. A
    path counts from one of `roots`, which are folders or archives, or from `folder`, where the
    data lies, and must end below a root.
    """

    columns: tuple[str, ...]
    folder: Path
    roots: tuple[Path, ...]
    store: Store
    fetch: Fetch | None = None

    def parts(self, row: Row, where: str, findings: Findings) -> tuple[ImagePart, ...] | None:
        parts: list[ImagePart] = []
        usable = True
        for name, claim in self._claims(row):
            try:
                part, odd = self._part(claim, name)
            except InputError as bad:
                findings.name(f"{where}: picture {label_of(claim)} {bad}; its record is left out")
                usable = False
                continue
            parts.append(part)
            if odd is not None:
                findings.name(f"{where}: picture {label_of(claim)} {odd}")
        return tuple(parts) if usable else None

    def _claims(self, row: Row) -> Iterator[tuple[str, object]]:
        """(part name, cell) for every picture of a row."""
        for column in self.columns:
            content = row.get(column)
            several = content if isinstance(content, list | tuple) else [content]
            claims = [claim for claim in several if not _empty(claim)]
            for number, claim in enumerate(claims, 1):
                base = "image" if len(self.columns) == 1 else column
                yield base if len(claims) == 1 else f"{base}{number}", claim

    def _part(self, claim: object, name: str) -> tuple[ImagePart, str | None]:
        uri, content = self._found(claim)
        odd = examine(content, label_of(claim))
        kept = self.store.keep(content) if uri is None else uri
        return ImagePart(kept, hashlib.sha256(content).hexdigest(), name), odd

    def _found(self, claim: object) -> tuple[str | None, bytes]:
        """Address, where the bytes have one, and bytes."""
        if isinstance(claim, At):
            if claim.below is not None and leads_out(claim.below, claim.uri):
                raise InputError(LINK)
            return claim.uri, read_bytes(claim.uri)
        if isinstance(claim, Mapping):
            held = claim.get("bytes")
            claim = held if held is not None else claim.get("path")
        if isinstance(claim, bytes | bytearray | memoryview):
            return None, bytes(claim)
        if not isinstance(claim, str):
            raise InputError(f"is a {type(claim).__name__}, not a path, a URL or bytes")
        text = claim.strip()
        if text.lower().startswith(URLS):
            return None, self._fetched(text)
        if text.startswith(DATA_URL):
            return None, _inline(text)
        uri = self._resolved(text)
        return uri, read_bytes(uri)

    def _fetched(self, url: str) -> bytes:
        if self.fetch is None:
            raise InputError("is a URL; set `data.urls: true` to have it fetched")
        return self.fetch(url)

    def _resolved(self, name: str) -> str:
        if "\x00" in name:
            raise InputError("has no valid path")
        outside = True
        for root in self.roots:
            if root.is_file():
                return _in_archive(root, name.removeprefix("./"))
            for base in (root, self.folder):
                path = os.path.abspath(os.path.join(base, name))
                if path.startswith(os.path.abspath(root).rstrip(os.sep) + os.sep):
                    outside = False
                    if os.path.lexists(path):
                        if leads_out(root, path):
                            raise InputError(LINK)
                        return path
        if outside:
            raise InputError("lies elsewhere; name a folder above all pictures in `data.images`")
        raise InputError(f"is not there (looked in {', '.join(str(r) for r in self.roots)})")


def pictures(columns: tuple[str, ...], path: Path, images: Path | None = None) -> PictureColumns:
    """For the data at `path`, whose pictures lie in `images` or in a usual place next to it."""
    folder = path if path.is_dir() else path.parent
    there = (folder / name for name in USUAL if (folder / name).is_dir())
    roots = tuple(place for place in there if not leads_out(folder, place))
    if images is not None:
        if not images.exists():
            raise InputError(f"{images}, which should hold the pictures, does not exist")
        roots = (images,)
    clear(folder / STORE)
    return PictureColumns(columns, folder, roots, Store(folder / STORE))


def label_of(claim: object) -> str:
    """What a cell calls its picture, for messages."""
    if isinstance(claim, At):
        return str(claim)
    if isinstance(claim, Mapping):
        return shown(str(claim.get("path") or "of bytes"))
    if isinstance(claim, str):
        return "in a data URL" if claim.startswith(DATA_URL) else shown(claim)
    return "of bytes"


def _empty(claim: object) -> bool:
    if isinstance(claim, Mapping):
        return claim.get("bytes") is None and not claim.get("path")
    if isinstance(claim, float):
        return math.isnan(claim)
    return claim is None or (isinstance(claim, str) and not claim.strip())


def _inline(url: str) -> bytes:
    head, comma, content = url.partition(",")
    try:
        if head.endswith(";base64"):
            return base64.b64decode(content, validate=True)
    except binascii.Error:
        comma = ""
    if not comma:
        raise InputError("is a broken data URL")
    return unquote_to_bytes(content)


def _in_archive(archive: Path, name: str) -> str:
    if archive.suffix.lower() == ".zip":
        return f"{ZIP}{os.path.abspath(archive)}{BANG}{name}"
    place = _members(str(archive)).get(name)
    if place is None:
        raise InputError(f"is not in {archive}")
    return f"{TAR}{os.path.abspath(archive)}{BANG}{place}{BANG}{name}"


@lru_cache(maxsize=4)
def _members(archive: str) -> dict[str, str]:
    """Offset and size of each file in a plain TAR."""
    try:
        with tarfile.open(archive, "r:") as file:
            return {
                m.name.removeprefix("./"): f"{m.offset_data}+{m.size}" for m in file if m.isfile()
            }
    except (tarfile.TarError, OSError):
        raise InputError(
            f"is in {archive}, which is no ZIP and no plain TAR; unpack it, and name the folder"
        ) from None
