"""The folder in which a file is made before it takes its place, and what a kill left of one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not every system has it; there nothing is known of owners, and all stays
    fcntl = None  # type: ignore[assignment]

PREFIX = ".assay-part-"
BEFORE = "before"  # the folder whose place is being taken
OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
PRIVATE = 0o600  # what the owner alone may read and write
LOCK = ".lock"  # held for as long as the owner lives; the system lets go of it at a kill


@contextmanager
def working(neighbour: Path) -> Iterator[Path]:
    """A new folder in `neighbour`, gone at the end of the block, or cleared away after a kill."""
    folder, lock = workplace(neighbour)
    try:
        yield folder
    finally:
        leave(folder, lock)


def leave(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def workplace(neighbour: Path | None = None) -> tuple[Path, int]:
    """A new folder (in the temporary folder without `neighbour`) and its held lock, for `leave`.
    What killed processes left next to it is cleared away."""
    neighbour = Path(tempfile.gettempdir()) if neighbour is None else neighbour
    clear(neighbour)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=neighbour))
        try:
            lock = os.open(folder / LOCK, OPEN, PRIVATE)
        except FileNotFoundError:
            continue  # somebody cleared it away before there was a lock
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / LOCK).exists():
            return folder, lock
        os.close(lock)  # somebody cleared it away before it was held


def clear(folder: Path) -> None:
    """Take away the workplaces whose owners are dead."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                _clear(Path(entry.path))


def _clear(left: Path) -> None:
    if fcntl is None:
        return
    try:
        if left.stat().st_uid != os.getuid():  # in a folder of all, such as that of temporary files
            return
        lock = os.open(left / LOCK, OPEN, PRIVATE)  # an owner that has only begun makes another
    except OSError:
        return  # it may not be opened, or is gone
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _rescue(left)
        shutil.rmtree(left, ignore_errors=True)
    except OSError:
        pass  # its owner lives, or nothing can be said
    finally:
        os.close(lock)


def _rescue(left: Path) -> None:
    """Killed after the old folder was moved away and before the new one, which is whole, came."""
    if (left / BEFORE).exists():
        for part in left.iterdir():
            place = left.parent / part.name
            if part.name not in (BEFORE, LOCK) and not place.exists():
                os.replace(part, place)
