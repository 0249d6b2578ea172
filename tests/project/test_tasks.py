"""What a task file asks: examples look as the records do, and reach the prompt."""

from pathlib import Path

import pytest

from assay.annotators.recorded import Recorded
from assay.core.errors import SpecError
from assay.project import open_project
from assay.project.forecast import forecast

HEAD = """\
name: entailment
data: {path: pairs.csv, id: id, text: [premise, hypothesis]}
question: Does the hypothesis follow from the premise?
answer: {kind: choice, labels: [yes, no]}
annotators:
  m: {kind: openai, base_url: "http://127.0.0.1:1", model: m}
"""


def prompt(folder: Path, examples: str) -> str:
    (folder / "pairs.csv").write_text("id,premise,hypothesis\n1,It rains.,It is wet.\n")
    (folder / "task.yaml").write_text(HEAD + examples, encoding="utf-8")
    return str(forecast(open_project(folder / "task.yaml")).prompt)


def test_an_example_of_a_pair_has_both_texts(tmp_path: Path) -> None:
    said = prompt(
        tmp_path,
        "examples:\n"
        "  - text: {premise: A dog runs., hypothesis: A cat runs.}\n"
        "    answer: no\n"
        "    rationale: A dog.\n",
    )
    shown, _, asked = said.partition("Label: no")
    for words in ("premise:\n<record>A dog runs.</record>", "A cat runs.", "A dog.\n"):
        assert words in shown
    assert "premise:\n<record>It rains.</record>\nhypothesis:\n<record>It is wet." in asked


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ("{text: {premise: A dog runs.}, answer: no}", "a text for each of premise, hypothesis"),
        (
            "{text: A dog runs., answer: maybe}",
            r"task\.yaml:7: `examples\.0\.answer`: 'maybe' is not a label",
        ),
    ],
)
def test_an_example_that_does_not_fit_is_named(tmp_path: Path, example: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        prompt(tmp_path, f"examples: [{example}]")


def test_recorded_answers_bring_a_column_called_confidence(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\na,good\nb,bad\n", encoding="utf-8")
    (tmp_path / "o.csv").write_text("record,label,confidence\na,good,0.9\nb,bad,\n", "utf-8")
    path = tmp_path / "task.yaml"
    path.write_text(
        "name: t\ndata: {path: t.csv, id: id}\nquestion: Which?\n"
        "answer: {kind: choice, labels: [good, bad]}\n"
        "annotators: {old: {kind: recorded, path: o.csv}}\n",
        encoding="utf-8",
    )
    old = open_project(path).annotators["old"]
    assert isinstance(old, Recorded)
    assert {id: given.confidence for id, given in old.given.items()} == {"a": 0.9, "b": None}


@pytest.mark.parametrize(
    ("labels", "place"),
    [("a, b, a, c", 2), ("a, a, b, c", 1), ("a, b, c, b", 3), ("a, {name: b, aliases: [A]}, c", 1)],
)
def test_the_first_label_that_clashes_with_those_above_is_named(
    tmp_path: Path, labels: str, place: int
) -> None:
    (tmp_path / "pairs.csv").write_text("id,premise,hypothesis\n1,x,y\n")
    text = HEAD.replace("labels: [yes, no]", f"labels: [{labels}]")
    (tmp_path / "task.yaml").write_text(text)
    with pytest.raises(SpecError, match=rf"`answer\.labels\.{place}`"):
        _ = open_project(tmp_path / "task.yaml").task
