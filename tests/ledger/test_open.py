"""Opening a ledger by its place: who only reads makes nothing."""

from pathlib import Path

import pytest

from assay.core.errors import LedgerError
from assay.ledger import MemoryLedger, has_ledger, kept_ledger, open_ledger


@pytest.mark.parametrize("content", [None, b""])
def test_who_only_reads_makes_no_ledger(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "empty.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LedgerError, match="there is no ledger"):
        kept_ledger(str(path))
    assert (path.read_bytes() if path.exists() else None) == content


def test_a_ledger_that_is_there_is_opened(tmp_path: Path) -> None:
    place = str(tmp_path / "l.sqlite")
    assert not has_ledger(place)
    open_ledger(place).close()
    assert has_ledger(place)
    kept_ledger(place).close()
    assert isinstance(open_ledger(":memory:"), MemoryLedger)
    assert has_ledger("postgresql+psycopg://u@h/d")
