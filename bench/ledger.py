"""Ledger: rows a second in batches of 100 against bare sqlite3, and reading many votes.

Writers run in turn on the same rows, pragmas and commits; medians. The readers take all votes of
one SQLite ledger: `fetchall` of three columns, `votes()` that makes the mirror, and `votes()` that
finds it there, then the commands that agree and aggregate straight from the ledger; each in a
process of its own with its peak memory. The votes are of 200 annotators, right in 55 to 95 % of
records, among four labels, five a record.

    python bench/ledger.py [--rows 20000] [--votes 1000000] [--rounds 3]
"""

import argparse
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from assay.core.annotation import Annotation, Outcome
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import SqlLedger
from assay.ledger.rows import annotation_row
from assay.ledger.statements import Statements

TASK = Task("votes", "Which?", Choice(list("abcd")))
ANNOTATORS = 200
COMMANDS = (
    ("aggregate", "--method", "majority"),
    ("aggregate", "--method", "dawid-skene"),
    ("agree",),
)


def annotations(count: int) -> Iterator[Annotation]:
    rng = random.Random(0)
    for i in range(count):
        record = i // 5
        who = (record * 7 + i % 5 * 41) % ANNOTATORS
        right = rng.random() < 0.55 + 0.4 * who / ANNOTATORS
        said = record % 4 if right else rng.randrange(4)
        yield Annotation(
            key=f"{i:032x}", task=TASK.id, record=f"r{record}", annotator=f"m{who}",
            outcome=Outcome.ANSWERED, value="abcd"[said], raw="a", cost_nanos=12, run="run", at=1.0,
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
    ledger = SqlLedger(str(path))
    ledger.add_task(TASK)
    ledger.close()
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
        count = len(ledger.votes(TASK.id, TASK.schema))
        ledger.close()
    took = time.perf_counter() - start
    [peak] = [x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x]
    print(f"{how:<28} {count:,} votes in {took:.2f} s, peak {int(peak.split()[1]) // 1024:,} MB")


def reading(path: Path, votes: int) -> None:
    filled(path, votes)
    for how in ("fetchall", "votes(), making the mirror", "votes(), mirrored"):
        subprocess.run([sys.executable, __file__, "--read", how, str(path)], check=True)
    for words in COMMANDS:
        # in a process of its own, since the peak is that of the largest child
        subprocess.run([sys.executable, __file__, "--command", str(path), *words], check=True)


def command(path: Path, words: Sequence[str]) -> None:
    """A command on the ledger, as a user would call it."""
    start = time.perf_counter()
    called = [sys.executable, "-m", "assay", words[0], str(path), *words[1:], "--json"]
    done = subprocess.run(called, check=True, capture_output=True)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{' '.join(words):<34} {took:.1f} s, peak {peak:,} MB, {len(done.stdout):,} bytes told")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help="Put the ledger of many votes here, and keep it.")
    args = parser.parse_args()
    if args.command:
        command(Path(args.command[0]), args.command[1:])
        return
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
        reading(args.keep or folder / "many.sqlite", args.votes)


if __name__ == "__main__":
    main()
