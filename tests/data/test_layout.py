from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.annotations import Names, read_given, settled
from assay.data.layout import (
    FEWEST_ROWS,
    LABEL,
    RECORD,
    Layout,
    check_weight,
    count_of,
    one_of,
    renamed,
    weight_of,
)

COUNTS = "item,cat,dog,fox\n" + "".join(f"r{i},{i},{6 - i},1\n" for i in range(6))


def written(folder: Path, text: str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def said(path: Path, names: Names | None = None) -> list[tuple[str, str, str | None]]:
    return [(g.record, g.annotator, g.label) for g in read_given(path, names or Names())]


@pytest.mark.parametrize("head", ["record,annotator,label", "question,worker,answer",
                                  "item,rater,rating", "task,performer,response",
                                  "id,coder,annotation"])  # fmt: skip
def test_columns_are_found_by_what_they_are_usually_called(tmp_path: Path, head: str) -> None:
    assert said(written(tmp_path, f"{head}\nr1,ann,a\n")) == [("r1", "ann", "a")]


def test_where_several_names_fit_it_is_said_which_one_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, "id,question,worker,answer\n7,q1,ann,a\n")
    assert said(path) == [("q1", "ann", "a")]
    assert "'question', not 'id'" in " ".join(settled(path, Names()).notes)
    assert said(path, Names(record="id")) == [("7", "ann", "a")]


def test_counts_of_votes_are_votes_without_names(tmp_path: Path) -> None:
    path = written(tmp_path, COUNTS)
    given = list(read_given(path, Names()))
    assert [g.label for g in given if g.record == "r2"] == ["cat"] * 2 + ["dog"] * 4 + ["fox"]
    assert not any(g.named for g in given)
    assert "cat, dog, fox are read as counts" in " ".join(settled(path, Names()).notes)
    assert not settled(path, Names(counts=("cat", "dog", "fox"))).notes


def test_codes_of_labels_are_never_taken_for_counts(tmp_path: Path) -> None:
    wide = "item,ann,bob,eve\n" + "".join(f"r{i},{i % 2},{i % 3},1\n" for i in range(9))
    long = "item,who,what\n" + "".join(f"r{i % 5},{i // 5},{i % 2}\n" for i in range(10))
    for text in (wide, long):
        with pytest.raises(InputError, match="--counts"):
            said(written(tmp_path, text))


def test_uneven_counts_are_read_where_they_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "item,cat,dog,text\nr1,2,,x\nr2,0,1,y\n")
    rows = said(path, Names(counts=("cat", "dog")))
    assert rows == [("r1", "vote 1", "cat"), ("r1", "vote 2", "cat"), ("r2", "vote 1", "dog")]


@pytest.mark.parametrize("cell", ["-1", "1.5", "many"])
def test_what_is_no_count_is_refused_with_its_line(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, f"item,cat,dog\nr1,2,1\nr2,{cell},1\n")
    with pytest.raises(InputError, match=r":3: 'cat' counts votes"):
        said(path, Names(counts=("cat", "dog")))


def test_a_weight_is_used_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "record,annotator,label,weight\nr1,ann,a,1\nr1,bob,b,2.5\n")
    with pytest.raises(InputError, match=r":3: weight is '2.5', and weights are not used"):
        said(path)
    assert [g.weight for g in read_given(path, Names(), weights=True)] == [1.0, 2.5]
    nothing = written(tmp_path, "record,annotator,label,weight\nr1,ann,a,1\nr1,bob,b,\n")
    assert len(said(nothing)) == 2


@pytest.mark.parametrize("cell", ["heavy", "-1", "nan"])
def test_a_weight_that_is_none_is_refused(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, f"record,annotator,label,weight\nr1,ann,a,{cell}\n")
    with pytest.raises(InputError, match=":2: weight"):
        list(read_given(path, Names(), weights=True))


def test_parquet_tables_are_read_the_same_way(tmp_path: Path) -> None:
    from assay.aggregation.answers import read_votes

    table = {
        "item": [f"r{i}" for i in range(6)],
        "cat": list(range(6)),
        "dog": [5 - i for i in range(6)],
    }
    pq.write_table(pa.table(table), tmp_path / "c.parquet")
    votes = read_votes(tmp_path / "c.parquet")
    assert (len(votes), votes.named, votes.labels) == (30, False, ("cat", "dog"))
    long = {"item": ["1", "1"], "rater": ["a", "b"], "rating": ["x", "y"], "weight": [1.0, 3.0]}
    pq.write_table(pa.table(long), tmp_path / "w.parquet")
    weighed = read_votes(tmp_path / "w.parquet").weight
    assert weighed is not None
    assert weighed.tolist() == [1.0, 3.0]
    with pytest.raises(InputError, match="weights are not used"):
        read_votes(tmp_path / "w.parquet", weights=False)


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["record", "task", "label"], {}),
        (["task", "label"], {"task": "record"}),
        (["item", "question", "answer"], {"question": "record", "answer": "label"}),
        (["other"], {}),
    ],
)
def test_columns_are_read_under_the_names_that_are_wanted(
    there: list[str], found: dict[str, str]
) -> None:
    wanted = {"record": RECORD, "label": LABEL}
    assert renamed(Path("x"), there, wanted) == found


