from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.core.errors import LedgerError
from assay.core.redact import remember_place
from assay.data.inputs import keeping
from assay.ledger.base import Ledger, Run
from assay.ledger.memory import MemoryLedger
from assay.ledger.sql import SqlLedger

__all__ = [
    "Ledger",
    "MemoryLedger",
    "Run",
    "SqlLedger",
    "has_ledger",
    "kept_ledger",
    "last_deciding",
    "open_ledger",
    "trial_of",
]


def open_ledger(place: str) -> Ledger:
    """A path (SQLite), a database URL, or ":memory:"; made where there is none."""
    remember_place(place)
    keeping(place)
    return MemoryLedger() if place == ":memory:" else SqlLedger(place)


def last_deciding(ledger: Ledger, runs: Sequence[str]) -> str | None:
    """The last of these runs that decided anything: one may have been broken off at once. A trial
    run counts only where no other has decided."""
    trials = {run.id for run in ledger.runs() if trial_of(run) is not None}
    ranked = [id for id in runs if id in trials] + [id for id in runs if id not in trials]
    return next((id for id in reversed(ranked) if next(ledger.decisions(id), None)), None)


def trial_of(run: Run) -> tuple[int, int] | None:
    """Of a run with `--limit`: how many records it took, of how many."""
    found = (run.settings or {}).get("trial")
    if not isinstance(found, Mapping):
        return None
    return int(found["records"]), int(found["of"])


def has_ledger(place: str) -> bool:
    """Whether there is one at this path already; a server is taken at its word."""
    return "://" in place or (Path(place).is_file() and Path(place).stat().st_size > 0)


def kept_ledger(place: str) -> Ledger:
    """One to read from; LedgerError if there is none, and nothing is made."""
    if not has_ledger(place):
        raise LedgerError(f"there is no ledger {place}; `assay run` or `assay import` makes one")
    return open_ledger(place)
