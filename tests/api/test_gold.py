"""Gold from Python: how it is given, how it is checked, and what it says of the labels."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import assay
from assay.core.errors import InputError, SpecError

TEXTS = ["good one", "bad one", "good two", "bad two"]
ROWS = [
    {"text": text, "truth": truth} for text, truth in zip(TEXTS, ["+", "-", "-", None], strict=True)
]
LABELS = ["+", "-"]


def judge(text: str) -> str:
    return "+" if "good" in text else "-"


def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS, index=[3, 1, 4, 2])


GIVEN: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "a column": (frame, lambda: "truth"),
    "a column of polars": (lambda: pl.DataFrame(ROWS), lambda: "truth"),
    "a column of dicts": (lambda: ROWS, lambda: "truth"),
    "a list": (frame, lambda: ["+", "-", "-", None]),
    "a list with an empty text": (frame, lambda: ["+", "-", "-", " "]),
    "a tuple": (lambda: TEXTS, lambda: ("+", "-", "-", None)),
    "an array": (frame, lambda: np.array(["+", "-", "-", float("nan")], object)),
    "a series of polars": (lambda: pl.DataFrame(ROWS), lambda: pl.Series(["+", "-", "-", None])),
    "a series with the index": (frame, lambda: frame()["truth"]),
    "a series in another order": (frame, lambda: frame().sort_index()["truth"]),
    "a series of some": (frame, lambda: frame()["truth"].dropna().sort_index()),
    "a series for dicts": (lambda: ROWS, lambda: frame()["truth"]),
    "another spelling": (frame, lambda: [" + ", "-", "-", None]),
    "ids": (
        lambda: [{"id": i, **row} for i, row in enumerate(ROWS)],
        lambda: {0: "+", 1: "-", 2: "-", 9: "+"},
    ),
}


@pytest.mark.parametrize("case", GIVEN)
def test_gold_in_any_form_is_the_same_gold(case: str) -> None:
    data, gold = GIVEN[case]
    result = assay.label(data(), labels=LABELS, annotators={"j": judge}, gold=gold())
    found = result.metrics()
    assert (found["n"], found["accuracy"], found["coverage"]) == (3, 2 / 3, 1.0)
    assert result.scores["j"].on_all.hits == result.scores["decisions"].on_all.hits == 2


def test_metrics_by_hand() -> None:
    texts = [f"{word} {i}" for i, word in enumerate(["good"] * 4 + ["bad"] * 2 + ["none"] * 2)]

    def quiet(text: str) -> str | None:
        return None if "none" in text else judge(text)

    gold = ["+", "+", "+", "-", "-", "-", "+", "-"]
    found = assay.label(texts, labels=LABELS, annotators=quiet, gold=gold).metrics()
    assert found["accuracy"] == 5 / 6
    assert found["accuracy_all"] == 5 / 8
    assert (found["coverage"], found["n"], found["majority_baseline"]) == (6 / 8, 8, 4 / 8)
    low, high = found["accuracy_interval"]
    assert (round(low, 4), round(high, 4)) == (0.4365, 0.9699)
    assert found["classes"] == {
        "+": {"precision": 3 / 4, "recall": 3 / 4, "f1": 6 / 8, "support": 4},
        "-": {"precision": 1.0, "recall": 2 / 4, "f1": 4 / 6, "support": 4},
    }
    assert found["macro_f1"] == pytest.approx((6 / 8 + 4 / 6) / 2)


def test_a_form_has_metrics_for_each_question() -> None:
    rows = [{"text": "good", "m": "+", "u": "no"}, {"text": "bad", "m": "+", "u": None}]
    result = assay.label(
        rows, labels={"mood": LABELS, "urgent": ["no", "yes"]}, gold={"mood": "m", "urgent": "u"},
        annotators=lambda text: {"mood": judge(text), "urgent": "no"},
    )  # fmt: skip
    fields = result.metrics()["fields"]
    assert (fields["mood"]["accuracy"], fields["mood"]["n"]) == (0.5, 2)
    assert (fields["urgent"]["accuracy"], fields["urgent"]["n"]) == (1.0, 1)


def test_sets_and_numbers_are_gold_too() -> None:
    rows = [{"text": "x", "tags": ["b", "a"], "stars": 4.0}, {"text": "y", "tags": [], "stars": 2}]
    tags = assay.MultiChoice(["a", "b"])
    for data in (rows, pd.DataFrame(rows), pl.DataFrame(rows, strict=False)):
        found = assay.label(data, labels=tags, gold="tags", annotators=lambda text: ["a", "b"])
        assert found.metrics()["accuracy"] == 0.5
        found = assay.label(
            data, labels=assay.Scale(1, 5), gold="stars", annotators=lambda text: 4, name="x"
        )
        assert found.metrics()["accuracy"] == 0.5


@pytest.mark.parametrize("numbers", [[1, 0, None], [1.0, 0.0, None], ["1", "0", ""]])
def test_labels_may_be_numbers_and_come_from_gold(numbers: Any) -> None:
    data = pd.DataFrame({"text": ["good", "bad", "good 2"], "truth": numbers})

    def judge(text: str) -> int:
        return int("good" in text)

    for labels in ([0, 1], None, data["truth"].dropna().unique()):
        if labels is not None and "" in list(labels):
            continue
        result = assay.label(data, labels=labels, annotators=judge, gold="truth")
        assert result.labels == ["1", "0", "1"]
        assert result.metrics()["accuracy"] == 1.0


WRONG: dict[str, tuple[Any, str]] = {
    "no such column": ("true", "no column 'true'; it has text, truth; did you mean 'truth'?"),
    "too few": (["+", "-"], "gold has 2 labels for 4 rows: give one a row, None where there is no"),
    "no label": (["+", "?", "-", "+"], "gold of row 2: '?' is not a label; the labels are +, -"),
    "none at all": ([None] * 4, "gold holds no label"),
    "a number": (5, "gold is of type int: give a column's name"),
    "ids of others": ({"r1": "+"}, "no id in gold is the id of a row: name the column of ids"),
    "another index": (pd.Series(["+"], index=[99]), "the index of gold has no value in common"),
    "an index twice": (pd.Series(["+", "-"], index=[1, 1]), "labels repeat in one of them"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_gold_is_one_line_before_anyone_is_asked(case: str) -> None:
    gold, said = WRONG[case]
    asked: list[str] = []
    with pytest.raises(ValueError, match=re.escape(said)) as found:
        assay.label(frame(), labels=LABELS, annotators=asked.append, gold=gold)
    assert "\n" not in str(found.value)
    assert asked == []


def test_without_gold_there_is_nothing_to_compare_or_certify() -> None:
    result = assay.label(TEXTS, labels=LABELS, annotators=judge)
    for call in (result.metrics, lambda: result.certify(target=0.9)):
        with pytest.raises(InputError, match="gold"):
            call()
    with pytest.raises(SpecError, match="the labels are missing"):
        assay.label(TEXTS, annotators=judge)
    with pytest.raises(SpecError, match="gold has 51 different labels"):
        assay.label(["x"] * 51, annotators=judge, gold=[str(i) for i in range(51)])
