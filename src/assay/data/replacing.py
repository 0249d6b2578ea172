"""Which file that is there an output may replace.

What a command reads: never. Another one: with `--force`, or where Assay wrote it and nobody has
changed it since. That is known from a digest in the user's state folder, one small file an output:
nothing lies next to the output, and where the folder is lost Assay asks for `--force`.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from assay.core.errors import AssayError, InputError
from assay.data.base import cell
from assay.data.images.decode import SUFFIXES
from assay.data.inputs import Files, claim, current, files, protect
from assay.data.read import READERS, read_rows

MOST_KNOWN = 10_000  # outputs that are remembered; beyond it the oldest tenth is forgotten
SQLITE = b"SQLite format 3\0"
# columns by which a sheet for people is known, and those that people fill
SHEETS = (({"record", "waiting_for"}, ("annotator", "label")), ({"record", "audit"}, ("answer",)))


def wanted(path: Path) -> None:
    """To be said of an output before anything is read or spent; InputError if it is refused."""
    check_free(path)
    claim(path)


def check_free(path: Path) -> None:
    """InputError if writing to `path` would destroy what is not ours to destroy."""
    target = Path(os.path.realpath(path))
    protect(target)
    if _nothing(target):
        return
    if target.suffix.lower() in SUFFIXES and target.is_file():
        raise InputError(f"{path} is a picture, and no output replaces one; name another file")
    if target.is_file() and _begins(target, SQLITE):
        raise InputError(f"{path} is a ledger, and no output replaces one; name another file")
    if written_by_us(target):
        return
    if (column := _filled(target)) is not None:
        raise InputError(
            f"{path} is a sheet whose column {column!r} people have filled in; name another file, "
            "or import the answers and move the sheet away"
        )
    if not current().force:
        raise InputError(
            f"{path} is there already, and Assay did not write it or somebody has changed it "
            "since; name another file, or --force to replace it"
        )


def _nothing(target: Path) -> bool:
    """Nothing is there, or nothing in it, or it is a pipe or a device, which is not replaced."""
    if target.is_dir():
        return not any(target.iterdir())
    return not target.is_file() or target.stat().st_size == 0


def _begins(target: Path, mark: bytes) -> bool:
    with target.open("rb") as file:
        return file.read(len(mark)) == mark


def _filled(target: Path) -> str | None:
    """The column of a sheet for people that somebody has filled in."""
    if not target.is_file() or target.suffix.lower() not in READERS:
        return None
    with suppress(AssayError, OSError), files(Files()):  # to look at it is not to need it
        for _, row in read_rows(target):
            to_fill = next((fill for own, fill in SHEETS if own <= row.keys()), None)
            if to_fill is None:
                return None
            done = next((name for name in to_fill if cell(row.get(name)).strip()), None)
            if done is not None:
                return done
    return None


def written_by_us(target: Path) -> bool:
    """Whether it is as Assay left it."""
    try:
        return _digest(target) in _note_of(target).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False


def note_output(target: Path, coming: Path) -> None:
    """So that the next run may replace what is about to take the place of `target`, and what is
    there now, should it never come; a state folder that cannot be written costs that."""
    note = _note_of(target)
    with suppress(OSError):
        there = [_digest(target)] if target.exists() and written_by_us(target) else []
        note.parent.mkdir(parents=True, exist_ok=True)
        part = note.with_name(f"{note.name}.part")
        part.write_text(" ".join([_digest(coming), *there]), encoding="ascii")
        os.replace(part, note)
        _forget(note.parent)


def _note_of(target: Path) -> Path:
    name = hashlib.sha256(os.fsencode(target)).hexdigest()[:32]
    return user_state_path("assay") / "outputs" / name


def _digest(target: Path) -> str:
    """Of a file, or of the names and contents in a folder of files."""
    if target.is_file():
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    parts = sorted(p for p in target.rglob("*") if not p.is_dir())
    described = "\n".join(f"{p.relative_to(target)} {_digest(p)}" for p in parts)
    return hashlib.sha256(described.encode("utf-8", "surrogateescape")).hexdigest()


def _forget(folder: Path) -> None:
    names = os.listdir(folder)
    if len(names) > MOST_KNOWN:
        oldest = sorted((folder / name for name in names), key=lambda p: p.stat().st_mtime)
        for note in oldest[: MOST_KNOWN // 10]:
            note.unlink(missing_ok=True)
