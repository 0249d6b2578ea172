from pathlib import Path

from assay.core.errors import LedgerError
from assay.ledger.base import Ledger, Run
from assay.ledger.memory import MemoryLedger
from assay.ledger.sql import SqlLedger

__all__ = ["Ledger", "MemoryLedger", "Run", "SqlLedger", "has_ledger", "kept_ledger", "open_ledger"]


def open_ledger(place: str) -> Ledger:
    """A path (SQLite), a database URL, or ":memory:"; made where there is none."""
    return MemoryLedger() if place == ":memory:" else SqlLedger(place)


def has_ledger(place: str) -> bool:
    """Whether there is one at this path already; a server is taken at its word."""
    return "://" in place or (Path(place).is_file() and Path(place).stat().st_size > 0)


def kept_ledger(place: str) -> Ledger:
    """One to read from; LedgerError where there is none, and nothing is made."""
    if not has_ledger(place):
        raise LedgerError(f"there is no ledger {place}; `assay run` or `assay import` makes one")
    return open_ledger(place)
