"""What a killed process had been answered, and not yet added, is added by whoever opens next."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.errors import LedgerError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import Run, SqlLedger, journal, rows
from assay.ledger.journal import Journal, left_behind, slot
from tests.ledger.places import own_schema

TASK = Task("t", "which?", Choice(["a", "b"]))


def said(number: int, outcome: Outcome = Outcome.ANSWERED) -> Annotation:
    request = Request(TASK, text_record(f"r{number}", f"text {number}"), "m")
    value = "a" if outcome is Outcome.ANSWERED else None
    return answer(request, outcome, value=value, raw="naïve\n“A”", cost_nanos=3).stamped(
        "run", number
    )


PROGRAM = """
import os, signal, sys
from tests.ledger.test_journal import SqlLedger, said
from assay.core.annotation import Outcome
ledger = SqlLedger(sys.argv[1])
ledger.add([said(0)])
for number in range(5):
    ledger.jot(said(number))
ledger.jot(said(9, Outcome.FAILED))
ledger.add([said(1)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(place: str) -> None:
    command = [sys.executable, "-c", PROGRAM, place]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


def left(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def check_taken_over(place: str, journals: Path) -> None:
    killed(place)
    assert left(journals)
    opened = SqlLedger(place)
    found = {a.record: a for a in opened.annotations()}
    assert found == {f"r{i}": said(i) for i in range(5)} | {"r9": said(9, Outcome.FAILED)}
    assert left(journals) == []
    opened.close()


def test_answers_of_a_killed_process_are_added_at_the_next_open(tmp_path: Path) -> None:
    check_taken_over(str(tmp_path / "l.sqlite"), tmp_path)


def test_so_they_are_on_a_database_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with own_schema() as url:
        check_taken_over(url, tmp_path / "assay" / "journals")


def written(place: Path) -> Path:
    """The journal of a process that has ended, with three answers."""
    ledger = SqlLedger(str(place))
    for number in range(3):
        ledger.jot(said(number))
    ledger.close()
    [path] = [p for p in left(place.parent) if p.stat().st_size]
    return path


def test_a_journal_is_gone_once_all_is_in_the_ledger(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    for number in range(0, 50, 5):
        batch = [said(number + i) for i in range(5)]
        for a in batch:
            ledger.jot(a)
        ledger.add(batch)
        assert sum(p.stat().st_size for p in left(tmp_path)) == 0
    ledger.close()
    assert left(tmp_path) == []


def test_what_came_during_a_commit_stays_in_the_journal(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.jot(said(1))
    ledger._journal.rotate()
    ledger.jot(said(2))
    ledger._journal.kept([said(1)])
    [kept] = [p.read_text() for p in left(tmp_path) if p.stat().st_size]
    assert json.loads(kept)[4] == "r2"
    ledger.close()


def test_another_process_leaves_a_living_ones_journal_alone(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.jot(said(1))
    other = SqlLedger(str(tmp_path / "l.sqlite"))
    assert list(other.annotations()) == []
    other.close()
    ledger.add([said(1)])
    ledger.close()
    assert left(tmp_path) == []


def test_a_failed_answer_that_was_added_is_not_added_twice(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    failed = said(1, Outcome.FAILED)
    ledger.add([failed, said(2)])
    assert ledger.add_again([failed, said(2), said(3)]) == 1
    assert ledger.spent_nanos() == 9
    ledger.close()


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_last_line_that_was_not_finished_is_dropped(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "l.sqlite")
    path.write_bytes(path.read_bytes()[:-cut])
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    assert [a.record for a in ledger.annotations()] == ["r0", "r1"]
    ledger.close()


def cell(name: str, content: object) -> Callable[[bytes], bytes]:
    place = rows.ANNOTATION.index(name)

    def changed(line: bytes) -> bytes:
        row = json.loads(line)
        row[place] = content
        return json.dumps(row).encode() + b"\n"

    return changed


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "words": lambda _: b"hello\n",
    "blank": lambda _: b"\n",
    "no text": lambda _: b"\xff\xfe\x00\n",
    "deep": lambda _: b"[" * 100_000 + b"\n",
    "another list": lambda _: b"[1, 2]\n",
    "an object": lambda _: b'{"key": 1}\n',
    "a number": lambda _: b"7\n",
    "key": cell("key", None),
    "outcome": cell("outcome", "great"),
    "no value": cell("value", None),
    "value": cell("value", "[[["),
    "deep value": cell("value", "[" * 100_000),
    "cost": cell("cost", 2**63),
    "a negative cost": cell("cost", -(2**63)),
    "a large revision": cell("revision", 2**63),
    "revision": cell("revision", True),
    "confidence": cell("confidence", "high"),
    "confidence without its source": cell("confidence", 0.5),
    "source": cell("confidence_source", "thin air"),
    "rest": cell("rest", '{"key": "other"}'),
    "rest is a list": cell("rest", "[1]"),
    "usage": cell("rest", '{"usage": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}'),
    "half a character": cell("record", "\ud83d"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_other_lines_are_one_clear_complaint(tmp_path: Path, what: str) -> None:
    place = tmp_path / "l.sqlite"
    path = written(place)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + HOSTILE[what](second) + third)
    with pytest.raises(LedgerError) as bad:
        SqlLedger(str(place))
    assert str(bad.value).startswith(f"{path}:2: no answer that Assay kept there (")
    assert "\n" not in str(bad.value)
    reason = str(bad.value).partition("kept there (")[2].rpartition("); move the file away")[0]
    assert 0 < len(reason) <= 130  # escapes make it a little longer
    path.rename(tmp_path / "moved")
    SqlLedger(str(place)).close()


def test_a_link_is_no_journal(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    SqlLedger(str(place)).close()
    (tmp_path / "other").write_text("hello\n")
    (tmp_path / "l.sqlite.1234-1.journal").symlink_to(tmp_path / "other")
    SqlLedger(str(place)).close()
    assert (tmp_path / "other").read_text() == "hello\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.jot(said(1))
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, line: write(number, line[:10]))
    with pytest.raises(LedgerError) as bad:
        ledger.jot(said(2))
    assert bad.value.passing
    assert os.strerror(errno.ENOSPC) in str(bad.value)
    monkeypatch.undo()
    ledger.jot(said(3))
    ledger.close()
    opened = SqlLedger(str(tmp_path / "l.sqlite"))
    assert [a.record for a in opened.annotations()] == ["r1", "r3"]
    opened.close()


def test_a_ledger_without_a_place_for_its_journal_begins_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assay").write_text("a file")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with own_schema() as url:
        ledger = SqlLedger(url)
        with pytest.raises(LedgerError, match="answers cannot be kept at once"):
            ledger.start_run(Run("run", TASK.id, "single(m)", 1.0))
        ledger.close()


def test_the_largest_number_that_a_ledger_holds_is_one(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    path = written(place)
    [line, *_] = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(cell("cost", 2**63 - 1)(line))
    ledger = SqlLedger(str(place))
    assert [a.cost_nanos for a in ledger.annotations()] == [2**63 - 1]
    ledger.close()


def test_a_line_longer_than_any_answer_is_complained_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "l.sqlite"
    path = written(place)
    longest = max(map(len, path.read_bytes().splitlines(keepends=True)))
    monkeypatch.setattr(journal, "LONGEST", longest)
    SqlLedger(str(place)).close()
    path = written(tmp_path / "m.sqlite")
    monkeypatch.setattr(journal, "LONGEST", longest - 1)
    with pytest.raises(LedgerError, match=r":1: no answer .*longer than any answer"):
        SqlLedger(str(tmp_path / "m.sqlite"))


def test_the_files_of_a_journal_are_the_users_alone(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.jot(said(1))
    names = [p.name for p in left(tmp_path)]
    assert [re.sub("[0-9a-f]{8}", "x", name) for name in names] == [
        "l.sqlite.x-1.journal", "l.sqlite.x-2.journal"
    ]  # fmt: skip
    assert {p.stat().st_mode & 0o777 for p in left(tmp_path)} == {0o600}
    ledger.close()


def test_an_answer_is_jotted_once_and_its_row_made_once(tmp_path: Path) -> None:
    made = Journal(tmp_path / "l.sqlite")
    a = said(1)
    made.write(a)
    made.write(a)
    assert made.held == 1
    assert made.row(a) is made.row(a)
    assert made.row(said(2)) == rows.annotation_row(said(2))
    assert [len(p.read_bytes().splitlines()) for p in left(tmp_path)] == [1, 0]
    made.kept([said(2)])
    assert made.held == 1
    made.kept([a])
    assert (made.held, [p.stat().st_size for p in left(tmp_path)]) == (0, [0, 0])
    made.close()
    assert left(tmp_path) == []


def test_answers_of_one_request_are_told_apart() -> None:
    a = said(1)
    others = [replace(a, by="ann"), replace(a, revision=1), a.stamped("run", 9.0), said(2)]
    assert len({slot(a), *(slot(other) for other in others)}) == 5


def test_what_is_left_behind_is_read_in_batches_of_the_size_asked_for(tmp_path: Path) -> None:
    written(tmp_path / "l.sqlite")
    for size, batches in ((2, [2, 1]), (3, [3]), (9, [3])):
        [found] = left_behind(tmp_path / "l.sqlite")
        assert found.path == next(iter(left(tmp_path)))
        for one in left_behind(tmp_path / "l.sqlite"):
            assert [len(batch) for batch in one.batches(size)] == batches
    assert list(left_behind(tmp_path / "nowhere" / "l.sqlite")) == []


def test_a_ledger_takes_nothing_of_one_whose_name_begins_alike(tmp_path: Path) -> None:
    written(tmp_path / "l.sqlite")
    for name in ("l", "l.sqlit", "sqlite"):
        other = SqlLedger(str(tmp_path / name))
        assert list(other.annotations()) == []
        other.close()
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    assert len(list(ledger.annotations())) == 3
    ledger.close()
