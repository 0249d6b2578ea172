"""Files as programs and spreadsheets write them: nothing is melted, lost or taken for a label."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.annotations import Names, read_given
from assay.data.form import Form, declare
from assay.data.read import read_rows
from assay.quality.agreement.read import kind_of_answers


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, object]]:
    return [dict(row) for _, row in read_rows(path)]


def said(path: Path) -> list[tuple[str, str, str | None]]:
    return [(g.record, g.annotator, g.label) for g in read_given(path, Names())]


def test_a_table_without_quoting_keeps_its_records(tmp_path: Path) -> None:
    path = written(tmp_path, "a.tsv", 'id\ttext\n1\t"Hi there\n2\tBye now"\n3\tthird\n')
    assert [row["text"] for row in rows(path)] == ['"Hi there', 'Bye now"', "third"]


def test_a_table_with_quoting_keeps_lines_in_its_cells(tmp_path: Path) -> None:
    path = written(tmp_path, "a.tsv", 'id\ttext\n1\t"one\ntwo"\n2\t"three"\n')
    assert [row["text"] for row in rows(path)] == ["one\ntwo", "three"]


@pytest.mark.parametrize(
    "text",
    ["ham\tGo until noon\nspam\tFree entry in it\nham\tOk\n",
     "I like this food.\t27\tx1\nNow he can go\t27,2\tx2\nWHY\t2\tx3\n"],
)  # fmt: skip
def test_a_first_row_that_is_a_record_is_asked_about(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, "a.tsv", text)
    with pytest.raises(InputError, match="looks like a record"):
        rows(path)
    declare(path, Form(header=False))
    assert len(rows(path)) == 3
    assert next(iter(rows(path)[0])) == "column1"


def test_rows_below_the_header_that_are_no_answers_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'id,q\nText,How?\n"{""ImportId"":""x""}",y\n1,good\n')
    assert rows(path) == [{"id": "1", "q": "good"}]


def test_tokens_with_tags_are_sentences_by_any_name(tmp_path: Path) -> None:
    path = written(tmp_path, "a.tsv", "Ann\tB-PER\nLee\tI-PER\nleft\tO\n\nBob\tB-PER\nis\tO\n")
    assert [row["text"] for row in rows(path)] == ["Ann Lee left", "Bob is"]


def test_windows_text_is_refused_with_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,It’s 5 €\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"a\.csv:2: .*cp1252 .*It’s 5 €"):
        rows(path)
    declare(path, Form(encoding="cp1252"))
    assert rows(path)[0]["text"] == "It’s 5 €"


def test_words_for_missing_values_are_no_labels(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "record,annotator,label\n1,a,x\n1,b,NA\n2,a,None\n")
    assert [label for _, _, label in said(path)] == ["x", None, None]
    declare(path, Form(missing=("x",)))
    assert [label for _, _, label in said(path)] == [None, "NA", "None"]


def test_the_first_of_repeated_answers_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "record,annotator,label\n1,a,x\n1,a,y\n")
    assert said(path) == [("1", "a", "x")]
    declare(path, Form(repeats="refuse"))
    with pytest.raises(InputError, match=r"a\.csv:3: 'a' answers record '1' again"):
        said(path)


TABLE = [{"record": r, "annotator": a, "label": x} for r, a, x in ("1ax", "1by", "2ax")]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        {"columns": list(TABLE[0]), "index": [0, 1, 2], "data": [list(r.values()) for r in TABLE]},
        {"schema": {}, "data": [{"index": i, **r} for i, r in enumerate(TABLE)]},
        {str(i): r for i, r in enumerate(TABLE)},
        {k: {str(i): r[k] for i, r in enumerate(TABLE)} for k in TABLE[0]},
        {"1": {"text": "t", "annotators": "a,b", "annotations": "x,y"},
         "2": {"text": "t", "annotators": "a", "annotations": "x"}},
    ],
)  # fmt: skip
def test_tables_in_json_are_read_in_any_shape(tmp_path: Path, content: object) -> None:
    path = written(tmp_path, "a.json", json.dumps(content))
    assert said(path) == [("1", "a", "x"), ("1", "b", "y"), ("2", "a", "x")]


def test_records_with_their_annotators_are_asked_about(tmp_path: Path) -> None:
    nested = {f"r{i}": {"ann": "x", "bob": "y"} for i in range(3)}
    path = written(tmp_path, "a.json", json.dumps(nested))
    with pytest.raises(InputError, match="--outer record"):
        said(path)
    declare(path, Form(outer="record"))
    assert said(path)[0] == ("r0", "ann", "x")


def test_rounded_ids_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "record,annotator,label\n7.9E+17,a,x\n")
    with pytest.raises(InputError, match="spreadsheet has rounded"):
        said(path)
    table = pa.table({"record": [791557138447384576.0], "annotator": ["a"], "label": ["x"]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="floats of this size are rounded"):
        said(tmp_path / "a.parquet")


def test_lists_of_annotators_and_answers_are_unfolded(tmp_path: Path) -> None:
    row = {"id": "1", "annotator": ["a", "b"], "label": ["x", "y"]}
    path = written(tmp_path, "a.jsonl", json.dumps(row) + "\n")
    assert said(path) == [("1", "a", "x"), ("1", "b", "y")]


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (['[{"start": 0, "end": 2, "label": "ORG"}]', "[]"], "spans"),
        (['["joy", "anger"]', "joy"], "multi"),
        (["joy; anger", "anger; joy"], "multi"),
        (["yes; maybe", "no"], "nominal"),
    ],
)
def test_sets_and_spans_are_known_by_their_cells(labels: list[str], kind: str) -> None:
    assert kind_of_answers(labels) == kind
