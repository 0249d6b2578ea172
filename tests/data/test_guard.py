"""What a spreadsheet would run is guarded, and comes back letter by letter."""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.data.guard import GUARD, NUMBER
from assay.data.read import read_rows
from assay.data.write import write_rows

SIGNS = [
    "=",
    "+",
    "-",
    "@",
    "'",
    "''@",
    "'=",
    "\t",
    "\r",
    "\n",
    "＝",
    "－1",
    '"',
    '"=',
    "-1",
    "'-1",
]
TEXTS = st.builds(
    lambda sign, rest: sign + rest,
    st.sampled_from(["", *SIGNS]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)
NAMES = st.lists(
    TEXTS.map(str.strip).filter(lambda n: n not in ("", GUARD)), unique=True, min_size=1
)


def written(rows: Sequence[Mapping[str, object]], fields: tuple[str, ...], path: Path) -> bytes:
    write_rows(rows, fields, path)
    return path.read_bytes()


@given(st.data())
def test_what_is_written_is_read_and_written_again_as_it_was(data: st.DataObject) -> None:
    fields = tuple(data.draw(NAMES))
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(fields, TEXTS)), max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        first = written(rows, fields, path)
        back = [dict(row) for _, row in read_rows(path)]
        assert [[(k, v) for k, v in row.items()] for row in back] == [
            [(name, row[name]) for name in fields] for row in rows
        ]
        assert written(back, fields, Path(folder) / "y.csv") == first


@given(st.lists(TEXTS, min_size=1), TEXTS)
def test_no_cell_is_one_that_a_spreadsheet_runs(texts: list[str], name: str) -> None:
    fields = ("record", f"{name}x")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        write_rows([dict.fromkeys(fields, text) for text in texts], fields, path)
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    assert [c for c in cells if c[:1] in set("=+-@\t\r\n＝＋－＠") - {""} and not number(c)] == []


def number(cell: str) -> bool:
    return cell == "" or NUMBER.fullmatch(cell) is not None


@given(st.lists(TEXTS.filter(lambda t: t != ""), min_size=1))
def test_what_others_wrote_is_read_as_it_stands(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["record", "label"], *(["r", text] for text in texts)])
        assert [row["label"] for _, row in read_rows(path)] == texts


def test_only_a_file_with_a_guarded_cell_has_the_column(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_rows([{"a": "x", "b": "-1"}, {"a": "'=1"}], ("a", "b"), path)
    assert path.read_text() == "a,b\nx,-1\n'=1,\n"
    write_rows([{"a": "x"}, {"a": "=1", "b": "@y"}, {"b": "z"}], ("a", "b"), path)
    assert path.read_text() == (f'a,b,{GUARD}\nx,,\n\'=1,\'@y,"[""a"", ""b""]"\n,z,\n')


def test_rows_may_be_sorted_dropped_and_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_rows([{"record": "@a"}, {"record": "b"}], ("record", "label"), path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["label"], rows[1]["label"] = "'@yes", "@no"
    with path.open("w", newline="") as file:
        again = csv.DictWriter(file, [GUARD, "label", "record"], delimiter=";")
        again.writeheader()
        again.writerows(reversed(rows))
    assert [(row["record"], row["label"]) for _, row in read_rows(path)] == [
        ("b", "@no"),
        ("@a", "'@yes"),
    ]


def test_a_column_of_that_name_that_is_not_ours_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"a,{GUARD}\n'@x,yes\n")
    with pytest.raises(InputError, match=r"x.csv:2: column 'assay_guard' says 'yes'"):
        list(read_rows(path))
