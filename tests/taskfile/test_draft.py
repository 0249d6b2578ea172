"""First task files: they load as they are, and say what the data holds."""

import json
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data.form import forms, set_usual
from assay.data.gold import Purpose
from assay.project import open_project
from assay.taskfile.draft import MOST_LABELS, Draft, draft
from assay.taskfile.reader import load
from assay.taskfile.specs import DataSpec
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
    "words of YAML": (["Null", "true", "~"], {"kind": "choice", "labels": ["Null", "true", "~"]},
                      True),
    "classes": (["2", "1", "3"], {"kind": "choice", "labels": ["1", "2", "3"]}, True),
    "fractions": (["0.5", "2", "1"], {"kind": "scale", "low": 0.5, "high": 2.0, "step": None},
                  True),
    "many numbers": ([str(n) for n in range(40)], {"kind": "scale", "high": 39.0, "step": 1.0},
                     True),
    "sets": (["red;blue", "red", ""], {"kind": "multi", "labels": ["blue", "red"]}, True),
    "lists": (['"[""x"", ""y""]"', "[]"], {"kind": "multi", "labels": ["x", "y"]}, True),
    "a list and a word": (['"[""x""]"', "y"], {"kind": "choice", "labels": ['["x"]', "y"]}, True),
    "marks": (["a|b", "b"], {"kind": "multi", "labels": ["a", "b"]}, True),
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
        described = draft(path, tmp_path).guesses
        assert "no column with a unique id: ids are made from the content" in described
        assert (
            "using column 'label' as choice of 2 labels; no gold, because gold needs "
            "an id column" in described
        )


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
        "using column 'label' as choice of 2 labels and as gold labels",
    )
    path = table(tmp_path, "id,text,label", *(f"{n},x,word {n}" for n in range(300)))
    last = draft(path, tmp_path).guesses[-1]
    assert last == "no gold: column 'label' holds 300 different values; write the labels yourself"


WHOLE = """\
# A labelling task. Check it with `assay check`, run it with `assay run`.
name: 'my-tweets'
data:
  path: 'my tweets.csv'
  text: 'tweet'             # the column to label, or a list of columns
  id: 'tweet_id'
  language: 'lang'
question: Which label fits the text?   # phrase it as for a new colleague
answer:
  kind: choice              # or multi, scale, spans, form, text
  labels:
    - {name: 'bad', definition: ''}
    - {name: 'it''s', definition: ''}
guideline: ''               # how to decide hard cases
annotators:
  small:
    kind: embedded          # runs here, needs no key: pip install 'assay[embedded]'
  # large:
  #   kind: openai          # any OpenAI-compatible server
  #   base_url: https://api.openai.com/v1
  #   model: gpt-4o-mini
  #   key_env: OPENAI_API_KEY
  #   prices: {input: 0.15, output: 0.60}   # currency units per million tokens
strategy:
  kind: single              # or vote, chain, triage, review, retrieved
  annotators: [small]
gold:                       # labels you trust, split by purpose without overlap
  label: 'label'
  calibration: 0.5          # fits classifiers and thresholds
  evaluation: 0.5           # scores the result
budget:
  money: 1.00
currency: USD
seed: 0
"""


def of(folder: Path, text: str, name: str = "x.csv") -> Draft:
    (folder / name).write_text(text)
    return draft(folder / name, folder)


def labels(folder: Path, *cells: str) -> Draft:
    rows = "".join(
        json.dumps({"id": i, "text": "t", "label": c}) + "\n" for i, c in enumerate(cells)
    )
    return of(folder, rows, "x.jsonl")


def test_the_whole_file_is_written_with_what_was_found(tmp_path: Path) -> None:
    rows = "tweet_id,lang,tweet,label\n1,en,fine,it's\n2,de,so,bad\n"
    found = of(tmp_path, rows, "my tweets.csv")
    assert found.text == WHOLE
    assert found.guesses == (
        "text from column 'tweet'",
        "id from column 'tweet_id'",
        "language from column 'lang'",
        "using column 'label' as choice of 2 labels and as gold labels",
    )


