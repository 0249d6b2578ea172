import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.base import Columns, Findings
from assay.data.read import peek, read_records

ROWS = [{"id": "1", "text": "one, two"}, {"id": "2", "text": "three"}]


def made(folder: Path, kind: str) -> Path:
    path = folder / f"x.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "arrow":
        table = pa.Table.from_pylist(ROWS)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        texts = {
            "csv": '\ufeffid,text\n1,"one, two"\n2,three\n',
            "tsv": "id\ttext\n1\tone, two\n2\tthree\n",
            "jsonl": '{"id": 1, "text": "one, two"}\n\n{"id": 2, "text": "three"}\n',
            "json": '[{"id": 1, "text": "one, two"}, {"id": 2, "text": "three"}]',
        }
        path.write_text(texts[kind], encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "json", "parquet", "arrow"])
def test_every_kind_of_file_gives_the_same_records(tmp_path: Path, kind: str) -> None:
    found = list(read_records(made(tmp_path, kind), Columns(id="id")))
    assert [(r.id, r.text) for r in found] == [("1", "one, two"), ("2", "three")]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_classes_of_hugging_face_data_sets_come_by_name(tmp_path: Path, kind: str) -> None:
    features = {
        "label": {"names": ["bad", "good"], "_type": "ClassLabel"},
        "text": {"dtype": "string", "_type": "Value"},
    }
    table = pa.table({"text": ["a", "b", "c", "d"], "label": [1, 0, -1, None]})
    table = table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    path = tmp_path / f"x.{kind}"
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    assert [row["label"] for row in peek(path)] == ["good", "bad", None, None]


BROKEN: list[tuple[str, bytes, str]] = [
    ("x.csv", b"id,text\n1,a\n1,b\n", r"x\.csv:3: id '1' is there with other content"),
    ("x.csv", b"id,text\n1,a,b\n", r"x\.csv:2: 3 cells, the header has 2"),
    ("x.csv", b"id,text\n1,caf\xe9\n", r"x\.csv:2: not UTF-8"),
    ("x.csv", b"id,txt\n1,a\n", "no column 'text'; it has id, txt; did you mean 'txt'"),
    ("x.csv", b"", "holds no records"),
    ("x.csv", b"id,text\n", "holds no records"),
    ("x.jsonl", b'{"id": 1, "text": "a"}\n{"id": 2, "te', r"x\.jsonl:2: broken JSON"),
    ("x.jsonl", b'{"text": "a"}\n{"id": }\n', r"x\.jsonl:2: broken JSON \(Expect.*, column 8\)"),
    ("x.json", b'[{"text": "a"},\n {"id": }]', r"x\.json:2: broken JSON \(Expect.*, column 9\)"),
    ("x.jsonl", b"[1]\n", r"x\.jsonl:1: a JSON object is needed"),
    ("x.parquet", b"PAR?", "not a readable Parquet file"),
    ("x.docx", b"", r"cannot read \.docx; \.csv"),
    ("x.xlsx", b"PK", "save the sheet as CSV"),
    ("x.csv.gz", b"\x1f\x8b", "is packed; unpack it first, then name the .csv file"),
    ("x.json", b"", "holds no records"),
    ("x.csv", "id,text\n1,a\n".encode("utf-16"), "x.csv: UTF-16, not UTF-8; .* -f utf-16"),
    ("x.csv", b'id,text\n1,a\n2,"b\n3,c\n4,d\n', r"x\.csv:3: a quote .* never closed"),
    ("x.csv", b'id,text\n1,"a" b\n', r"x\.csv:2: text after a closing quote"),
]


@pytest.mark.parametrize(("name", "content", "complaint"), BROKEN)
def test_broken_files_are_one_clear_line(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=complaint) as caught:
        list(read_records(tmp_path / name, Columns(id="id")))
    assert "\n" not in str(caught.value)


def test_what_spreadsheets_leave_behind_is_no_trouble(tmp_path: Path) -> None:
    """Blank lines above the header, columns without a name, marks within quoted names."""
    path = tmp_path / "x.csv"
    path.write_text('\r\n\r\nid;"text, in, all, words";;\r\n1;a;;\r\n2;b, c;;\r\n', newline="")
    assert peek(path) == [
        {"id": "1", "text, in, all, words": "a"},
        {"id": "2", "text, in, all, words": "b, c"},
    ]


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_a_key_that_one_object_lacks_is_an_empty_cell(tmp_path: Path, name: str) -> None:
    rows = ['{"text": "a"}', '{"text": "b", "label": "good"}', '{"label": "bad"}']
    whole = "\n".join(rows) if name == "x.jsonl" else f"[{', '.join(rows)}]"
    (tmp_path / name).write_text(whole)
    assert peek(tmp_path / name) == [
        {"text": "a", "label": None}, {"text": "b", "label": "good"}, {"text": None, "label": "bad"}
    ]  # fmt: skip


def test_findings_are_counted_in_plain_english() -> None:
    found = Findings(empty=1, duplicates=2, first={"empty": "x:1", "duplicates": "x:2"})
    assert found.lines() == [
        "1 record is empty, the first at x:1", "2 records repeat an earlier one, the first at x:2"
    ]  # fmt: skip


def test_missing_files_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        list(read_records(tmp_path / "no.csv", Columns()))
    with pytest.raises(InputError, match="holds no dataset"):
        list(read_records(tmp_path, Columns()))


def test_duplicate_and_empty_records_are_kept_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('text,n\na,1\na,2\n"",3\n')
    findings = Findings()
    found = list(read_records(path, Columns(), findings))
    assert len({r.id for r in found}) == 3
    assert (findings.duplicates, findings.empty) == (1, 1)
    assert any(":3" in line for line in findings.lines())


def test_made_ids_do_not_depend_on_the_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nx\ny\n")
    (tmp_path / "b.csv").write_text("text\ny\nnew\nx\n")
    a, b = ({r.text: r.id for r in read_records(tmp_path / f"{n}.csv", Columns())} for n in "ab")
    assert a["x"] == b["x"]
    assert a["y"] == b["y"]
