"""First task files: they load as they are, and say what the data holds."""

from pathlib import Path

import pytest

from assay.data.draft import draft
from assay.data.gold import Purpose
from assay.data.specs import DataSpec
from assay.data.taskfile import load
from assay.project import open_project
from tests.data.images.hostile import jpeg


def drafted(data: Path) -> DataSpec:
    path = data.parent / "task.yaml"
    path.write_text(draft(data, data.parent).text, encoding="utf-8")
    return load(path).data


def test_a_table_of_texts(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text,label\n1,one,a\n2,two,b\n")
    found = drafted(tmp_path / "x.csv")
    assert (found.texts, found.pictures, found.id) == (("text",), (), "id")


def test_a_folder_of_pictures_with_a_folder_a_class(tmp_path: Path) -> None:
    for name in ("cat/a.jpg", "dog/b.jpg"):
        (tmp_path / "pets" / name).parent.mkdir(parents=True)
        (tmp_path / "pets" / name).write_bytes(jpeg())
    found = drafted(tmp_path / "pets")
    assert (found.texts, found.pictures, found.id) == ((), ("image",), "file")
    written = load(tmp_path / "task.yaml")
    assert written.gold is not None
    assert written.gold.label == "folder"
    assert written.annotators["small"].kind == "picture"


@pytest.mark.parametrize("column", ["img", "poster", "anything"])
def test_a_table_of_pictures_and_texts(tmp_path: Path, column: str) -> None:
    (tmp_path / "x.csv").write_text(f"{column},text\na.jpg,one\nb.PNG,two\n")
    found = drafted(tmp_path / "x.csv")
    assert (found.texts, found.pictures) == (("text",), (column,))


def table(folder: Path, header: str, *rows: str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


# what stands in the column `label`; the answer that is guessed; whether the column is gold
COLUMNS: dict[str, tuple[list[str], dict[str, object], bool]] = {
    "words": (["a", "b", "a"], {"kind": "choice", "labels": ["a", "b"]}, True),
    "words in any case": (["No", "no", "YES"], {"kind": "choice", "labels": ["No", "YES"]}, True),
    "words of YAML": (["null", "true", "~"], {"kind": "choice", "labels": ["null", "true", "~"]},
                      True),
    "classes": (["2", "1", "3"], {"kind": "choice", "labels": ["1", "2", "3"]}, True),
    "fractions": (["0.5", "2", "1"], {"kind": "scale", "low": 0.5, "high": 2.0, "step": None},
                  True),
    "many numbers": ([str(n) for n in range(40)], {"kind": "scale", "high": 39.0, "step": 1.0},
                     True),
    "sets": (["red;blue", "red", ""], {"kind": "multi", "labels": ["blue", "red"]}, True),
    "lists": (['"[""x"", ""y""]"', "[]"], {"kind": "multi", "labels": ["x", "y"]}, True),
    "sorted": (["a"] * 900 + ["b"], {"kind": "choice", "labels": ["a", "b"]}, True),
    "texts": ([f"word {n}" for n in range(101)], {"labels": ["yes", "no"]}, False),
    "one word": (["spam", "spam"], {"labels": ["yes", "no"]}, False),
    "nothing": (["", ""], {"labels": ["yes", "no"]}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", COLUMNS)
def test_what_a_column_of_labels_holds_is_guessed_and_loads(case: str, tmp_path: Path) -> None:
    cells, expected, gold = COLUMNS[case]
    rows = [f"{i},text {i},{content}" for i, content in enumerate(cells)]
    drafted(table(tmp_path, "id,text,label", *rows))
    file = load(tmp_path / "task.yaml")
    said = file.answer.model_dump()
    said["labels"] = [label["name"] for label in said.get("labels", [])]
    assert {key: said[key] for key in expected} == expected
    assert (file.gold is not None) is gold
    trusted = open_project(tmp_path / "task.yaml").gold
    held = sum(len(trusted.of(purpose)) for purpose in Purpose)
    assert held == (sum(content != "" for content in cells) if gold else 0)


@pytest.mark.parametrize("name", ["null.csv", "2024.csv", "a b & ü.csv", "true.csv"])
def test_any_file_name_makes_a_task_that_loads(tmp_path: Path, name: str) -> None:
    assert drafted(table(tmp_path, "id,text", "1,a", name=name)).path == name


def test_ids_and_labels_are_no_text(tmp_path: Path) -> None:
    path = table(tmp_path, "review_id,note,label", "a-long-one-1,x,positive", "a-long-two,y,bad")
    found = drafted(path)
    assert (found.id, found.texts) == ("review_id", ("note",))


def test_an_id_that_is_there_twice_or_empty_is_none(tmp_path: Path) -> None:
    for second in ("1", ""):
        path = table(tmp_path, "id,text,label", "1,x,a", f"{second},y,b")
        assert drafted(path).id is None
        told = draft(path, tmp_path).guesses
        assert "no column with a unique id: ids are made from the content" in told
        assert "choice of 2 labels from column 'label'; no gold, since gold needs an id" in told


@pytest.mark.parametrize("column", ["Rating", "stars", "Sentiment"])
def test_columns_that_hold_labels_are_known_by_their_names(tmp_path: Path, column: str) -> None:
    drafted(table(tmp_path, f"id,text,{column}", "1,x,4", "2,y,5"))
    gold = load(tmp_path / "task.yaml").gold
    assert gold is not None
    assert gold.label == column


def test_what_was_taken_for_what_is_told(tmp_path: Path) -> None:
    path = table(tmp_path, "id,text,label", "1,x,a", "2,y,b")
    assert draft(path, tmp_path).guesses == (
        "text from column 'text'",
        "id from column 'id'",
        "choice of 2 labels from column 'label', which is gold too",
    )
    path = table(tmp_path, "id,text,label", *(f"{n},x,word {n}" for n in range(300)))
    last = draft(path, tmp_path).guesses[-1]
    assert last == "no gold: column 'label' holds 300 different values; write the labels yourself"
