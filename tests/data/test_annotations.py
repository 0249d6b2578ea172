from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice, Scale
from assay.core.task import Task
from assay.data.annotations import (
    MOST_LABELS,
    Given,
    Names,
    Origin,
    annotations_of,
    infer_schema,
    labels_in,
    read_given,
    settled,
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
    ("text", "validation_error"),
    [
        ("record,anotator,label\nr,a,b\n", "no column 'annotator'.*did you mean 'anotator'"),
        ("item,rater,score\nr,a,b\n", "no column 'label'.* with --record, --annotator and --l"),
        ("thing,who,what\nr,a,b\n", "no column 'record'.*--wide.*--counts"),
        ("record,annotator,label\n", "holds no annotations"),
        ("record,annotator,label\n,ann,a\n", ":2: column 'record' is empty"),
    ],
)
def test_broken_tables_are_one_clear_line(tmp_path: Path, text: str, validation_error: str) -> None:
    with pytest.raises(InputError, match=validation_error):
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


def given(path: Path, names: Names | None = None, weights: bool = False) -> list[Given]:
    return list(read_given(path, names or Names(), weights))


def test_every_cell_says_where_it_stood(tmp_path: Path) -> None:
    long = given(written(tmp_path, LONG))
    assert [g.where.partition("x.csv")[2] for g in long] == [":2", ":3", ":4"]
    assert long[0] == Given("r1", "ann", "a", f"{tmp_path / 'x.csv'}:2")
    nested = given(written(tmp_path, '{"ann": {"r1": ["a", 1], "r2": 3.0, "r3": " "}}', "x.json"))
    assert [(g.record, g.annotator, g.label) for g in nested] == [
        ("r1", "ann", '["a", 1]'), ("r2", "ann", "3"), ("r3", "ann", None),
    ]  # fmt: skip
    assert nested[0].where.endswith("x.json: 'ann', record 'r1'")


def test_a_row_of_neither_person_nor_label_is_not_filled_in_yet(tmp_path: Path) -> None:
    path = written(tmp_path, "record,annotator,label\nr1,,\nr2,ann,\n")
    assert [(g.record, g.label) for g in given(path)] == [("r2", None)]
    with pytest.raises(InputError, match=r":2: column 'annotator' is empty"):
        given(written(tmp_path, "record,annotator,label\nr1,,a\n"))


def test_weights_are_used_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "record,annotator,label,weight\nr1,ann,a,0.5\nr2,ann,,oops\n")
    assert [g.weight for g in given(path, weights=True)] == [0.5, 1.0]
    with pytest.raises(InputError, match=r":2: weight is '0\.5', and weights are not used here"):
        given(path)
    wide = written(tmp_path, "record,ann,weight\nr1,a,2\n")
    with pytest.raises(InputError, match="weights are not used here"):
        given(wide, Names(wide=("ann",)), weights=True)


def test_counts_stand_in_one_row_and_have_no_author(tmp_path: Path) -> None:
    path = written(tmp_path, "record,a,b\nr1,1,2\nr1,0,1\n")
    names = Names(counts=("a", "b"))
    with pytest.raises(InputError, match=r":3: record 'r1' is there twice, and its votes"):
        given(path, names)
    counted = given(written(tmp_path, "record,a,b\nr1,1,2\n"), names)
    assert [(g.annotator, g.label) for g in counted] == [
        ("vote 1", "a"), ("vote 2", "b"), ("vote 3", "b"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="counts of votes do not say who voted"):
        list(annotations_of(counted, Origin(TASK)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "holds no annotations"),
        ('{"ann": ["a"]}', "'ann' holds no object of record to label"),
        ('{"ann": ', "broken JSON"),
    ],
)
def test_json_that_is_no_table_of_answers_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        given(written(tmp_path, text, "x.json"))


