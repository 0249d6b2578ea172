"""Ledger: rows a second in batches of 100 against bare sqlite3, and reading many votes.

Writers run in turn on the same rows, pragmas and commits; medians. The readers take all votes of
one SQLite ledger: `fetchall` of three columns, `votes()` that makes the mirror, and `votes()` that
finds it there, each in a process of its own with its peak memory.

    python bench/ledger.py [--rows 20000] [--votes 1000000] [--rounds 3]
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from assay.core.annotation import Annotation, Outcome
from assay.core.schema import Choice
from assay.ledger import SqlLedger
from assay.ledger.rows import annotation_row
from assay.ledger.statements import Statements


def annotations(count: int) -> Iterator[Annotation]:
    for i in range(count):
        yield Annotation(
            key=f"{i:032x}", task="t@0", record=f"r{i // 5}", annotator=f"m{i % 5}",
            outcome=Outcome.ANSWERED, value="ab"[i % 2], raw="a", cost=12, run="run", at=1.0,
        )  # fmt: skip


def ours(path: Path, given: list[Annotation]) -> float:
    ledger = SqlLedger(str(path))
    start = time.perf_counter()
    for i in range(0, len(given), 100):
        ledger.add(given[i : i + 100])
    took = time.perf_counter() - start
    ledger.close()
    return len(given) / took


def floor(path: Path, given: list[Annotation]) -> float:
    SqlLedger(str(path)).close()  # the same tables and indexes
    rows, add = [annotation_row(a) for a in given], Statements("sqlite").add_annotations
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=FULL")
    start = time.perf_counter()
    for i in range(0, len(rows), 100):
        with connection:
            connection.executemany(add, rows[i : i + 100])
    took = time.perf_counter() - start
    connection.close()
    return len(given) / took


def filled(path: Path, votes: int) -> None:
    """A ledger of so many votes, five a record, past the safety of commits."""
    SqlLedger(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        add = Statements("sqlite").add_annotations
        connection.executemany(add, (annotation_row(a) for a in annotations(votes)))
    connection.close()


def read(how: str, path: Path) -> None:
    start = time.perf_counter()
    if how == "fetchall":
        with sqlite3.connect(path) as connection:
            query = "SELECT record, annotator, value FROM annotations"
            count = len(connection.execute(query).fetchall())
    else:
        ledger = SqlLedger(str(path))
        count = len(ledger.votes("t@0", Choice(["a", "b"])))
        ledger.close()
    took = time.perf_counter() - start
    [peak] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    print(f"{how:<28} {count:,} votes in {took:.2f} s, peak {int(peak.split()[1]) // 1024:,} MB")


def reading(path: Path, votes: int) -> None:
    filled(path, votes)
    for how in ("fetchall", "votes(), making the mirror", "votes(), mirrored"):
        subprocess.run([sys.executable, __file__, "--read", how, str(path)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.read:
        read(args.read[0], Path(args.read[1]))
        return
    given = list(annotations(args.rows))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [
            (ours(folder / f"o{i}", given), floor(folder / f"f{i}", given))
            for i in range(args.rounds)
        ]
        us, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"write: {us:,.0f} rows/s; bare sqlite3 {bare:,.0f} rows/s; ratio {us / bare:.2f}",
            flush=True,
        )
        reading(folder / "many.sqlite", args.votes)


if __name__ == "__main__":
    main()
