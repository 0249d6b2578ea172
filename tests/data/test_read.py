import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.base import Columns, Findings
from assay.data.read import Rows, columns_of, peek, read_records, read_rows

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


@pytest.mark.parametrize(("name", "content", "validation_error"), BROKEN)
def test_broken_files_are_one_clear_line(
    tmp_path: Path, name: str, content: bytes, validation_error: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=validation_error) as caught:
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


def test_columns_are_those_of_the_first_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text\n1,a\n")
    assert columns_of(tmp_path / "x.csv") == ["id", "text"]
    (tmp_path / "y.csv").write_text("id,text\n")
    with pytest.raises(InputError, match="holds no records"):
        columns_of(tmp_path / "y.csv")


def test_rows_are_begun_once_and_gone_through_once(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text\n1,a\n2,b\n")
    rows = Rows(tmp_path / "x.csv")
    assert rows.columns == ["id", "text"]
    assert [(number, row["id"]) for number, row in rows] == [(2, "1"), (3, "2")]
    assert list(rows) == []
    (tmp_path / "y.csv").write_text("")
    assert Rows(tmp_path / "y.csv").columns is None


@pytest.mark.parametrize("mark", [",", ";", "|", "\t"])
def test_the_delimiter_is_the_one_that_the_header_has_most(mark: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"id{mark}text\n1{mark}a\n")
    assert peek(tmp_path / "x.csv") == [{"id": "1", "text": "a"}]


def test_lines_are_counted_where_cells_span_them(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('id,text\n1,"a\nb"\n\n2,c\n3,"d\n')
    rows = read_rows(tmp_path / "x.csv")
    assert [next(rows)[0], next(rows)[0]] == [3, 5]
    with pytest.raises(InputError, match=r"x\.csv:6: a quote"):
        next(rows)


@pytest.mark.parametrize(
    ("columns", "there", "unnamed"),
    [
        (Columns(), "id,text", True),
        (Columns(id="id"), "id,text", False),
        (Columns(("text", "id")), "id,text", False),
        (Columns(), "key,text", False),
    ],
)
def test_an_id_that_nobody_names_is_found(
    columns: Columns, there: str, unnamed: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(f"{there}\n1,a\n")
    findings = Findings()
    assert len(list(read_records(tmp_path / "x.csv", columns, findings))) == 1
    assert findings.unnamed_id == unnamed


def test_no_more_rows_are_peeked_at_than_asked_for(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text\n" + "a\n" * 300)
    assert (len(peek(tmp_path / "x.csv")), len(peek(tmp_path / "x.csv", 3))) == (200, 3)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"a,a\n1,2\n", "duplicate column 'a'"),
        ("x.csv", b"a,b\n1,2\n\xff,3\n", "x.csv:3: not UTF-8"),
        ("x.jsonl", b'{"a": "\\ud800"}\n', r"x\.jsonl:1: \\ud800 is half a character"),
        ("x.json", b'{"a": 1}', "a JSON list of objects is needed"),
        ("x.json", b"[1]", "a JSON list of objects is needed"),
        ("x.jsonl", b'{"a": 1}\n5\n', r"x\.jsonl:2: a JSON object is needed, not 5"),
        ("noending", b"", "cannot read a file without ending"),
    ],
)
def test_other_broken_files_are_told_too(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        list(read_rows(tmp_path / name))


def test_keys_that_come_late_stay_beside_those_of_the_first_lines(tmp_path: Path) -> None:
    lines = [json.dumps({"a": i}) for i in range(3)] + [json.dumps({"b": 1})]
    (tmp_path / "x.jsonl").write_text("\n\n".join(lines))
    found = list(read_rows(tmp_path / "x.jsonl"))
    assert [number for number, _ in found] == [1, 3, 5, 7]
    assert [dict(row) for _, row in found][2:] == [{"a": 2, "b": None}, {"a": None, "b": 1}]


def test_a_pipe_is_no_data(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.csv")
    with pytest.raises(InputError, match="a pipe or a device"):
        read_rows(tmp_path / "x.csv")


@pytest.mark.parametrize("state", [True, False])
def test_a_folder_is_read_by_its_state_or_all_files_in_turn(state: bool, tmp_path: Path) -> None:
    for i, name in enumerate(("b.parquet", "a.parquet")):
        pq.write_table(pa.Table.from_pylist([{"text": str(i)}]), tmp_path / name)
    if state:
        named = {"_data_files": [{"filename": "b.parquet"}, {"filename": "deep/a.parquet"}]}
        (tmp_path / "state.json").write_text(json.dumps(named))
    found = [(number, row["text"]) for number, row in read_rows(tmp_path)]
    assert found == [(1, "0"), (2, "1")] if state else [(1, "1"), (2, "0")]


def test_the_splits_of_a_data_set_are_named(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "state.json").write_text("{}")
    with pytest.raises(InputError, match="it has the splits test, train: name one of them"):
        list(read_rows(tmp_path))
