"""Task files: what is wrong is said with its line, and the published schema is current."""

import json
from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.data.specs import ChoiceSpec
from assay.data.taskfile import load, schema

GOOD = """\
name: tone
data: {path: a.csv}
question: Which tone?
answer:
  kind: choice
  labels: [good, bad]
annotators:
  vader: {kind: rule, rule: vader}
"""

PUBLISHED = Path(__file__).parents[2] / "schemas" / "task.schema.json"


def message(folder: Path, text: str) -> str:
    path = folder / "task.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as bad:
        load(path)
    said = str(bad.value)
    assert "\n" not in said
    return said


def test_eight_lines_make_a_task_file(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).strategy.kind == "single"


def test_a_typo_names_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    said = message(tmp_path, GOOD.replace("question:", "qestion:"))
    assert ":3:" in said
    assert "`question`" in said


def test_a_typo_inside_an_annotator_names_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("{kind: rule, rule: vader}", "\n    kind: rule\n    rul: vader")
    said = message(tmp_path, text)
    assert ":10:" in said
    assert "`rule`" in said


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    assert ":6:" in message(tmp_path, GOOD.replace("[good, bad]", "[good, bad]]"))


@pytest.mark.parametrize(
    ("labels", "names"),
    [("[yes, no]", ["yes", "no"]), ("[on, off]", ["on", "off"]), ("[0, 1]", ["0", "1"]),
     ("['true', \"false\"]", ["true", "false"])],
)  # fmt: skip
def test_labels_are_the_words_that_stand_there(
    tmp_path: Path, labels: str, names: list[str]
) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(GOOD.replace("[good, bad]", labels), encoding="utf-8")
    answer = load(path).answer
    assert isinstance(answer, ChoiceSpec)
    assert answer.labels == names


def test_true_as_a_label_is_asked_to_stand_in_quotes(tmp_path: Path) -> None:
    said = message(tmp_path, GOOD.replace("[good, bad]", "[true, false]"))
    assert ":6: `answer.labels.0`: true and false are no words in YAML; put them in quotes" in said


def test_a_mistake_inside_a_label_is_told_as_such(tmp_path: Path) -> None:
    text = GOOD.replace("[good, bad]", "[bad, {name: good, aliases: {de: gut}}]")
    assert ":6: `answer.labels.1.aliases.de`: input should be a valid list" in message(
        tmp_path, text
    )


def test_an_unknown_kind_of_answer_names_the_kinds(tmp_path: Path) -> None:
    said = message(tmp_path, GOOD.replace("kind: choice", "kind: choise"))
    assert "'choice'" in said


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema()


def test_pictures_stand_in_for_text_where_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    for data, texts, images in (
        ("{path: a.csv}", ("text",), ()),
        ("{path: a.csv, image: file}", (), ("file",)),
        ("{path: a.csv, image: [front, back], text: caption}", ("caption",), ("front", "back")),
    ):
        path.write_text(GOOD.replace("{path: a.csv}", data), encoding="utf-8")
        found = load(path).data
        assert (found.texts, found.pictures) == (texts, images)


@pytest.mark.parametrize(
    ("annotator", "says"),
    [
        ("kind: anthropic, model: m, mapping: likelihood", "gives no log-probabilities"),
        ("kind: embedded, normalise: true, scores: best", "needs the scores of all labels"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, annotator: str, says: str) -> None:
    said = message(tmp_path, GOOD.replace("kind: rule, rule: vader", annotator))
    assert ":8:" in said
    assert says in said


def test_a_side_of_no_use_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("rule: vader}", "rule: vader, view: {side: 0}}")
    assert "`annotators.vader.view.side`" in message(tmp_path, text)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("labels: [good, bad]", "labels: [good, bad]\nquestion: Which?",
         "7: `question` is there already, at {}:3; keep one of the two"),
        ("{kind: rule, rule: vader}", "{kind: rule, rule: vader, rule: wader}",
         "8: `annotators.vader.rule` is there already, at {}:8; keep one of the two"),
        ("[good, bad]", "\n  - good\n  - name: bad\n    name: evil",
         "9: `answer.labels.1.name` is there already, at {}:8; keep one of the two"),
    ],
)  # fmt: skip
def test_a_key_written_twice_is_refused_with_both_lines(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    path = tmp_path / "task.yaml"
    assert message(tmp_path, GOOD.replace(before, after)) == f"{path}:{says.format(path)}"


def test_an_alias_is_no_key_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    ruled = "&one {kind: rule, rule: vader}\n  two: *one\n  three: {<<: *one, rule: vader}"
    path.write_text(GOOD.replace("{kind: rule, rule: vader}", ruled), encoding="utf-8")
    assert list(load(path).annotators) == ["vader", "two", "three"]