def test_a_list_in_json_is_a_long_table(tmp_path: Path) -> None:
    path = written(tmp_path, '[{"record": "r", "annotator": "ann", "label": "a"}]', "x.json")
    assert [(g.record, g.annotator, g.label) for g in given(path)] == [("r", "ann", "a")]
    assert settled(path, Names()).wanted == ("record", "annotator", "label")
    nested = written(tmp_path, '{"ann": {"r": "a"}}', "y.json")
    assert settled(nested, Names()).wanted == ("", "", "")


@pytest.mark.parametrize(
    ("labels", "ordinal", "kind", "names"),
    [
        ({"1", "2", "3"}, False, "choice", ("1", "2", "3")),
        ({"1", "2", "3"}, True, "scale", (1.0, 3.0, 1.0)),
        ({"1", "2.5"}, False, "scale", (1.0, 2.5, None)),
        ({"2.5"}, False, "choice", ("2.5",)),
        ({"5"}, True, "choice", ("5",)),
        ({str(i) for i in range(20)}, False, "choice", tuple(str(i) for i in range(20))),
        ({str(i) for i in range(21)}, False, "scale", (0.0, 20.0, 1.0)),
        ({"b", "1"}, True, "choice", ("1", "b")),
    ],
)
def test_labels_tell_what_kind_of_answer_it_is(
    labels: set[str], ordinal: bool, kind: str, names: tuple[object, ...]
) -> None:
    found = infer_schema(labels, ordinal)
    assert found.kind == kind
    if isinstance(found, Scale):
        assert (found.low, found.high, found.step) == names
    else:
        assert isinstance(found, Choice)
        assert found.names == names


def test_without_labels_nothing_can_be_told() -> None:
    with pytest.raises(InputError, match="there is no label"):
        infer_schema([])


@pytest.mark.parametrize(("count", "refused"), [(MOST_LABELS, False), (MOST_LABELS + 1, True)])
def test_too_many_labels_are_no_closed_set(count: int, refused: bool) -> None:
    many = [Given(str(i), "ann", f"l{i}", f"x:{i}") for i in range(count)]
    many.insert(3, Given("r", "ann", None, "x:0"))
    if refused:
        with pytest.raises(InputError, match=f"x:{count - 1}: more than 1000 different labels"):
            labels_in(many)
    else:
        assert labels_in(many) == {f"l{i}" for i in range(count)}


def test_the_first_spelling_of_a_label_counts() -> None:
    assert labels_in([Given("1", "a", "Yes", ""), Given("2", "a", "yes", "")]) == {"Yes"}


def test_a_record_spelt_almost_alike_is_named() -> None:
    one = [Given("R-1 ", "ann", "a", "x:2")]
    with pytest.raises(InputError, match=r"record 'R-1 ' is not in the data of the task, which "
                       "holds 'R-1', spelt almost alike"):  # fmt: skip
        list(annotations_of(one, Origin(TASK), {"R-1": text_record("R-1", "x")}))
    with pytest.raises(InputError, match=r"is not in the data of the task$"):
        list(annotations_of(one, Origin(TASK), {"other": text_record("other", "x")}))


def test_a_guard_that_lost_its_mark_is_seen_through() -> None:
    task = Task("t", "?", Choice(["=a", "b"]))
    said = [Given("'-r", "ann", "'=a", "x:2")]
    [found] = annotations_of(said, Origin(task), {"-r": text_record("-r", "x")})
    assert (found.record, found.value, found.raw) == ("-r", "=a", "'=a")


def test_an_annotation_has_panel_run_moment_and_price() -> None:
    one = [Given("r1", "ann", "a", "x:2"), Given("r1", "bob", None, "x:3")]
    [found] = annotations_of(one, Origin(TASK, "crowd", "run1", 7.0, 9))
    assert (found.annotator, found.by, found.run, found.at, found.cost_nanos) == (
        "crowd", "ann", "run1", 7.0, 9,
    )  # fmt: skip
