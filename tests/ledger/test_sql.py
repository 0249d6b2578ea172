import json
import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from assay.core.annotation import Outcome, Request, answer
from assay.core.errors import InputError, LedgerError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, Label, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.ledger import SqlLedger
from assay.ledger.locks import nothing
from assay.ledger.schemas import schema_of

TASK = Task("t", "?", Choice(["a", "b"]))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    path.write_text("this is a letter to my aunt, not a database " * 50)
    with pytest.raises(LedgerError, match="not a database; give another path") as caught:
        SqlLedger(str(path))
    assert "\n" not in str(caught.value)


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    SqlLedger(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET content = '99'")
    connection.close()
    with pytest.raises(LedgerError, match=r"has format 99.*install a newer Assay"):
        SqlLedger(str(path))


def changed(path: Path, *statements: str) -> None:
    SqlLedger(str(path)).close()
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (
            ["UPDATE meta SET content = 'x'"],
            "has format 'x', which was not written by Assay; use another",
        ),
        (["UPDATE meta SET content = '4'"], "has format 4, this Assay reads up to 3; install"),
        (["ALTER TABLE meta ADD COLUMN more"], "holds tables of another program"),
        (["DROP TABLE meta"], "holds tables of another program"),
    ],
)
def test_a_ledger_of_another_make_is_one_clear_line(
    tmp_path: Path, statements: list[str], says: str
) -> None:
    changed(tmp_path / "l.sqlite", *statements)
    with pytest.raises(LedgerError, match=says):
        SqlLedger(str(tmp_path / "l.sqlite"))


@pytest.mark.parametrize("left", ["UPDATE meta SET content = '0'", "DELETE FROM meta"])
def test_a_ledger_that_was_begun_and_not_finished_is_made_whole(tmp_path: Path, left: str) -> None:
    path = tmp_path / "l.sqlite"
    changed(path, left, "DROP TABLE runs")
    ledger = SqlLedger(str(path))
    assert ledger.runs() == []
    ledger.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name, content FROM meta").fetchall() == [("version", "3")]
    connection.close()


def test_rows_are_looked_at_two_thousand_at_a_time_and_votes_twenty_thousand(
    tmp_path: Path,
) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    requests = [Request(TASK, text_record(f"r{n}", f"{n}"), "m") for n in range(4001)]
    ledger.add([answer(r, Outcome.ANSWERED, value="a") for r in requests])
    ledger.add_records(r.record for r in requests)
    asked: list[Any] = []
    event.listen(
        ledger.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, values, *rest: asked.append((statement, values)),
    )
    assert len(list(ledger.annotations())) == 4001
    assert [values for statement, values in asked if "LIMIT" in statement] == [
        (0, 2000, 0), (2000, 2000, 0), (4000, 2000, 0), (4001, 2000, 0)
    ]  # fmt: skip
    asked.clear()
    assert len(ledger.answers([r.key for r in requests])) == 4001
    assert [len(json.loads(values[0])) for _, values in asked] == [2000, 2000, 1]
    asked.clear()
    assert len(ledger.votes(TASK.id, TASK.schema)) == 4001
    assert (0, 4001) in [values for _, values in asked]
    assert repr(ledger) == f"SqlLedger({str(tmp_path / 'l.sqlite')!r})"
    asked.clear()
    few = [f"r{n}" for n in range(2000)]
    for names, sent in ((few, True), ([*few, "r2000"], False)):
        assert len(list(ledger.annotations(records=names))) == len(names)
        assert any("json_each" in statement for statement, _ in asked) == sent
        asked.clear()
    assert [list(page) for page in ledger._answered(5_000, 45_001)] == [[], [], []]
    assert [values for _, values in asked] == [(5_000, 25_000), (25_000, 45_000), (45_000, 45_001)]
    ledger.close()


