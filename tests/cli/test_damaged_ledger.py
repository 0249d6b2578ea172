"""A damaged ledger is one clear line and exit code 2 from every command that reads what is damaged;
nothing is written, and the ledger stays as it is."""

import csv
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, assay, names, project, validation_error

LABELS = ["positive", "negative", "neutral"]
TEXTS = ["I love it", "I hate it", "It is a table"]
RECORDS = 60
TASK = """\
name: tone
data: {path: a.csv, id: id, meta: [author]}
question: Which tone?
answer: {kind: choice, labels: [positive, neutral, negative]}
annotators:
  one: {kind: rule, rule: vader}
  two: {kind: recorded, path: two.csv}
strategy: {kind: chain, annotators: [one, two], thresholds: [0.9]}
gold: {label: label, calibration: 0.5, evaluation: 0.5}
"""
WRITING = {"run", "plan", "import", "synthesise"}
READ = {"tasks", "records", "annotations", "runs", "decisions"}
COMMANDS: dict[str, tuple[str, set[str]]] = {
    # words, and the tables that it cannot do without
    "run": ("run task.yaml", {"annotations"}),
    "check": ("check task.yaml", {"annotations"}),
    "plan": ("plan task.yaml --human-label 1 --html new.html", {"annotations"}),
    "report": ("report task.yaml -o new.html", READ - {"tasks"}),
    "export": (f"export {LEDGER} -o new.csv", {"records", "runs", "decisions"}),
    "annotations": (f"export {LEDGER} --annotations -o new.jsonl", {"annotations"}),
    "waiting": ("export task.yaml --waiting -o new.csv", {"runs", "decisions"}),
    "agree": (f"agree {LEDGER}", {"tasks", "votes"}),
    "aggregate": ("aggregate task.yaml --out new.csv", {"tasks", "votes"}),
    "compare": ("compare task.yaml --html new.html", READ - {"decisions"}),
    "cost": ("cost task.yaml", {"tasks", "annotations", "runs", "decisions"}),
    "certify": ("certify task.yaml", {"annotations", "runs", "decisions"}),
    "calibrate": ("calibrate task.yaml --out new.csv", {"annotations", "runs", "decisions"}),
    "draw": ("audit draw task.yaml --size 20 -o new.csv", READ - {"annotations"}),
    "estimate": ("audit estimate task.yaml sheet.csv", {"tasks", "runs", "decisions"}),
    "prevalence": ("prevalence task.yaml sheet.csv --cluster author", READ - {"annotations"}),
    "import": ("import people.csv --task task.yaml --people", set()),
    "synthesise": ("synthesise task.yaml --per-label 1 -o new.csv", set()),
}

Damage = Callable[[Path], None]


def file_cut(ledger: Path) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content[: len(content) // 2])


def cut_in_the_header(ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:50])


def no_database(ledger: Path) -> None:
    ledger.write_bytes(b"record,label\n1,positive\n" * 400)


def zeros_in_the_first_page(ledger: Path) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content[:100] + bytes(3_996) + content[4_096:])


def executed(*statements: str) -> Damage:
    def damage(ledger: Path) -> None:
        with closing(sqlite3.connect(ledger)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return damage


FILE: dict[str, Damage] = {
    "cut": file_cut,
    "cut in the header": cut_in_the_header,
    "no database": no_database,
    "zeros in the first page": zeros_in_the_first_page,
    "no table of records": executed("DROP TABLE records"),
    "no table of decisions": executed("DROP TABLE decisions"),
    "no column of values": executed("ALTER TABLE annotations DROP COLUMN value"),
    "a version that is bytes": executed("UPDATE meta SET content = x'00'"),
}


def zeros_in(table: str) -> Damage:
    """In the page where the table begins."""

    def damage(ledger: Path) -> None:
        with closing(sqlite3.connect(ledger)) as connection:
            query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
            (page,) = connection.execute(query, (table,)).fetchone()
        content = bytearray(ledger.read_bytes())
        content[4_096 * (page - 1) : 4_096 * page] = bytes(4_096)
        ledger.write_bytes(content)

    return damage


def cell(table: str, column: str, value: str) -> Damage:
    """In all rows, also where the table forbids it."""

    def damage(ledger: Path) -> None:
        with closing(sqlite3.connect(ledger)) as connection:
            (made,) = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()
            connection.execute("PRAGMA writable_schema = 1")
            free = made.replace("NOT NULL", "")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (free, table))
            connection.commit()
        executed(f'UPDATE {table} SET "{column}" = {value}')(ledger)

    return damage


