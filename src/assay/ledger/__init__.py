from assay.ledger.base import Ledger, Run
from assay.ledger.memory import MemoryLedger
from assay.ledger.sql import SqlLedger

__all__ = ["Ledger", "MemoryLedger", "Run", "SqlLedger", "open_ledger"]


def open_ledger(place: str) -> Ledger:
    """A path (SQLite), a database URL, or ":memory:"."""
    return MemoryLedger() if place == ":memory:" else SqlLedger(place)
