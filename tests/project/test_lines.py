"""What does not fit in a task file is said with its line, wherever it comes to light."""

from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, assay, validation_error

TASK = """\
name: tone
data:
  path: a.csv
  id: id
  text:
    - text
question: Which tone?
answer:
  kind: choice
  labels:
    - name: good
      aliases: [gut, positive]
    - name: bad
      aliases: [schlecht]
examples:
  - text: fine
    answer: good
  - text: awful
    answer: bad
annotators:
  one: {kind: rule, rule: vader}
  two:
    kind: recorded
    path: said.csv
    label: label
  team:
    kind: strategy
    strategy:
      kind: vote
      annotators: [one, two]
strategy:
  kind: chain
  annotators:
    - one
    - two
  thresholds: [0.5]
gold:
  path: gold.csv
  label: label
"""
ROWS = "id,text\n1,fine\n2,awful\n3,so\n"
LABELS = "record,label\n1,good\n2,bad\n3,good\n"

# what is changed, into what, and what is said
WRONG: dict[str, tuple[str, str, str]] = {
    "the label of an example": (
        "answer: bad",
        "answer: evil",
        "19: `examples.1.answer`: 'evil' is not a label; the labels are good, bad",
    ),
    "no text in an example": (
        "  - text: awful\n    answer: bad",
        "  - answer: bad",
        "18: `examples.1`: an example needs a `text` or an `image`",
    ),
    "a text too few": (
        "text: awful",
        "text: {title: awful}",
        "18: `examples.1.text`: needs a text for each of text",
    ),
    "a picture where there are none": (
        "text: awful",
        "image: awful.png",
        "18: `examples.1.image`: an example has a picture, but `data.image` names no column",
    ),
    "an alias twice": (
        "[schlecht]",
        "[gut]",
        "13: `answer.labels.1`: 'gut' stands for two labels: 'good' and 'bad'",
    ),
    "a label twice": (
        "name: bad",
        "name: good",
        "13: `answer.labels.1`: two labels have the same name",
    ),
    "a scale upside down": (
        TASK[TASK.index("answer:\n") : TASK.index("examples:")],
        "answer: {kind: form, fields: {much: {answer: {kind: scale, low: 2, high: 1}}}}\n",
        "8: `answer.fields.much.answer`: a scale runs from low to high, not from 2 to 1",
    ),
    "a kind of strategy": (
        "kind: chain",
        "kind: chian",
        "32: `strategy.kind`: no kind is called 'chian'; did you mean 'chain'?",
    ),
    "an option of a strategy": (
        "  thresholds: [0.5]",
        "  treshold: [0.5]",
        "36: unknown key `treshold`; did you mean `thresholds`?",
    ),
    "an option of a strategy below": (
        "annotators: [one, two]",
        "annotators: [one, two]\n      ti: first",
        "31: unknown key `ti`; did you mean `ties`?",
    ),
    "thresholds": (
        "[0.5]",
        "[0.5, 0.6, 0.7]",
        "36: `strategy.thresholds`: a chain of 2 links needs 1 thresholds, not 3",
    ),
    "an annotator of the strategy": (
        "    - two\n",
        "    - tow\n",
        "35: `strategy.annotators.1`: no such annotator: 'tow'; did you mean 'two'?",
    ),
    "an annotator of a strategy below": (
        "[one, two]",
        "[one, nobody]",
        "30: `annotators.team.strategy.annotators.1`: no such annotator: 'nobody'; there are "
        "one, two, team",
    ),
    "a strategy whose requests depend itself": (
        "annotators: [one, two]\n",
        "annotators: [one, other]\n"
        "  other: {kind: strategy, strategy: {kind: vote, annotators: [team, one]}}\n",
        "30: `annotators.team.strategy.annotators.1`: 'other' also asks 'team'",
    ),
    "a rule": (
        "rule: vader}",
        "rule: wader}",
        "21: `annotators.one.rule`: no such rule: 'wader'",
    ),
    "a rule that says other labels": (
        "[gut, positive]",
        "[gut]",
        "21: `annotators.one.rule`: this rule returns positive, neutral, negative, but "
        "the labels of "
        "the task are good, bad, so it could answer nothing; add these words as aliases of the "
        "labels, `{name: …, aliases: [positive]}`, or take another annotator",
    ),
    "a file of answers": (
        "said.csv",
        "gone.csv",
        "24: `annotators.two.path`: gone.csv does not exist",
    ),
    "a column of answers": (
        "    label: label",
        "    label: lable",
        "25: `annotators.two.label`: said.csv has no column 'lable'; it has record, label; did "
        "you mean 'label'?",
    ),
    "a file of gold": ("gold.csv", "gone.csv", "38: `gold.path`: gone.csv does not exist"),
    "a column of gold": (
        "gold.csv\n  label: label",
        "gold.csv\n  label: truth",
        "39: `gold.label`: gold.csv has no column 'truth'; it has record, label",
    ),
    "the ids of gold": (
        "  path: gold.csv",
        "  path: gold.csv\n  record: id",
        "39: `gold.record`: gold.csv has no column 'id'; it has record, label",
    ),
    "the purposes of gold": (
        "  path: gold.csv",
        "  path: gold.csv\n  purpose: use",
        "39: `gold.purpose`: gold.csv has no column 'use'; it has record, label",
    ),
    "gold of attributes": (
        "gold.csv\n  label: label",
        "gold.csv\n  label: {tone: label}",
        "39: `gold.label`: `label` is one column for answers of kind `choice`",
    ),
    "shares of gold": (
        "gold.csv\n",
        "gold.csv\n  calibration: 0.5\n  evaluation: 0.7\n",
        "40: `gold.evaluation`: the shares of gold are calibration 0.5 + evaluation "
        "0.7 = 1.2; make "
        "them sum to 1, or leave one out: it gets the remainder",
    ),
    "shares of gold that are all nothing": (
        "gold.csv\n",
        "gold.csv\n  calibration: 0\n  evaluation: 0\n",
        "40: `gold.evaluation`: the shares of gold are calibration 0 + evaluation 0 = 0; make",
    ),
    "shares beside purposes": (
        "  path: gold.csv",
        "  path: gold.csv\n  purpose: label\n  evaluation: 1",
        "40: `gold.evaluation`: `purpose: label` splits the gold; leave the shares out",
    ),
    "gold in no file": (
        "  id: id\n  text:\n    - text\n",
        "",
        "2: `data.id`: ",
    ),
    "a column of the data": (
        "    - text\n",
        "    - words\n",
        "6: `data.text.0`: a.csv has no column 'words'; it has id, text",
    ),
    "the file of the data": ("path: a.csv", "path: b.csv", "3: `data.path`: b.csv does not exist"),
}


