"""The same rows in any form: the same answers, in the form that came in."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import assay
from assay.core.errors import InputError

ROWS: list[dict[str, Any]] = [
    {"comment": "I love it", "stars": 5},
    {"comment": None, "stars": 3},
    {"comment": "I hate it", "stars": 1},
    {"comment": "It is blue", "stars": 3},
]
COLUMNS = {"comment": [r["comment"] for r in ROWS], "stars": [r["stars"] for r in ROWS]}
ADDED = ["label", "confidence", "decided_by", "outcome", "reason"]
LABELS = ["good", "bad"]

ANSWERS = {
    "label": ["good", None, "bad", None],
    "confidence": [0.9, None, 0.8, None],
    "decided_by": ["model", None, "model", None],
    "outcome": ["answered", "empty", "answered", "abstained"],
    "reason": [None, "the text is missing", None, None],
}


def judge(text: str) -> tuple[str, float] | None:
    return ("good", 0.9) if "love" in text else ("bad", 0.8) if "hate" in text else None


def generated() -> Iterator[dict[str, Any]]:
    yield from ROWS


def listed(frame: Any) -> list[dict[str, Any]]:
    """The rows of any form, a missing value as None."""
    if isinstance(frame, pd.DataFrame):
        frame = frame.astype(object).where(frame.notna(), None).to_dict("records")
    elif isinstance(frame, pl.DataFrame):
        frame = frame.to_dicts()
    elif isinstance(frame, pa.Table):
        frame = frame.to_pylist()
    elif isinstance(frame, dict):
        frame = [dict(zip(frame, row, strict=True)) for row in zip(*frame.values(), strict=True)]
    assert isinstance(frame, list)
    return frame


FORMS: dict[str, tuple[Callable[[], Any], type]] = {
    "pandas": (lambda: pd.DataFrame(ROWS), pd.DataFrame),
    "pandas of objects": (lambda: pd.DataFrame(ROWS, dtype=object), pd.DataFrame),
    "pandas of Arrow": (
        lambda: pd.DataFrame(ROWS).convert_dtypes(dtype_backend="pyarrow"), pd.DataFrame,
    ),
    "pandas with an index twice": (lambda: pd.DataFrame(ROWS, index=[7, 7, 8, 9]), pd.DataFrame),
    "polars": (lambda: pl.DataFrame(ROWS), pl.DataFrame),
    "PyArrow": (lambda: pa.Table.from_pylist(ROWS), pa.Table),
    "dicts": (lambda: ROWS, list),
    "a tuple of dicts": (lambda: tuple(ROWS), list),
    "a generator": (generated, list),
    "columns": (lambda: COLUMNS, dict),
    "columns of arrays": (lambda: {n: np.array(v, object) for n, v in COLUMNS.items()}, dict),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_rows_come_back_as_they_came_with_the_answers(form: str) -> None:
    make, kind = FORMS[form]
    frame = assay.label(make(), text="comment", labels=LABELS, annotators=judge).frame
    assert isinstance(frame, kind)
    rows = listed(frame)
    assert [list(row) for row in rows] == [["comment", "stars", *ADDED]] * 4
    assert [{n: row[n] for n in ("comment", "stars")} for row in rows] == ROWS
    assert {name: [row[name] for row in rows] for name in ADDED} == ANSWERS


@pytest.mark.parametrize(
    "texts",
    [["I love it", None], ("I love it", float("nan")), np.array(["I love it", None], object)],
    ids=["list", "tuple", "array"],
)
def test_bare_texts_come_back_as_dicts(texts: Any) -> None:
    frame = assay.label(texts, labels=LABELS, annotators=judge).frame
    assert [row["text"] for row in frame] == ["I love it", None]
    assert [row["label"] for row in frame] == ["good", None]
    named = assay.label(texts, text="comment", labels=LABELS, annotators=judge).frame
    assert next(iter(named[0])) == "comment"


def test_a_series_comes_back_as_a_frame_with_its_name_and_index() -> None:
    series = pd.Series(["I love it", "I hate it"], index=["a", "b"], name="said")
    frame = assay.label(series, text="said", labels=LABELS, annotators=judge).frame
    assert frame["label"].to_dict() == {"a": "good", "b": "bad"}
    unnamed = assay.label(pl.Series(["I love it"]), labels=LABELS, annotators=judge).frame
    assert isinstance(unnamed, pl.DataFrame)
    assert unnamed["label"].to_list() == ["good"]


@pytest.mark.parametrize("index", [[7, 7, 8, 9], list("dcba"), pd.date_range("2026", periods=4)])
def test_the_index_of_pandas_stays(index: Any) -> None:
    data = pd.DataFrame(ROWS, index=index)
    frame = assay.label(data, text="comment", labels=LABELS, annotators=judge).frame
    assert frame.index.equals(data.index)
    assert list(data.columns) == ["comment", "stars"], "the user's own frame stays as it was"


def test_columns_of_pandas_need_not_be_named_by_texts() -> None:
    data = pd.DataFrame([["I love it", 1], ["I hate it", 2]])
    frame = assay.label(data, text="0", labels=LABELS, annotators=judge).frame
    assert frame["label"].tolist() == ["good", "bad"]
    assert [str(name) for name in frame.columns][:2] == ["0", "1"]
    assert frame[1].tolist() == [1, 2]


def test_columns_have_the_types_of_their_library() -> None:
    how: dict[str, Any] = {
        "labels": {
            "mood": LABELS, "topics": assay.MultiChoice(["a", "b"]), "stars": assay.Scale(1, 5),
            "why": assay.FreeText(),
        },
        "annotators": lambda text: {"mood": "good", "topics": ["b", "a"], "stars": 4, "why": "so"},
    }  # fmt: skip
    for texts in (["x", None], [None, None]):
        schema = assay.label(pl.DataFrame({"text": texts}, {"text": pl.String}), **how).frame.schema
        assert schema["topics"] == pl.List(pl.String)
        assert schema["stars"] == schema["confidence"] == pl.Float64
        for name in ("mood", "why", "decided_by", "outcome", "reason"):
            assert schema[name] == pl.String
        pandas = assay.label(pd.DataFrame({"text": texts}), **how).frame
        assert pandas.dtypes["stars"] == pandas.dtypes["confidence"] == np.float64
        assert pandas.dtypes["mood"] == pd.Series(["x"]).dtype
        assert pandas["topics"].tolist() == [["a", "b"] if text else None for text in texts]


def test_a_form_has_a_column_for_each_question_and_a_name_goes_before_all() -> None:
    frame = assay.label(
        ["x"], labels={"mood": LABELS, "urgent": ["no", "yes"]}, name="seen",
        annotators=lambda text: {"mood": "good"},
    ).frame  # fmt: skip
    assert list(frame[0]) == [
        "text", "seen_mood", "seen_urgent", "seen_confidence", "seen_decided_by", "seen_outcome",
        "seen_reason",
    ]  # fmt: skip
    assert (frame[0]["seen_mood"], frame[0]["seen_urgent"]) == ("good", None)


def test_spans_are_lists_of_dicts() -> None:
    task = assay.Task("names", "Who?", assay.Spans(["person"]))
    mark = {"start": 0, "end": 3, "label": "person"}
    for data in (pd.DataFrame({"text": ["Ann came"]}), pl.DataFrame({"text": ["Ann came"]})):
        frame = assay.label(data, task=task, annotators=lambda text: [mark]).frame
        assert next(iter(frame["label"]))[0]["end"] == 3


@pytest.mark.parametrize("taken", ADDED)
def test_a_column_that_is_there_is_never_overwritten(taken: str) -> None:
    rows = [{"text": "x", taken: 1}]
    with pytest.raises(ValueError, match=f"a column '{taken}' already; name the new ones"):
        assay.label(rows, labels=LABELS, annotators=judge)
    assert assay.label(rows, labels=LABELS, annotators=judge, name="x").frame[0][taken] == 1


def test_several_questions_one_after_the_other_add_to_one_frame() -> None:
    data = pd.DataFrame(ROWS)
    how: dict[str, Any] = {"text": "comment", "labels": LABELS, "annotators": judge}
    first = assay.label(data, name="one", **how).frame
    assert assay.label(first, name="two", **how).frame["one"].equals(first["one"])


def test_rows_with_no_text_at_all_are_not_asked_about() -> None:
    asked: list[str] = []
    data = pd.DataFrame({"text": [None, "", "  ", float("nan"), pd.NA]})
    result = assay.label(data, labels=LABELS, annotators=asked.append)
    assert asked == []
    assert result.frame["outcome"].tolist() == ["empty"] * 5
    assert result.notes == ("5 records are empty, the first at row 1",)


def test_a_row_that_lacks_one_of_several_texts_is_asked_about() -> None:
    rows = [{"title": None, "body": "I love it"}, {"title": None, "body": None}]
    got: list[dict[str, str]] = []
    frame = assay.label(rows, text=["title", "body"], labels=LABELS, annotators=got.append).frame
    assert got == [{"title": "", "body": "I love it"}]
    assert [row["outcome"] for row in frame] == ["abstained", "empty"]


@pytest.mark.parametrize("given", ["comment", ["comment"], ("comment",)])
def test_columns_may_be_named_by_one_text(given: Any) -> None:
    columns = assay.Columns(text=given, meta="stars")
    result = assay.label(ROWS, columns=columns, labels=LABELS, annotators=judge)
    assert result.labels == ANSWERS["label"]
    assert {r.meta["stars"] for r in result.ledger.records()} == {"5", "1", "3"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such column": ({"text": "comments"}, "no column 'comments'; it has comment, stars; did"),
    "nor in Columns": ({"columns": assay.Columns(text="c")}, "no column 'c'; it has comment, sta"),
    "no such id": ({"id": "key"}, "the data has no column 'key'"),
    "a number": ({"text": 5}, "a column is named by a text, not by 5"),
    "numbers": ({"text": [5]}, "a column is named by a text, not by 5"),
    "none": ({"text": []}, "text names no column"),
    "text and columns": ({"columns": assay.Columns(), "text": "comment"}, "not both"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("form", ["pandas", "polars", "dicts", "columns"])
def test_a_column_that_is_not_there_is_one_line_with_those_that_are(form: str, case: str) -> None:
    how, said = WRONG[case]
    how = {"text": "comment"} | how if "columns" not in how else how
    with pytest.raises(InputError, match=said) as found:
        assay.label(FORMS[form][0](), labels=LABELS, annotators=judge, **how)
    assert "\n" not in str(found.value)
