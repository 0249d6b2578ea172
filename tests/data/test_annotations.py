from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice, Scale
from assay.core.task import Task
from assay.data.annotations import (
    Names,
    Origin,
    annotations_of,
    infer_schema,
    labels_in,
    read_given,
)

TASK = Task("t", "?", Choice(["a", "b"]))
LONG = "record,annotator,label\nr1,ann,a\nr1,bob,b\nr2,ann,\n"


def written(folder: Path, text: str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("long.csv", LONG, Names()),
        ("wide.csv", "record,ann,bob\nr1,a,b\nr2,,\n", Names(wide=("ann", "bob"))),
        ("nested.json", '{"ann": {"r1": "a", "r2": null}, "bob": {"r1": "b"}}', Names()),
    ],
)
def test_the_three_forms_say_the_same(tmp_path: Path, name: str, text: str, names: Names) -> None:
    given = read_given(written(tmp_path, text, name), names)
    answers = {(a.record, a.by, a.value) for a in annotations_of(given, Origin(TASK, "people"))}
    assert answers == {("r1", "ann", "a"), ("r1", "bob", "b")}


def test_a_model_is_the_annotator_and_nobody_is_behind_it(tmp_path: Path) -> None:
    given = read_given(written(tmp_path, LONG), Names())
    assert {(a.annotator, a.by) for a in annotations_of(given, Origin(TASK))} == {
        ("ann", None),
        ("bob", None),
    }


def test_a_label_outside_the_schema_is_named_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, LONG + "r3,ann,zebra\n")
    with pytest.raises(InputError, match=r"x\.csv:5: record 'r3': 'zebra' is not a label"):
        list(annotations_of(read_given(path, Names()), Origin(TASK)))


def test_an_unknown_record_is_refused_where_the_records_are_known(tmp_path: Path) -> None:
    given = read_given(written(tmp_path, LONG), Names())
    with pytest.raises(InputError, match=r":3: record 'r1' is not|:2: record 'r1' is not"):
        list(annotations_of(given, Origin(TASK), {"r9": text_record("r9", "x")}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("record,anotator,label\nr,a,b\n", "no column 'annotator'.*did you mean 'anotator'"),
        ("item,rater,score\nr,a,b\n", "no column 'label'.* with --record, --annotator and --l"),
        ("thing,who,what\nr,a,b\n", "no column 'record'.*--wide.*--counts"),
        ("record,annotator,label\n", "holds no annotations"),
        ("record,annotator,label\n,ann,a\n", ":2: column 'record' is empty"),
    ],
)
def test_broken_tables_are_one_clear_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        list(read_given(written(tmp_path, text), Names()))


def test_numbers_are_classes_until_they_cannot_be() -> None:
    classes = infer_schema({"0", "1", "10", "2"})
    assert isinstance(classes, Choice)
    assert classes.names == ("0", "1", "2", "10")
    for labels, ordinal in (({"1", "5"}, True), ({"0.5", "2"}, False)):
        assert isinstance(infer_schema(labels, ordinal), Scale)
    assert isinstance(infer_schema({"yes", "1"}), Choice)


def test_labels_that_differ_in_case_alone_are_one(tmp_path: Path) -> None:
    path = written(tmp_path, "record,annotator,label\nr1,ann,Yes\nr2,ann,yes\nr3,ann,NO\n")
    schema = infer_schema(labels_in(read_given(path, Names())))
    found = annotations_of(read_given(path, Names()), Origin(Task("t", "?", schema)))
    assert [a.value for a in found] == ["Yes", "Yes", "NO"]


def test_a_record_that_is_there_twice_in_nested_json_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '{"ann": {"r1": "a", "r1": "b"}}', "x.json")
    with pytest.raises(InputError, match="'r1' is there twice in one object"):
        list(read_given(path, Names()))


def test_spellings_that_nobody_has_merged_are_refused() -> None:
    with pytest.raises(InputError, match="labels 'Yes' and 'yes' differ in case, spaces or"):
        infer_schema({"yes", "Yes", "no"})


def test_a_key_that_a_line_lacks_is_no_answer(tmp_path: Path) -> None:
    lines = '{"record": 1, "annotator": "ann", "label": "a"}\n{"record": 2, "annotator": "ann"}\n'
    given = list(read_given(written(tmp_path, lines, "x.jsonl"), Names()))
    assert [one.label for one in given] == ["a", None]


def test_the_crowd_file_reads_whole(shared_data: Path) -> None:
    path = shared_data / "crowd" / "product" / "answer.csv"
    names = Names("question", "worker", "answer")
    schema = infer_schema(labels_in(read_given(path, names)))
    task = Task("product", "?", schema)
    found = list(annotations_of(read_given(path, names), Origin(task, "people")))
    assert len({a.record for a in found}) == 8315
    assert len(found) == 3 * 8315


@pytest.mark.parametrize("name", ["wax", "framing", "cebab_aspects", "mtbench"])
def test_the_nested_sets_read_whole(shared_data: Path, name: str) -> None:
    path = shared_data / "alttest" / name / "human_annotations.json"
    schema = infer_schema(labels_in(read_given(path, Names())))
    found = list(annotations_of(read_given(path, Names()), Origin(Task(name, "?", schema), "p")))
    assert len({a.by for a in found}) >= 3
