"""What a row's columns mean: the record, its id, and what is odd about it."""

from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.core.record import ImagePart, Record
from assay.data.base import (
    MOST_NAMED,
    Columns,
    Findings,
    Row,
    cell,
    check_columns,
    many,
    record_of,
)


class Pictures:
    """Two columns; a cell `bad` cannot be used."""

    columns = ("front", "back")

    def parts(self, row: Row, where: str, findings: Findings) -> tuple[ImagePart, ...] | None:
        named = [str(row[name]) for name in self.columns if row.get(name)]
        return None if "bad" in named else tuple(ImagePart(n, "0" * 64, n) for n in named)


def made(row: Row, columns: Columns, findings: Findings | None = None) -> Record | None:
    return record_of(row, columns, "x.csv:2", findings or Findings())


def test_several_texts_are_parts_by_their_names() -> None:
    row = {"a": "one", "b": None, "lang": "en", "n": 3.0, "from": "web"}
    one = made(row, Columns(("a",), None, "lang", "from", ("n",)))
    assert one is not None
    assert [(p.name, p.text) for p in one.texts] == [("text", "one")]
    assert (one.language, one.source, dict(one.meta)) == ("en", "web", {"n": "3"})
    two = made(row, Columns(("a", "b")))
    assert two is not None
    assert [(p.name, p.text) for p in two.texts] == [("a", "one"), ("b", "")]
    assert (two.language, two.source, dict(two.meta)) == (None, None, {})


@pytest.mark.parametrize("empty", [None, "", float("nan")])
def test_an_empty_language_or_source_is_none(empty: object) -> None:
    found = made({"text": "x", "l": empty, "s": empty}, Columns(language="l", source="s"))
    assert found is not None
    assert (found.language, found.source) == (None, None)


def test_what_a_model_wrote_stays_marked() -> None:
    row = {"text": "x", "source": "synthetic:m", "s": "web"}
    for columns in (Columns(), Columns(source="s")):
        found = made(row, columns)
        assert found is not None
        assert found.source == "synthetic:m"
    plain = made({"text": "x", "source": "web"}, Columns())
    assert plain is not None
    assert plain.source is None


def test_an_id_is_the_columns_or_a_digest_with_the_number_of_its_occurrence() -> None:
    findings = Findings()
    same = [made({"text": "x"}, Columns(), findings) for _ in range(3)]
    other = made({"text": "y"}, Columns(), findings)
    first, second, third = (r.id for r in same if r is not None)
    assert len(first) == 20
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert other is not None
    assert other.id != first
    assert (findings.records, findings.duplicates, findings.empty) == (4, 2, 0)
    assert findings.first == {"duplicates": "x.csv:2"}
    own = made({"id": " 7 ", "text": "x"}, Columns(id="id"))
    assert own is not None
    assert own.id == "7"


@pytest.mark.parametrize(
    ("ids", "texts", "said"),
    [
        (["a", "a"], ["x", "y"], "x.csv:2: id 'a' is there with other content; ids must be unique"),
        (["a", "a"], ["x", "x"], "x.csv:2: id 'a' is there twice; ids must be unique"),
        ([" "], ["x"], "x.csv:2: column 'id' is empty, and it should hold the id"),
        (["a\0"], ["x"], r"x.csv:2: the id 'a\\x00' holds a NUL"),
    ],
)
def test_an_id_that_cannot_be_is_told(ids: list[str], texts: list[str], said: str) -> None:
    findings = Findings()
    *before, last = zip(ids, texts, strict=True)
    for id, text in before:
        made({"id": id, "text": text}, Columns(id="id"), findings)
    with pytest.raises(InputError, match=said):
        made({"id": last[0], "text": last[1]}, Columns(id="id"), findings)


def test_a_record_is_empty_without_text_and_pictures() -> None:
    findings = Findings()
    made({"text": " "}, Columns(), findings)
    assert (findings.empty, findings.first) == (1, {"empty": "x.csv:2"})
    pictured = made({"text": " ", "front": "f"}, Columns(pictures=Pictures()), findings)
    assert pictured is not None
    assert [p.name for p in pictured.parts] == ["f", "text"]
    assert findings.empty == 1


def test_a_record_whose_picture_is_broken_is_left_out_and_counted() -> None:
    findings = Findings()
    columns = Columns((), pictures=Pictures())
    assert made({"front": "bad"}, columns, findings) is None
    assert made({"front": "f", "back": "b"}, columns, findings) is not None
    assert (findings.left_out, findings.records) == (1, 1)


def test_columns_name_all_that_they_use() -> None:
    assert Columns(("t", "u"), "i", None, "s", ("m",), Pictures()).named == (
        "t", "u", "front", "back", "i", "s", "m",
    )  # fmt: skip
    assert Columns().named == ("text",)


def test_what_was_found_is_told_line_by_line() -> None:
    findings = Findings(
        empty=2, duplicates=1, left_out=2, unnamed_id=True,
        first={"empty": "a:1", "duplicates": "a:2"},
    )  # fmt: skip
    for i in range(MOST_NAMED + 2):
        findings.name(f"picture {i}")
    findings.note("empty", "later")
    described = findings.lines()
    assert described[0].startswith("the data have a column 'id' that `data.id` does not name")
    assert described[1:4] == [
        "2 records are empty, the first at a:1",
        "1 record repeats an earlier one, the first at a:2",
        "2 records are left out: their pictures cannot be used",
    ]
    assert described[4:-1] == [f"picture {i}" for i in range(100)]
    assert described[-1] == "… and 2 more pictures with trouble"
    assert Findings().lines() == []
    assert Findings(left_out=1).lines() == ["1 record is left out: its pictures cannot be used"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (2.0, "2"),
        (2.5, "2.5"),
        (True, "True"),
        (["a", "é"], '["a", "é"]'),
        ({"a": 1}, '{"a": 1}'),
        ("  a ", "  a "),
        (7, "7"),
    ],
)
def test_a_cell_is_text(content: object, text: str) -> None:
    assert cell(content) == text


def test_one_is_singular() -> None:
    assert [many(n, "is", "are") for n in (0, 1, 2, 1_000)] == [
        "0 are",
        "1 is",
        "2 are",
        "1,000 are",
    ]


def test_a_column_that_is_not_there_is_told_with_one_like_it() -> None:
    check_columns(Path("x"), ["a", "b"], ("b",))
    with pytest.raises(InputError, match="x has no column 'txet'; it has id, text; did you mean"):
        check_columns(Path("x"), ["id", "text"], ("id", "txet"))
    with pytest.raises(InputError, match=r"it has id, text$"):
        check_columns(Path("x"), ["id", "text"], ("zzz",))