def test_without_labels_or_ids_it_says_so(tmp_path: Path) -> None:
    found = of(tmp_path, "what,words\n1,a long text\n1,short\n")
    assert "  text: 'words' " in found.text
    assert "  # id: column with a unique id" in found.text
    assert "    - {name: 'yes', definition: ''}\n    - {name: 'no', definition: ''}" in found.text
    assert "gold:" not in found.text
    assert found.guesses == (
        "text from column 'words'",
        "no column with a unique id: ids are made from the content",
        "no column of labels: replace yes and no with your own labels",
    )


def test_gold_needs_an_id(tmp_path: Path) -> None:
    found = of(tmp_path, "text,label\na,x\nb,y\n")
    assert "gold:" not in found.text
    assert (
        found.guesses[-1]
        == "using column 'label' as choice of 2 labels; no gold, because gold needs an id column"
    )


@pytest.mark.parametrize(
    ("cells", "described", "lines"),
    [
        (["good", "Good", "Good", "bad"], "choice of 2 labels", ["{name: 'Good'", "{name: 'bad'"]),
        (
            ["x;y", "y", "z"],
            "sets of 3 labels",
            ["kind: multi  ", "{name: 'x'", "choice, scale, spans"],
        ),
        (["x|y", ""], "sets of 2 labels", ["{name: 'y'"]),
        (['["x", 2]', "[]"], "sets of 2 labels", ["{name: '2'", "{name: 'x'"]),
        (['["x"]'], "sets of 1 label", ["{name: 'x'"]),
        (["[broken]", "[]"], "sets of 1 label", ["{name: '[broken]'"]),
        (["x;", ";x"], "sets of 1 label", ["{name: 'x'"]),
        (["0.5", "2", "1"], "a scale from 0.5 to 2", ["low: 0.5", "high: 2", "step: null  "]),
        ([str(i) for i in range(30)], "a scale from 0 to 29", ["low: 0", "high: 29", "step: 1"]),
        ([f"l{i}" for i in range(MOST_LABELS)], "choice of 100 labels", ["{name: 'l99'"]),
    ],
)
def test_labels_tell_the_kind_of_answer(
    cells: list[str], described: str, lines: list[str], tmp_path: Path
) -> None:
    found = labels(tmp_path, *cells)
    assert found.guesses[-1] == f"using column 'label' as {described} and as gold labels"
    assert "gold:" in found.text
    for line in lines:
        assert line in found.text


@pytest.mark.parametrize(
    ("cells", "odd"),
    [
        (["", ""], "is empty"),
        (["x", "x", "X"], "has 'x' in every row"),
        ([f"l{i}" for i in range(MOST_LABELS + 1)], "holds 101 different values"),
    ],
)
def test_a_column_that_tells_no_labels_is_no_gold(
    cells: list[str], odd: str, tmp_path: Path
) -> None:
    found = labels(tmp_path, *cells)
    assert "gold:" not in found.text
    assert found.guesses[-1] == f"no gold: column 'label' {odd}; write the labels yourself"


@pytest.mark.parametrize(
    ("head", "rows", "id"),
    [
        ("id,text", ["1,a", "2,b"], "id"),
        ("ID,text", ["1,a", "2,b"], "ID"),
        ("id,text", ["1,a", "1,b"], None),
        ("id,text", ["1,a", ",b"], None),
        ("post_id,text", ["1,a", "2,b"], "post_id"),
        ("id,post-id,text", ["1,1,a", "1,2,b"], "post-id"),
        ("key,id,text", ["1,1,a", "2,2,b"], "id"),
        ("word,text", ["1,a", "2,b"], None),
    ],
)
def test_an_id_is_one_of_its_own_in_each_row(
    head: str, rows: list[str], id: str | None, tmp_path: Path
) -> None:
    found = of(tmp_path, "\n".join([head, *rows, ""]))
    described = [g for g in found.guesses if g.startswith("id from")]
    assert described == ([] if id is None else [f"id from column {id!r}"])


