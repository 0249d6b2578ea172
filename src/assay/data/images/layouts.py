"""Rows from collections of pictures: folders, archives, and the layouts of well-known data sets.

Every row has an `image`; where a reader found the picture itself it is an `At`, elsewhere the name
that the collection gives, to be looked up like any cell.
"""

import os
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.data.base import Row
from assay.data.coco import coco_of, has_boxes, validation_errors
from assay.data.images.decode import MOST_BYTES, SUFFIXES
from assay.data.images.source import BANG, TAR, ZIP, At, leads_out

CELEBA = "list_attr_celeba.txt"
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # gzip, bzip2, xz
MARKS = {"1": "yes", "-1": "no", "0": "no"}

Rows = Iterator[tuple[int, Row]]


def is_picture(name: str) -> bool:
    """By its ending; what is in it is seen when it is read. Hidden files are none."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


def read_pictures(folder: Path) -> Rows:
    """Every picture below a folder, by name: `image`, `file` and `folder`, often its class."""
    number = 0
    for path, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            file = Path(os.path.relpath(os.path.join(path, name), folder)).as_posix()
            if is_picture(file):
                number += 1
                found = At(os.path.abspath(os.path.join(path, name)), os.path.abspath(folder))
                yield number, _row(found, file)


def read_films(folder: Path) -> Rows:
    """MM-IMDB: one JSON a film with its poster under the same name.

    Keys of the JSON become columns; of several plots the longest is taken, since short ones are
    often only a teaser.
    """
    for number, path in enumerate(sorted(folder.glob("*.json")), 1):
        if leads_out(folder, path):
            raise InputError(f"{path} is a link that leads out of its folder; copy the file there")
        film = _json(path)
        if not isinstance(film, dict):
            raise InputError(f"{path}: a JSON object is needed, not a {type(film).__name__}")
        plot = film.get("plot")
        if isinstance(plot, list):
            film["plot"] = max(map(str, plot), key=len, default="")
        poster = next(
            (p for s in sorted(SUFFIXES) if (p := path.with_suffix(s)).is_file()), None
        )  # fmt: skip
        image = At(os.path.abspath(poster), os.path.abspath(folder)) if poster else None
        yield number, {"id": path.stem, "image": image, **film}


def are_films(folder: Path) -> bool:
    first = next(iter(sorted(folder.glob("*.json"))), None)
    return first is not None and any(first.with_suffix(s).is_file() for s in SUFFIXES)


def read_celeba(path: Path) -> Rows:
    """`list_attr_celeba.txt`: a count, the attribute names, then a picture a line with 1 or -1.

    Attributes become columns with yes and no.
    """
    names: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line, text in enumerate(file, 1):
            cells = text.split()
            if not cells or (line == 1 and len(cells) == 1 and cells[0].isdigit()):
                continue
            if not names:
                names = cells
                continue
            marks = cells[1:]
            if len(marks) != len(names) or not MARKS.keys() >= set(marks):
                raise InputError(
                    f"{path}:{line}: a picture and {len(names)} marks of 1 or -1 are needed"
                )
            said = (MARKS[mark] for mark in marks)
            yield line, {"image": cells[0], "file": cells[0], **dict(zip(names, said, strict=True))}


def is_coco(content: object) -> bool:
    return isinstance(content, dict) and {"images", "categories"} <= content.keys()


def read_coco(path: Path, content: Mapping[str, Any]) -> Rows:
    """COCO instances: the distinct categories of a picture's annotations are its `tags`, in the
    order of the category list; crowds count as well. Where all have a place, `boxes` too."""
    with validation_errors(path):
        names = {c["id"]: str(c["name"]) for c in content["categories"]}
        held: defaultdict[object, set[object]] = defaultdict(set)
        for annotation in content.get("annotations", ()):
            held[annotation["image_id"]].add(annotation["category_id"])
        boxes = coco_of(content).boxes if has_boxes(content) else None
        for number, picture in enumerate(content["images"], 1):
            tags = [name for tag, name in names.items() if tag in held[picture["id"]]]
            name = str(picture["file_name"])
            id = str(picture["id"])
            placed = {} if boxes is None else {"boxes": [asdict(box) for box in boxes[id]]}
            yield number, {"id": id, "image": name, "file": name, "tags": tags, **placed}


def read_archive(path: Path) -> Rows:
    """The pictures in a ZIP or TAR: `image`, `file` and `folder`."""
    try:
        rows = _zipped(path) if zipfile.is_zipfile(path) else _tarred(path)
        yield from enumerate(rows, 1)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as bad:
        said = (str(bad).splitlines() or [type(bad).__name__])[0]
        raise InputError(f"{path}: not a readable archive ({said})") from None


def _zipped(path: Path) -> Iterator[Row]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if is_picture(name))
    for name in names:
        yield _row(At(f"{ZIP}{os.path.abspath(path)}{BANG}{name}"), name)


def _tarred(path: Path) -> Iterator[Row]:
    """A plain TAR is read in place; members of a compressed one are handed on as bytes."""
    with path.open("rb") as file:
        packed = file.read(6).startswith(PACKED)
    with tarfile.open(path, "r|*" if packed else "r:") as archive:
        for member in archive:
            if not member.isfile() or not is_picture(member.name):
                continue
            place = f"{member.offset_data}+{member.size}"
            uri = f"{TAR}{os.path.abspath(path)}{BANG}{place}{BANG}{member.name}"
            yield _row(_unpacked(archive, member) if packed else At(uri), member.name)


def _unpacked(archive: tarfile.TarFile, member: tarfile.TarInfo) -> object:
    file = archive.extractfile(member)
    return {"bytes": file.read(MOST_BYTES + 1) if file else b"", "path": member.name}


def _row(image: object, file: str) -> Row:
    above = PurePosixPath(file).parent.name
    return {"image": image, "file": file.removeprefix("./"), "folder": above}


def _json(path: Path) -> Any:
    try:
        return loads(path.read_bytes())
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
