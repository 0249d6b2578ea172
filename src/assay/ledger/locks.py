"""A name that one caller holds at a time; the system lets go of it when its process is killed."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Engine, text

try:
    import fcntl
except ImportError:  # not every system has it; there nobody is kept waiting
    fcntl = None  # type: ignore[assignment]

Release: TypeAlias = Callable[[], None]


def nothing() -> None:
    """Lets go of what nobody can hold."""


def file_lock(neighbour: Path, name: str) -> Release | None:
    """By a locked file next to the ledger, which is taken away at the end."""
    path = neighbour.with_name(f"{neighbour.name}.{name}.turn")
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return nothing  # whoever writes to the ledger next will say what is wrong with the folder
    if not locked(number, path):
        os.close(number)
        return None

    def release() -> None:
        path.unlink(missing_ok=True)  # first, else who waits could lock a file that is no more
        os.close(number)

    return release


def locked(number: int, path: Path) -> bool:
    """Whether the lock on this open file was free, and is held from now on."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except FileNotFoundError:
        return False


def server_lock(engine: Engine, name: str) -> Release | None:
    """By an advisory lock of PostgreSQL, on a connection of its own."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    schema = connection.execute(text("SELECT current_schema()")).scalar()
    digest = hashlib.sha256(f"{schema} {name}".encode()).digest()
    key = int.from_bytes(digest[:8], signed=True)
    if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
        connection.close()
        return None

    def release() -> None:
        connection.invalidate()  # the lock ends with the server's side of the connection
        connection.close()

    return release
