"""Which files a command reads, so that nothing it writes takes their place.

Whoever opens a file of the user's says so with `reading`. `claim` names an output before anything
is read or spent: a file that is claimed and then read, or read and then claimed, is refused.
"""

import logging
import os
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.errors import InputError

NEIGHBOURS = ("-wal", "-shm", "-journal", ".columns")  # what a ledger keeps next to its file


@dataclass(slots=True)
class Files:
    """Of one command, or of one result in Python; real paths. `force`: another file may be
    replaced, as the user says."""

    inputs: set[Path] = field(default_factory=set)
    ledgers: set[Path] = field(default_factory=set)
    outputs: set[Path] = field(default_factory=set)
    force: bool = False
    dry: bool = False  # outputs are made and thrown away


log = logging.getLogger("assay")
_current: ContextVar[Files] = ContextVar("files", default=Files())  # noqa: B039 - of a process


def current() -> Files:
    return _current.get()


class files:
    """A block whose inputs and outputs are these; one that is never left changes nothing later."""

    def __init__(self, of: Files) -> None:
        self.of = of

    def __enter__(self) -> Files:
        self._before = _current.set(self.of)
        return self.of

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)


def reading(path: Path | str) -> None:
    """InputError if an output of this command would replace it."""
    real = Path(os.path.realpath(path))
    if real not in current().inputs:
        log.info("reads %s", real)
    current().inputs.add(real)
    for output in current().outputs:
        if takes_place(output, real):
            raise refusal(output, real)


def keeping(place: str) -> None:
    """The same for the file of a ledger and for what lies next to it."""
    kind, is_url, rest = place.partition("://")
    if place == ":memory:" or (is_url and not kind.startswith("sqlite")):
        return
    path = rest.removeprefix("/").partition("?")[0] if is_url else place
    real = Path(os.path.realpath(path))
    if real not in current().ledgers:
        log.info("ledger %s", real)
    current().ledgers.add(real)
    for output in current().outputs:
        if of_ledger(output, real):
            raise refusal(output, real)


def claim(path: Path) -> None:
    """An output that is to be written later; InputError if it would replace an input."""
    real = Path(os.path.realpath(path))
    protect(real)
    current().outputs.add(real)


def protect(output: Path) -> None:
    """InputError if the output would replace what is read here."""
    for known in current().inputs:
        if takes_place(output, known):
            raise refusal(output, known)
    for known in current().ledgers:
        if of_ledger(output, known):
            raise refusal(output, known)


def refusal(output: Path, known: Path) -> InputError:
    what = "it" if output == known else str(known)
    return InputError(
        f"cannot write {output}: this command reads {what}, and no output takes the place of what "
        "is read; name another file"
    )


def takes_place(output: Path, known: Path) -> bool:
    """Whether they are one file, by whatever name, or the one folder holds the other."""
    if output == known or _same(output, known):
        return True
    if output.is_dir():
        return output in known.parents
    return known.is_dir() and output.is_file() and known in output.parents and not _page(output)


def _page(output: Path) -> bool:
    """What no reader of a folder takes for data: a report that lies among them."""
    return output.suffix.lower() in (".html", ".htm")


def of_ledger(output: Path, ledger: Path) -> bool:
    """The file of a ledger, what lies next to it, or a folder that holds it."""
    if _same(output, ledger) or (output.is_dir() and output in ledger.parents):
        return True
    neighbours = {f"{ledger.name}{ending}".casefold() for ending in ("", *NEIGHBOURS)}
    return any(
        part.name.casefold() in neighbours and (part.parent == ledger.parent)
        for part in (output, output.parent)
    )


def _same(one: Path, other: Path) -> bool:
    """Hard links, and other spellings where a file system takes them for one."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