def folder(tmp_path: Path, task: str) -> Path:
    for name, text in {"a.csv": ROWS, "said.csv": LABELS, "gold.csv": LABELS}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "task.yaml").write_text(task)
    return tmp_path


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_names_its_line(case: str, tmp_path: Path) -> None:
    before, after, expected = WRONG[case]
    assert TASK.count(before) == 1
    task = TASK.replace(before, after)
    if case == "gold in no file":
        task = task.replace("  path: gold.csv\n", "")
        expected = "34: `gold`: gold from a column of the data file needs `data.id`"
    for command in ("run", "check"):
        said = validation_error(assay(folder(tmp_path, task), command, "task.yaml"))
        assert said.startswith(f"assay: task.yaml:{expected}"), said
    assert not (tmp_path / LEDGER).exists()


def test_what_only_the_asking_brings_to_light_has_its_line(tmp_path: Path) -> None:
    strategy = "strategy:\n  kind: attributes\n  annotators: [two]\n"
    start, end = TASK.index("strategy:\n  kind: chain"), TASK.index("gold:")
    folder(tmp_path, TASK[:start] + strategy + TASK[end:])
    for command in ("check", "run"):
        said = validation_error(assay(tmp_path, command, "task.yaml"))
        assert said.startswith("assay: task.yaml:31: `strategy`: strategy `attributes` needs"), said


def test_what_is_wrong_in_a_row_of_a_file_stays_a_mistake_of_that_row(tmp_path: Path) -> None:
    folder(tmp_path, TASK)
    (tmp_path / "gold.csv").write_text("record,label\n1,odd\n")
    said = validation_error(assay(tmp_path, "run", "task.yaml"))
    assert said.startswith("assay: gold.csv:2: record '1': 'odd' is not a label"), said


def test_the_task_file_as_it_stands_is_right(tmp_path: Path) -> None:
    done = assay(folder(tmp_path, TASK), "run", "task.yaml")
    assert done.returncode == 0, done.stderr


AT_ONCE = {
    "kind: embedded, model: smol": "`annotators.one.model`: no embedded model 'smol': give a GGUF",
    "kind: plugin, plugin: own": "`annotators.one.plugin`: no plugin 'own'; there are: none",
    "kind: picture, model: resnet": "`annotators.one.model`: no picture model 'resnet'; there are",
    "kind: classifier": "`annotators.one`: this needs calibration gold whose ids are in the data",
    "kind: hub, model: m, train: true": "`annotators.one`: this needs calibration gold whose ids",
}


@pytest.mark.parametrize("kind", AT_ONCE)
def test_check_finds_what_a_run_would_refuse_before_it_asks(kind: str, tmp_path: Path) -> None:
    """Also where the strategy does not ask this annotator."""
    task = TASK.replace("kind: rule, rule: vader", kind).replace("    - one\n", "    - team\n")
    task = task.replace("[one, two]", "[two]")
    folder(tmp_path, task[: task.index("gold:")])
    for command in ("check", "run"):
        said = validation_error(assay(tmp_path, command, "task.yaml"))
        assert said.startswith(f"assay: task.yaml:21: {AT_ONCE[kind]}"), said


HEADS = {"gold.csv": ("gold.record", 37), "said.csv": ("annotators.two.record", 22)}


@pytest.mark.parametrize("name", HEADS)
def test_ids_are_read_from_the_column_called_as_in_the_data(name: str, tmp_path: Path) -> None:
    """Or else it is said which key names it."""
    folder(tmp_path, TASK)
    (tmp_path / name).write_text(LABELS.replace("record", "id"))
    done = assay(tmp_path, "run", "task.yaml", "--json")
    assert done.returncode == 0, done.stderr
    (tmp_path / name).write_text(LABELS.replace("record", "tweet"))
    key, line = HEADS[name]
    said = validation_error(assay(tmp_path, "check", "task.yaml"))
    assert said == (
        f"assay: task.yaml:{line}: `{key}`: {name} has no column 'record' and none 'id', as the "
        f"data have; it has tweet, label: name the one that holds the ids of records with `{key}`"
    )