NO_UTF8 = "CAST(x'22ff22' AS TEXT)"
CELLS = {
    "tasks": {"content": ["'{'", "'[\"a\"]'", "NULL", NO_UTF8]},
    "records": {"content": ["'{'", "'[[[5]],null,null,{}]'", "NULL", NO_UTF8]},
    "annotations": {
        "value": ["'{'", "'true'", "'{\"set\": [1]}'"],
        "outcome": ["'praised'", NO_UTF8],
        "annotator": ["NULL", "x'00'"],
        "cost": ["1e300", "-1"],
        "confidence": ["1e999", "'sure'"],
        "rest": ["'[1]'", "'{\"saw\": 5}'", "replace(hex(zeroblob(3000)), '0', '[')"],
    },
    "runs": {"settings": ["'{'", "'[1]'"], "started": ["1e999"], "strategy": ["NULL", NO_UTF8]},
    "decisions": {"content": ["'{'", "'[{\"record\": 5}, null]'", "NULL", "'5'", NO_UTF8]},
}
ROWS: dict[str, tuple[str, Damage]] = {
    **{f"zeros in {table}": (table, zeros_in(table)) for table in CELLS},
    **{
        f"{table}.{column} = {value}": (table, cell(table, column, value))
        for table, columns in CELLS.items()
        for column, values in columns.items()
        for value in values
    },
}
# of votes nothing is read but whose they are, on what, what they say, and what was seen before
ROWS |= {
    f"votes, {kind}": ("votes", ROWS[kind][1])
    for kind in (
        "zeros in annotations", "annotations.value = '{'", "annotations.value = 'true'",
        "annotations.value = '{\"set\": [1]}'", "annotations.annotator = NULL",
        "annotations.rest = '{\"saw\": 5}'",
    )
}  # fmt: skip
CASES = [
    pytest.param(name, damage, id=f"{name}: {kind}")
    for name, (_, tables) in COMMANDS.items()
    for kind, damage in (
        *FILE.items(),
        *((kind, damage) for kind, (table, damage) in ROWS.items() if table in tables),
    )
]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which records were labelled, people's answers imported, and an audit answered."""
    folder = tmp_path_factory.mktemp("labelled")
    rows = [f"r{i},{TEXTS[i % 3]} {i},{LABELS[i % 3]},a{i % 7}" for i in range(RECORDS)]
    project(folder, TASK, "\n".join(["id,text,label,author", *rows]).encode())
    said = [f"r{i},{LABELS[(i + (i % 9 == 0)) % 3]},0.{i % 9 + 1}" for i in range(RECORDS)]
    (folder / "two.csv").write_text("\n".join(["record,label,confidence", *said]))
    people = [
        f"r{i},{who},{LABELS[(i + (who == 'ann' and i % 5 == 0)) % 3]}"
        for i in range(RECORDS)
        for who in ("ann", "bob")
    ]
    (folder / "people.csv").write_text("\n".join(["record,annotator,label", *people]))
    for words in ("run task.yaml", COMMANDS["import"][0], COMMANDS["draw"][0]):
        done = assay(folder, *words.split())
        assert done.returncode == 0, done.stderr
    with (folder / "new.csv").open(newline="") as drawn:
        sheet = [
            row | {"answer": LABELS[int(row["record"][1:]) % 3]} for row in csv.DictReader(drawn)
        ]
    with (folder / "sheet.csv").open("w", newline="") as filled:
        writer = csv.DictWriter(filled, sheet[0])
        writer.writeheader()
        writer.writerows(sheet)
    (folder / "new.csv").unlink()
    assert not (folder / f"{LEDGER}-wal").exists()
    return folder


@pytest.fixture
def copy(labelled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(labelled, tmp_path / "copy"))


def held(ledger: Path) -> list[int]:
    """How many records, answers and decisions can be counted."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        try:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("records", "annotations", "decisions")
            ]
        except sqlite3.Error:
            return []
    return counts


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_reads_a_sound_ledger(name: str, copy: Path) -> None:
    done = assay(copy, *COMMANDS[name][0].split())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "damage"), CASES)
def test_damage_is_one_line_and_nothing_is_written(name: str, damage: Damage, copy: Path) -> None:
    damage(copy / LEDGER)
    before, there = (copy / LEDGER).read_bytes(), names(copy)
    kept = held(copy / LEDGER)
    said = validation_error(assay(copy, *COMMANDS[name][0].split()))
    assert LEDGER in said
    assert len(said) < 400
    assert held(copy / LEDGER) == kept
    assert name in WRITING or (copy / LEDGER).read_bytes() == before
    assert names(copy) - there <= {f"{LEDGER}-wal", f"{LEDGER}-shm", f"{LEDGER}.columns"}