def test_the_first_usual_name_counts_or_all_are_told() -> None:
    assert one_of(Path("x"), ["b", "a"], ["a", "b"]) == "a"
    with pytest.raises(InputError, match=r"x: no column is called a or b \(there: c, d\); say wh"):
        one_of(Path("x"), ["c", "d"], ["a", "b"], "--record")
    with pytest.raises(InputError, match=r"\(there: c\)$"):
        one_of(Path("x"), ["c"], ["a"])


WEIGHTED = Layout("record", "annotator", "label", weight="weight")


@pytest.mark.parametrize(
    ("cell", "weight"), [("0", 0.0), ("2.5", 2.5), ("-1", None), ("x", None), ("", None)]
)
def test_a_weight_is_a_number_of_at_least_0(cell: str, weight: float | None) -> None:
    row = {"weight": cell}
    assert weight_of(Layout("r", "a", "l"), row, "x:2") == 1.0
    if weight is None:
        with pytest.raises(InputError, match=f"x:2: weight '{cell}' is not a number of at least 0"):
            weight_of(WEIGHTED, row, "x:2")
    else:
        assert weight_of(WEIGHTED, row, "x:2") == weight


@pytest.mark.parametrize("cell", ["", "1", "1.0", " 1 "])
def test_a_weight_of_one_says_nothing(cell: str) -> None:
    check_weight(WEIGHTED, {"weight": cell}, "x:2")
    check_weight(Layout("r", "a", "l"), {"weight": "2"}, "x:2")
    with pytest.raises(InputError, match="weights are not used here"):
        check_weight(WEIGHTED, {"weight": "2"}, "x:2")


@pytest.mark.parametrize(
    ("cell", "count"), [("", 0), ("0", 0), ("3", 3), ("2.0", 2), ("-1", None), ("1.5", None)]
)
def test_a_count_is_a_whole_number(cell: str, count: int | None) -> None:
    if count is None:
        with pytest.raises(InputError, match=f"x:2: 'cat' counts votes, and '{cell}' is no count"):
            count_of({"cat": cell}, "cat", "x:2")
    else:
        assert count_of({"cat": cell}, "cat", "x:2") == count


def counted(rows: int, sums: int = 3, head: str = "item,cat,dog", twice: bool = False) -> str:
    lines = [f"r{0 if twice else i},{i % 3},{sums - i % 3}" for i in range(rows)]
    return "\n".join([head, *lines, ""])


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (counted(FEWEST_ROWS), ("cat", "dog")),
        (counted(FEWEST_ROWS - 1), ()),
        (counted(9, sums=2), ("cat", "dog")),
        (counted(9, twice=True), ()),
        (counted(9, head="item,cat,weight"), ()),
        (counted(9, head="item,cat,label"), ()),
        (counted(9) + "r9,1,1\n", ()),
        (counted(9) + "r9,1.5,1.5\n", ()),
        (counted(9) + "r9,4,-1\n", ()),
        ("item,cat\n" + "".join(f"r{i},3\n" for i in range(9)), ()),
        ("item,cat,dog\n" + "".join(f"r{i},{i % 2},{1 - i % 2}\n" for i in range(9)), ()),
    ],
)
def test_counts_are_known_by_equal_sums_alone(
    text: str, counts: tuple[str, ...], tmp_path: Path
) -> None:
    path = written(tmp_path, text)
    if counts:
        found = settled(path, Names())
        assert (found.record, found.counts, found.wanted) == ("item", counts, ("item", *counts))
    else:
        with pytest.raises(InputError, match="has no column"):
            settled(path, Names())


def test_a_table_has_annotators_or_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "record,ann,weight\nr1,a,1\n")
    with pytest.raises(InputError, match="a table has one of them"):
        settled(path, Names(wide=("ann",), counts=("ann",)))
    found = settled(path, Names(wide=("ann",)))
    assert (found.wanted, found.weight) == (("record", "ann"), "weight")
    assert settled(path, Names(wide=("weight",))).weight is None
    with pytest.raises(InputError, match=r"no column 'bob'.*are called with --wide$"):
        settled(path, Names(wide=("bob",)))
