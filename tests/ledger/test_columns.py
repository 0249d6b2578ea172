"""The mirror of the votes says what the ledger says, whatever lies in its folder."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import pytest
from pyarrow import parquet

from assay.core.annotation import Annotation, Outcome, Request, RequestOptions, answer
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice, Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.core.votes import Votes, votes_of
from assay.ledger import Ledger, SqlLedger, columns
from tests.ledger.places import DURABLE, Place

TASK = Task("t", "?", Choice(["a", "b"]))
TAGS = Task("u", "?", MultiChoice(["x", "y", "z"]))
MIRROR = "l.sqlite.columns"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(columns, "PART", 20)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(params=DURABLE, ids=lambda place: place.__name__)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    place: Place = request.param
    yield from place(tmp_path)


def given(task: Task, number: int) -> Annotation:
    """Every kind of answer: two annotators, people, silence, shown answers, a focus."""
    tags: Value = frozenset("xyz"[: number % 4])
    value = None if number % 7 == 0 else tags if task is TAGS else "ab"[number % 2]
    focus = ("x", "y") if task is TAGS and number % 3 == 0 else ()
    options = RequestOptions(focus=focus, saw=("k",) if number % 5 == 0 else ())
    request = Request(
        task, text_record(f"r{number // 2}", f"{number // 2}"), "mn"[number % 2], options
    )
    outcome = Outcome.UNPARSED if value is None else Outcome.ANSWERED
    by = "ann" if number % 11 == 0 else None
    return answer(request, outcome, value=value, by=by, raw='they "saw" it')


def named(votes: Votes) -> list[tuple[str, str, str, str, bool]]:
    assert votes.saw is not None
    rows = zip(votes.record, votes.unit, votes.annotator, votes.label, votes.saw, strict=True)
    return sorted(
        (votes.records[r], votes.units[u], votes.annotators[w], votes.labels[v], bool(s))
        for r, u, w, v, s in rows
    )


def truth(ledger: Ledger, task: Task, annotators: list[str] | None = None) -> Votes:
    return votes_of(task.schema, ledger.annotations(task.id, annotators))


@pytest.mark.parametrize("task", [TASK, TAGS], ids=lambda t: t.schema.kind)
def test_votes_are_the_same_with_and_without_a_mirror(ledger: Ledger, task: Task) -> None:
    other = TAGS if task is TASK else TASK
    for start in range(0, 90, 15):
        ledger.add([given(task, i) for i in range(start, start + 15)])
        ledger.add([given(other, start)])
        assert named(ledger.votes(task.id, task.schema)) == named(truth(ledger, task))
    alone = ledger.votes(task.id, task.schema, ["n"])
    assert named(alone) == named(truth(ledger, task, ["n"]))
    assert "m" not in alone.annotators


def test_a_full_part_is_written_once(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add([given(TASK, i) for i in range(50)])
    ledger.votes(TASK.id, TASK.schema)
    [*parts] = sorted(tmp_path.rglob("*.votes"))
    assert [p.name for p in parts] == ["000000.votes", "000001.votes"]
    written = [p.stat().st_mtime_ns for p in parts]
    ledger.add([given(TASK, i) for i in range(50, 70)])
    ledger.votes(TASK.id, TASK.schema)
    assert [p.stat().st_mtime_ns for p in parts] == written
    assert len(list(tmp_path.rglob("*.votes"))) == 3


def test_an_answer_thought_over_counts_once_though_it_was_mirrored(ledger: Ledger) -> None:
    request = Request(TASK, text_record("r", "x"), "panel")
    ledger.add([answer(request, Outcome.ANSWERED, value="a", by="ann")])
    ledger.add([given(TASK, i) for i in range(40)])
    assert ("r", "", "ann", "a", False) in named(ledger.votes(TASK.id, TASK.schema))
    ledger.add([answer(request, Outcome.ANSWERED, value="b", by="ann", revision=1)])
    votes = named(ledger.votes(TASK.id, TASK.schema))
    assert [v for v in votes if v[0] == "r"] == [("r", "", "ann", "b", False)]
    assert votes == named(truth(ledger, TASK))


@pytest.mark.parametrize("spoilt", ["other", "damaged", "empty", "in the way", "a byte"])
def test_what_lies_in_the_folder_never_changes_the_votes(tmp_path: Path, spoilt: str) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    if spoilt == "in the way":
        (tmp_path / MIRROR).write_text("a letter")
    ledger.add([given(TASK, i) for i in range(50)])
    expected = named(ledger.votes(TASK.id, TASK.schema))
    part = tmp_path / MIRROR / "000000.votes"
    if spoilt == "other":
        other = SqlLedger(str(tmp_path / "other.sqlite"))
        other.add([given(TASK, i) for i in range(100, 150)])
        other.votes(TASK.id, TASK.schema)
        other.close()
        (tmp_path / "other.sqlite.columns" / part.name).rename(part)
    if spoilt == "a byte":
        content = part.read_bytes()
        for place in range(4, len(content), max(1, len(content) // 60)):
            part.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert named(ledger.votes(TASK.id, TASK.schema)) == expected
    if spoilt in ("damaged", "empty"):
        part.write_bytes(part.read_bytes()[:-9] if spoilt == "damaged" else b"")
    assert named(ledger.votes(TASK.id, TASK.schema)) == expected == named(truth(ledger, TASK))
    ledger.close()


@pytest.mark.parametrize("schema", [TASK.schema, TAGS.schema], ids=lambda s: s.kind)
def test_an_empty_ledger_has_no_votes(ledger: Ledger, schema: Schema) -> None:
    assert len(ledger.votes("t", schema)) == 0


def test_a_part_is_the_one_that_earlier_versions_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number says which rows it holds, its end what the rest of it must be."""
    monkeypatch.undo()
    assert columns.PART == 250_000
    monkeypatch.setattr(columns, "PART", 20)
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.add([given(TASK, i) for i in range(20)])
    ledger.votes(TASK.id, TASK.schema)
    ledger.close()
    [part] = (tmp_path / MIRROR).iterdir()
    content = part.read_bytes()
    assert content[-16:] == blake2b(content[:-16], digest_size=16).digest()
    table = parquet.read_table(BytesIO(content[:-16]))
    assert table.column("row").to_pylist() == [i + 1 for i in range(20) if i % 7]
    assert table.schema.metadata[b"assay-last-row"].decode().split()[0] == given(TASK, 19).key


def test_a_folder_that_cannot_be_written_to_costs_no_answer_and_keeps_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    ledger.add([given(TASK, i) for i in range(50)])
    assert named(ledger.votes(TASK.id, TASK.schema)) == named(truth(ledger, TASK))
    assert list((tmp_path / MIRROR).iterdir()) == []
    ledger.close()
