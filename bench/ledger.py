"""Ledger: rows a second in batches of 100 against bare sqlite3, and reading votes by columns.

Writers run in turn on the same rows, pragmas and commits; medians. The reader compares the column
mirror with `fetchall` of the same votes (on fewer rows, scaled).

    python bench/ledger.py [--rows 20000] [--votes 1000000] [--rounds 3]
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from assay.core.annotation import Annotation, Outcome
from assay.core.schema import Choice
from assay.ledger import SqlLedger
from assay.ledger.columns import read_columns, write_columns
from assay.ledger.rows import annotation_row


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
    rows = [tuple(annotation_row(a).values()) for a in given]
    names = ", ".join(f'"{name}"' for name in annotation_row(given[0]))
    marks = ", ".join("?" * len(rows[0]))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=FULL")
    start = time.perf_counter()
    for i in range(0, len(rows), 100):
        with connection:
            connection.executemany(
                f"INSERT OR IGNORE INTO annotations ({names}) VALUES ({marks})", rows[i : i + 100]
            )
    took = time.perf_counter() - start
    connection.close()
    return len(given) / took


def reading(folder: Path, path: Path, votes: int) -> None:
    with sqlite3.connect(path) as connection:
        start = time.perf_counter()
        rows = connection.execute("SELECT record, annotator, value FROM annotations").fetchall()
        fetch = (time.perf_counter() - start) / len(rows)
    mirror = folder / "votes.parquet"
    write_columns(Choice(["a", "b"]), annotations(votes), mirror)
    start = time.perf_counter()
    count = len(read_columns(mirror))
    took = time.perf_counter() - start
    print(f"read {count:,} votes by columns: {took:.2f} s; fetchall scaled: {fetch * count:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    given = list(annotations(args.rows))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [
            (ours(folder / f"o{i}", given), floor(folder / f"f{i}", given))
            for i in range(args.rounds)
        ]
        us, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"write: {us:,.0f} rows/s; bare sqlite3 {bare:,.0f} rows/s; ratio {us / bare:.2f}")
        reading(folder, folder / "o0", args.votes)


if __name__ == "__main__":
    main()
