"""Do `assay run`, `report`, `export`, `cost` and `audit` stay small and keep their pace?

The same task, a lexicon on made-up reviews with gold for 500 of them, at two or more sizes. Each
command is a program of its own; printed are its CPU seconds, its time and its peak memory, and what
a record costs against the first size.

    python bench/scale.py --sizes 20000 200000
"""

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

WORDS = [
    "good",
    "bad",
    "great",
    "awful",
    "nice",
    "terrible",
    "fine",
    "love",
    "hate",
    "slow",
    "quick",
]
GOLD = 500
TASK = """name: reviews
question: What is the mood?
answer: {kind: choice, labels: [negative, neutral, positive]}
data: {path: reviews.csv, id: id}
annotators:
  vader: {kind: rule, rule: vader}
gold: {path: gold.csv, record: id, label: label, calibration: 0, evaluation: 1}
"""
COMMANDS = {
    "run": ["run", "task.yaml"],
    "run again": ["run", "task.yaml"],
    "report": ["report", "task.yaml", "--out", "report.html"],
    "export": ["export", "task.yaml", "-o", "labels.csv"],
    "annotations": ["export", "task.yaml", "--annotations", "-o", "said.jsonl"],
    "cost": ["cost", "task.yaml"],
    "audit": ["audit", "draw", "task.yaml", "-o", "sheet.csv"],
}


@dataclass(frozen=True)
class Taken:
    seconds: float
    cpu: float
    megabytes: float


def prepare(folder: Path, count: int) -> None:
    draw = random.Random(1)
    with (folder / "reviews.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows((i, " ".join(draw.choices(WORDS, k=8)) + f" {i}") for i in range(count))
    with (folder / "gold.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "label"])
        every = range(0, count, count // GOLD)
        rows.writerows((i, draw.choice(["negative", "neutral", "positive"])) for i in every)
    (folder / "task.yaml").write_text(TASK)


def measured(folder: Path, arguments: list[str]) -> Taken:
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=(folder / "told.txt").open("w"),
    )  # fmt: skip
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit((folder / "told.txt").read_text()[-2000:])
    cpu = used.ru_utime + used.ru_stime
    return Taken(time.perf_counter() - began, cpu, used.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    sizes: list[int] = parser.parse_args().sizes
    first: dict[str, float] = {}  # CPU seconds a record
    for count in sizes:
        print(f"{count:,} records", flush=True)
        with tempfile.TemporaryDirectory() as place:
            prepare(Path(place), count)
            for name, command in COMMANDS.items():
                took = measured(Path(place), command)
                each = took.cpu / count / first.setdefault(name, took.cpu / count)
                print(
                    f"  {name:<12} {took.cpu:6.1f} s CPU ({each:.2f} a record), "
                    f"{took.seconds:6.1f} s, {took.megabytes:4.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
