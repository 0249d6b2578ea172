"""Each strategy, killed in its middle, decides as if it had not been, and asks nothing again."""

import multiprocessing
import signal
from collections import Counter
from pathlib import Path

import pytest

from assay.core.annotation import Decision
from assay.ledger import SqlLedger
from tests.ledger.places import own_schema
from tests.run import mortal

# one server that has imported all, which each run is forked from
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.run.mortal"])


def lived(name: str, ledger: str, log: Path, ends: tuple[str, int] | None = None) -> int | None:
    """The exit code of a run in a process of its own."""
    process = CONTEXT.Process(target=mortal.run, args=(name, ledger, log, ends))
    process.start()
    process.join(60)
    return process.exitcode


def happened(log: Path, kind: str) -> list[str]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [what for line in lines for k, what in [line.split()] if k == kind]


def kept(ledger: str) -> Counter[str]:
    """The keys answered for good, and how often."""
    opened = SqlLedger(ledger)
    keys = Counter(a.key for a in opened.annotations() if a.outcome.final)
    opened.close()
    return keys


def decided(ledger: str) -> dict[str, Decision]:
    """The decisions of the last run."""
    opened = SqlLedger(ledger)
    made = {d.record: d for d in opened.decisions(opened.runs()[-1].id)}
    opened.close()
    return made


@pytest.mark.parametrize("name", mortal.NAMES)
def test_a_killed_strategy_decides_the_same_and_asks_nothing_again(
    name: str, tmp_path: Path
) -> None:
    places = str(tmp_path / "whole.sqlite"), str(tmp_path / "killed.sqlite")
    check_killed(name, places, tmp_path)


def test_so_it_does_on_a_database_server(tmp_path: Path) -> None:
    with own_schema() as one, own_schema() as other:
        check_killed("review", (one, other), tmp_path)


def check_killed(name: str, places: tuple[str, str], folder: Path) -> None:
    needs_all_records, killed = places
    log = folder / "whole.log"
    assert lived(name, needs_all_records, log) == 0
    asks, fits = len(happened(log, "ask")), len(happened(log, "fit"))
    assert max(kept(needs_all_records).values()) == 1
    ends = [("ask", int(asks * share)) for share in (0.55, 0.15, 0.1)]
    if name in mortal.LEARNING:
        assert fits > 2, "a stage of fine-tuning was reached"
        ends.append(("fit", fits))  # what was asked before is replayed, the last fit is not reached

    log = folder / "killed.log"
    for end in ends:
        held, before = set(kept(killed)), len(happened(log, "ask"))
        assert lived(name, killed, log, end) == -signal.SIGKILL, f"it ended before {end}"
        assert not held & set(happened(log, "ask")[before:])
    held, before = set(kept(killed)), len(happened(log, "ask"))
    assert held, "something had been kept when it was killed last"
    assert lived(name, killed, log) == 0
    assert not held & set(happened(log, "ask")[before:])

    assert max(kept(killed).values()) == 1
    assert set(kept(killed)) == set(kept(needs_all_records))
    assert len(decided(needs_all_records)) == mortal.RECORDS
    assert decided(killed) == decided(needs_all_records)
