"""`assay run` opens the data once and reads each row once; twice where their gold comes first."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.data import read
from assay.data.base import Row
from tests.cli.commands import TASK, assay, project

N = 700
ROWS = [
    {"id": str(i), "text": f"I love number {i}", "label": "positive", "use": "evaluation"}
    for i in range(N)
]
SPLIT = "gold: {label: label, calibration: 0, evaluation: 1}\n"
DEALT = "gold: {label: label, purpose: use}\n"


def write_csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)


def write_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def write_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


WRITERS = {".csv": write_csv, ".jsonl": write_jsonl, ".parquet": write_parquet}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a reader was begun, and how many rows it gave."""
    found: Counter[str] = Counter()

    def counting(ending: str) -> None:
        reader = read.READERS[ending]

        def counted(path: Path) -> Iterator[tuple[int, Row]]:
            found["opened"] += 1
            for numbered in reader(path):
                found["rows"] += 1
                yield numbered

        monkeypatch.setitem(read.READERS, ending, counted)

    for ending in WRITERS:
        counting(ending)
    return found


@pytest.mark.parametrize(("gold", "times"), [("", 1), (SPLIT, 2), (DEALT, 2)])
@pytest.mark.parametrize("ending", WRITERS)
def test_data_are_read_once(
    ending: str, gold: str, times: int, seen: Counter[str], tmp_path: Path
) -> None:
    project(tmp_path, TASK.replace("a.csv", f"data{ending}") + gold)
    WRITERS[ending](tmp_path / f"data{ending}")
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    assert f"{N} decided" in done.stdout
    assert seen == {"opened": times, "rows": times * N}


def test_with_a_limit_the_file_is_read_once_and_no_more_is_labelled(
    seen: Counter[str], tmp_path: Path
) -> None:
    project(tmp_path)
    write_csv(tmp_path / "a.csv")
    done = assay(tmp_path, "run", "task.yaml", "--limit", "20")
    assert "20 decided" in done.stdout
    assert seen == {"opened": 1, "rows": N}


def test_data_that_change_are_read_again(tmp_path: Path) -> None:
    from assay.project import open_project

    project(tmp_path)
    opened = open_project(tmp_path / "task.yaml")
    assert [r.id for r in opened.records()] == ["1", "2"]
    (tmp_path / "a.csv").write_text("id,text,label\n7,new,positive\n")
    assert [r.id for r in opened.records()] == ["7"]
