"""Votes and comparisons read from files: the same from rows as from columns."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.aggregation.answers import (
    answered_votes,
    in_label_order,
    read_comparisons,
    read_labels,
    read_votes,
)
from assay.core.errors import InputError
from assay.core.votes import Votes

Cells = tuple[str | None, str | None, str | None]
ROWS: list[Cells] = [
    ("r1", "ann", "b"), ("r1", "bob", "a"), ("r2", "ann", "a"), ("r2", "cy", None),
    ("r3", " bob ", "b "), ("r3", "dee", ""),
]  # fmt: skip


def said(votes: Votes) -> list[tuple[str, str, str]]:
    codes = zip(votes.record, votes.annotator, votes.label, strict=True)
    return [(votes.records[r], votes.annotators[a], votes.labels[x]) for r, a, x in codes]


def table(folder: Path, kind: str, rows: list[Cells], **more: list[object]) -> Path:
    names = ("record", "annotator", "label")
    columns: dict[str, list[object]] = {n: [row[k] for row in rows] for k, n in enumerate(names)}
    columns |= more
    path = folder / f"votes.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table(columns), path)
        return path
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_empty_answers_are_no_votes_and_the_silent_have_names(tmp_path: Path, kind: str) -> None:
    votes = read_votes(table(tmp_path, kind, ROWS))
    assert said(votes) == [
        ("r1", "ann", "b"), ("r1", "bob", "a"), ("r2", "ann", "a"), ("r3", "bob", "b"),
    ]  # fmt: skip
    assert votes.labels == ("a", "b")
    assert votes.annotators == ("ann", "bob", "cy", "dee")
    assert (votes.weight, votes.saw, votes.units, votes.named) == (None, None, ("",), True)
    left = answered_votes(votes)
    assert (left.annotators, said(left)) == (("ann", "bob"), said(votes))
    silent_first: list[Cells] = [("r1", "zed", None), *ROWS]
    spoken = answered_votes(read_votes(table(tmp_path, kind, silent_first)))
    assert (spoken.annotators, said(spoken)) == (("ann", "bob"), said(votes))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_labels_are_in_order_of_number_where_all_are_numbers(tmp_path: Path, kind: str) -> None:
    numbers: list[Cells] = [("r1", "a", "10"), ("r1", "b", "9"), ("r2", "a", "-1")]
    votes = read_votes(table(tmp_path, kind, numbers))
    assert votes.labels == ("-1", "9", "10")
    assert said(votes) == numbers
    words = read_votes(table(tmp_path, kind, [*numbers, ("r2", "b", "x")]))
    assert words.labels == ("-1", "10", "9", "x")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_weights_count_and_are_refused_where_they_would_be_ignored(
    tmp_path: Path, kind: str
) -> None:
    rows: list[Cells] = [("r1", "a", "x"), ("r1", "b", "y"), ("r2", "a", "y")]
    weighed = table(tmp_path, kind, rows, weight=[0.5, 2.0, 1.0])
    votes = read_votes(weighed)
    assert votes.weight is not None
    assert votes.weight.tolist() == [0.5, 2.0, 1.0]
    even = read_votes(table(tmp_path, kind, rows, weight=[1.0, 1.0, 1.0]))
    assert even.weight is None
    with pytest.raises(InputError, match="weight"):
        read_votes(table(tmp_path, kind, rows, weight=[0.5, 2.0, 1.0]), weights=False)


def test_columns_of_numbers_and_codes_say_what_their_text_would(tmp_path: Path) -> None:
    path = tmp_path / "votes.parquet"
    columns = {
        "record": [1, 2, 2],
        "annotator": pa.array(["a", "a", "b"]).dictionary_encode(),
        "label": [1.0, 2.5, 1.0],
    }
    pq.write_table(pa.table(columns), path, row_group_size=2)
    votes = read_votes(path)
    assert [(r, a) for r, a, _ in said(votes)] == [("1", "a"), ("2", "a"), ("2", "b")]
    assert votes.label.tolist() == [0, 1, 0]
    assert [float(name) for name in votes.labels] == [1.0, 2.5]


def test_a_column_says_which_votes_saw_another(tmp_path: Path) -> None:
    rows: list[Cells] = [("r1", "a", "x"), ("r1", "b", None), ("r2", "a", "y")]
    votes = read_votes(table(tmp_path, "parquet", rows, saw=[False, False, True]))
    assert votes.saw is not None
    assert votes.saw.tolist() == [False, True]


def test_names_that_are_missing_are_refused_with_their_row(tmp_path: Path) -> None:
    for rows, column in (
        ([("r1", "a", "x"), (None, "b", "x")], "record"),
        ([("r1", "a", "x"), ("r1", "", "x")], "annotator"),
    ):
        with pytest.raises(InputError, match=f"column '{column}' is empty in row 2"):
            read_votes(table(tmp_path, "parquet", [*rows]))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputError, match="Parquet"):
        read_votes(broken)
    silent: list[Cells] = [("r1", "a", None), ("r2", "b", "")]
    for kind in ("csv", "parquet"):
        with pytest.raises(InputError, match="holds no answers"):
            read_votes(table(tmp_path, kind, silent))


def test_a_vote_table_in_any_order_gives_the_same_label_order() -> None:
    zeros = np.zeros(3, np.int32)
    votes = Votes(
        ("r0", "r1", "r2"), ("",), ("a",), ("c", "a", "b"), np.arange(3, dtype=np.int32), zeros,
        zeros, np.array([0, 1, 2], np.int32),
    )  # fmt: skip
    found = in_label_order(votes)
    assert (found.labels, found.label.tolist()) == (("a", "b", "c"), [2, 0, 1])


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_trusted_labels_are_one_a_record(tmp_path: Path) -> None:
    path = written(tmp_path, "record,label,who,said\nr1, x ,r8,z\nr2,,r9,\nr3,y,r8,z\nr1,x,r7,q\n")
    assert read_labels(path) == {"r1": "x", "r3": "y"}
    assert read_labels(path, "who", "said") == {"r8": "z", "r7": "q"}
    with pytest.raises(InputError, match=":3: record 'r1' is 'y' here and 'x' above"):
        read_labels(written(tmp_path, "record,label\nr1,x\nr1,y\n"))
    with pytest.raises(InputError, match="holds no labels"):
        read_labels(written(tmp_path, "record,label\nr1,\n"))


def test_comparisons_name_the_winner_or_its_side(tmp_path: Path) -> None:
    path = written(tmp_path, "left,right,winner\na,b,a\na,b,RIGHT\nb,c,tie\nc,a, left \n")
    found = read_comparisons(path)
    assert found.rivals == ("a", "b", "c")
    assert found.first.tolist() == [0, 0, 1, 2]
    assert found.second.tolist() == [1, 1, 2, 0]
    assert found.share.tolist() == [1.0, 0.0, 0.5, 1.0]
    assert found.weight.tolist() == [1.0] * 4
    other = read_comparisons(written(tmp_path, "first,second,answer\na,b,b\n"))
    assert other.share.tolist() == [0.0]
    for row in ("a,b,c", "a,a,a", ",b,b", "a,,a", "a,b,"):
        with pytest.raises(InputError, match=r":2: .* is not the winner of"):
            read_comparisons(written(tmp_path, f"left,right,winner\n{row}\n"))