@pytest.mark.parametrize(
    ("head", "row", "column"),
    [
        ("review,text", "a long long text,b", "text"),
        ("Comment,other", "a,a long long text", "Comment"),
        ("one,two", "a,much longer", "two"),
        ("label,two", "a long long label,b", "two"),
        ("label", "a", "label"),
    ],
)
def test_the_text_is_a_usual_name_or_the_longest_column(
    head: str, row: str, column: str, tmp_path: Path
) -> None:
    found = of(tmp_path, f"{head}\n{row}\n")
    assert f"text from column {column!r}" in found.guesses


@pytest.mark.parametrize(
    ("head", "rows", "described"),
    [
        (
            "image,text,id",
            ["a.jpg,t,1"],
            ["picture from column 'image'", "text from column 'text'"],
        ),
        ("scan,words", ["a.JPG,t", "b.png,u"], ["picture from column 'scan'"]),
        ("scan,words", ["a.jpg,many words", "b.txt,many more"], ["text from column 'words'"]),
    ],
)
def test_pictures_are_known_by_name_or_ending(
    head: str, rows: list[str], described: list[str], tmp_path: Path
) -> None:
    found = of(tmp_path, "\n".join([head, *rows, ""]))
    assert list(found.guesses[: len(described)]) == described
    pictured = described[0].startswith("picture")
    assert ("kind: picture " in found.text) == pictured
    assert ("fits the picture?" in found.text) == pictured


def test_spans_come_with_their_labels_as_gold(tmp_path: Path) -> None:
    found = of(tmp_path, "Ana\tB-PER\nin\tO\nRio\tB-LOC\n", "x.conll")
    for line in ("name: 'x'", "  path: 'x.conll'", "  kind: spans", "  label: 'spans'",
                 "    - {name: 'LOC', definition: ''}\n    - {name: 'PER', definition: ''}",
                 "    kind: classifier  "):  # fmt: skip
        assert line in found.text
    assert found.guesses == ()
    assert "{name: 'entity'" in of(tmp_path, "Ana\tO\n", "y.conll").text


def test_a_file_without_records_has_no_draft(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no records"):
        of(tmp_path, "id,text\n")


def test_a_name_is_made_of_letters(tmp_path: Path) -> None:
    assert "name: 'a-b_c-d'" in of(tmp_path, "text\na\n", "a b_c-d.csv").text


def test_words_for_missing_answers_are_no_labels_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    rows = [f"{i},text {i},{label}" for i, label in enumerate(["good", "NA", "bad", "NA"])]
    path.write_text("\n".join(["id,text,label", *rows]) + "\n")
    found = draft(path, tmp_path)
    assert "{name: 'good', definition: ''}" in found.text
    assert "name: 'NA'" not in found.text
    assert "'NA' is 50% of column 'label': read as missing" in found.guesses[-2]
    with forms():
        set_usual(missing=())
        assert "{name: 'NA', definition: ''}" in draft(path, tmp_path).text


def test_numbers_with_missing_ones_are_a_scale(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    rows = [f"{i},text {i},{label}" for i, label in enumerate(["1.5", "n/a", "3.5", "2.25"])]
    path.write_text("\n".join(["id,text,label", *rows]) + "\n")
    assert "kind: scale" in draft(path, tmp_path).text


def test_how_a_table_is_written_is_kept_in_the_task_file(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes("1;gr\xfcn;pos\n2;rot;neg\n".encode("cp1252"))
    with forms():
        set_usual(header=False, delimiter=";", encoding="cp1252", missing=("99",), quoting=False)
        text = draft(path, tmp_path).text
    (tmp_path / "task.yaml").write_text(text)
    data = load(tmp_path / "task.yaml").data
    assert (data.header, data.delimiter, data.quoting) == (False, ";", False)
    assert (data.encoding, data.missing) == ("cp1252", ["99"])
