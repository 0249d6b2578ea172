"""Reading very many rows: records a second, and what memory is held beside the record in hand.

Each size runs in a process of its own, on a CSV of distinct texts of eight words that it writes
first. `ids` reads with an id column, `made` without one, so that ids are made from the content.
The limit is a bare loop of `csv.reader` over the same file.

    python bench/reading.py [--sizes 100000 1000000 10000000]
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from assay.data.base import Columns, Findings
from assay.data.read import read_records


def written(folder: Path, count: int) -> Path:
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("id,text\n")
        file.writelines(
            f"r{i},the film number {i} was long and quiet\n" for i in range(count)
        )  # fmt: skip
    return path


def peak() -> float:
    """MB held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(how: str, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), count)
        findings, before, began = Findings(), peak(), time.perf_counter()
        with path.open(encoding="utf-8", newline="") as file:
            rows: Iterable[object] = csv.reader(file)
            if how != "bare":
                id = "id" if how == "ids" else None
                rows = read_records(path, Columns(id=id), findings)
            deque(rows, 0)
        seconds = time.perf_counter() - began
        assert how == "bare" or (findings.records, findings.duplicates) == (count, 0)
        return {"rate": count / seconds, "more": peak() - before, "peak": peak()}


def run(how: str, count: int) -> dict[str, float]:
    described = subprocess.run(
        [sys.executable, __file__, "--how", how, "--sizes", str(count)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(described.stdout)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    options.add_argument("--how", choices=("bare", "ids", "made"))
    given = options.parse_args()
    if given.how:
        print(json.dumps(measure(given.how, given.sizes[0])))
        return
    for count in given.sizes:
        for how in ("bare", "ids", "made"):
            found = run(how, count)
            print(
                f"{count:>12,} rows {how:<5} {found['rate']:>11,.0f} rows/s, peak "
                f"{found['peak']:.0f} MB, {found['more']:.0f} MB more than before reading, "
                f"{found['more'] * 2**20 / count:.1f} bytes a row"
            )


if __name__ == "__main__":
    main()
