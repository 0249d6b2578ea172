from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.annotations import Names, read_given, settled

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