def test_half_a_character_cannot_be_kept_and_is_named(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    with pytest.raises(InputError, match="half a character"):
        ledger.add_records([text_record("r", "\ud83d")])
    assert ledger.count_records() == 0
    ledger.close()


def test_a_file_that_is_in_the_way_leaves_turns_free(tmp_path: Path) -> None:
    ledger = SqlLedger("sqlite:///" + str(tmp_path / "l.sqlite"))
    (tmp_path / "l.sqlite.name.turn").mkdir()
    assert ledger.lock("name") is nothing
    ledger.close()


def test_a_ledger_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    SqlLedger(str(path)).close()
    with sqlite3.connect(path) as connection:
        for index in ("later_revisions", "costs", "one_decision"):
            connection.execute(f"DROP INDEX {index}")
        connection.execute("CREATE INDEX annotations_by_task ON annotations (task, annotator)")
        connection.execute("CREATE UNIQUE INDEX one_decision ON decisions (run, record)")
        connection.execute("UPDATE meta SET content = '1'")
    SqlLedger(str(path)).close()
    version = connection.execute("SELECT content FROM meta").fetchall()
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    connection.close()
    assert version == [("3",)]
    assert {("later_revisions",), ("costs",)} <= set(names)
    assert ("annotations_by_task",) not in names


def test_whole_tables_are_read_page_by_page_without_sorting(tmp_path: Path) -> None:
    """Else each page of a task's answers, or of a run's decisions, would read all of them."""
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    asked: list[tuple[str, Any]] = []
    event.listen(
        ledger.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, values, *rest: asked.append((statement, values)),
    )
    list(ledger.annotations("t"))
    list(ledger.annotations("t", ["a", "b"]))
    list(ledger.decisions("r"))
    list(ledger.records())
    ledger.spent_nanos("t")
    plans = []
    with ledger.engine.connect() as connection:
        for statement, values in list(asked):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append(" ".join(row[-1] for row in plan))
    ledger.close()
    assert len(plans) >= 5
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
    assert "COVERING INDEX costs" in plans[-1]


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE records (x)")
    connection.close()
    with pytest.raises(LedgerError, match="tables of another program"):
        SqlLedger(str(path))


@pytest.mark.parametrize("place", ["/no/such/folder/l.sqlite", "nosuch://x/y", "://"])
def test_a_place_that_cannot_be_opened_is_one_clear_line(place: str) -> None:
    with pytest.raises(LedgerError) as caught:
        SqlLedger(place)
    assert "\n" not in str(caught.value)


def write(path: str, start: int) -> None:
    ledger = SqlLedger(path)
    for i in range(start, start + 300, 20):
        requests = [Request(TASK, text_record(f"r{n}", f"{n}"), "m") for n in range(i, i + 20)]
        ledger.add([answer(r, Outcome.ANSWERED, value="a") for r in requests])
    ledger.close()


def test_two_processes_never_double_an_answer(tmp_path: Path) -> None:
    path = str(tmp_path / "l.sqlite")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write, args=(path, start)) for start in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    ledger = SqlLedger(path)
    found = [a.record for a in ledger.annotations()]
    ledger.close()
    assert sorted(found) == sorted(f"r{n}" for n in range(400))


LABELS: list[str | Label] = [Label("x", "an x", {"": ("ex",), "mr": ("क्ष",)}), "y"]


@pytest.mark.parametrize(
    "schema",
    [
        Choice(LABELS), MultiChoice(LABELS), Spans(LABELS), FreeText(99),
        Scale(1, 5, anchors={1: "bad"}), Scale(0, 1, None),
        Form({"c": Choice(LABELS), "s": Scale(0, 2)}, {"c": "which?"}),
    ],
    ids=lambda s: s.kind,
)  # fmt: skip
def test_a_schema_comes_back_from_the_ledger(tmp_path: Path, schema: Schema) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    task = Task("t", "?", schema)
    ledger.add_task(task)
    [(id, back)] = ledger.schemas().items()
    ledger.close()
    assert id == task.id
    assert back.wording() == schema.wording()
    assert schema_of(back.wording()).json_schema() == schema.json_schema()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE decisions", "there is no table 'decisions'"),
        ("ALTER TABLE decisions DROP COLUMN content", "no column 'content' in table 'decisions'"),
    ],
)
def test_a_table_or_a_column_that_is_gone_is_named(
    tmp_path: Path, statement: str, says: str
) -> None:
    path = tmp_path / "l.sqlite"
    changed(path, statement)
    with pytest.raises(LedgerError, match=says):
        SqlLedger(str(path))


def test_damage_is_said_in_the_words_of_what_found_it(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    for bad, says in ((KeyError(), r"\(KeyError\)"), (ValueError("odd\n row"), r"\(odd row\)")):
        with pytest.raises(LedgerError, match=says), ledger._sound():
            raise bad
    ledger.close()
