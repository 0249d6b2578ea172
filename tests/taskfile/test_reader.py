"""Task files: what is wrong is said with its line, and the published schema is current."""

import json
from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.taskfile.reader import SCHEMA, load, schema
from assay.taskfile.specs import ChoiceSpec

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
    assert ":6: `answer.labels.0`: true and false are not text in YAML; put them in quotes" in said


def test_a_mistake_inside_a_label_is_told_as_such(tmp_path: Path) -> None:
    text = GOOD.replace("[good, bad]", "[bad, {name: good, aliases: {de: gut}}]")
    assert ":6: `answer.labels.1.aliases.de`: 'gut' stands here; a list is wanted" in message(
        tmp_path, text
    )


def test_an_unknown_kind_of_answer_names_the_kinds(tmp_path: Path) -> None:
    said = message(tmp_path, GOOD.replace("kind: choice", "kind: choise"))
    assert ":5: `answer.kind`: no kind is called 'choise'; did you mean 'choice'?" in said


def test_the_published_schema_is_current() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


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
        ("kind: anthropic, model: m, seed: 3", "kind anthropic takes no seed; leave it out"),
        ("kind: anthropic, model: m, effort: minimal", "this kind has no effort `minimal`"),
        ("kind: gemini, model: m, effort: max", "this kind has no effort `max`"),
        ("kind: openai, model: m, base_url: u, api: responses, seed: 3", "takes no seed"),
        ("kind: openai, model: m, base_url: u, api: responses, tokens_field: max_tokens",
         "`api: responses` does not use it"),
        ("kind: openai, model: m, base_url: u, extra_body: {stream: true}",
         "`stream` is not for `extra_body`: one whole answer is read to each request"),
        ("kind: openai, model: m, base_url: u, headers: {api-key: abc}",
         "name an environment variable, api-key: ${VARIABLE}"),
        ("kind: embedded, normalise: true, scores: best", "needs the scores of all labels"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(tmp_path: Path, annotator: str, says: str) -> None:
    said = message(tmp_path, GOOD.replace("kind: rule, rule: vader", annotator))
    assert ":8:" in said
    assert says in said


def test_a_side_of_no_use_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("rule, rule: vader}", "gemini, model: m, view: {side: 0}}")
    assert "`annotators.vader.view.side`" in message(tmp_path, text)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("labels: [good, bad]", "labels: [good, bad]\nquestion: Which?",
         "7: `question` is a duplicate of {}:3; keep one of the two"),
        ("{kind: rule, rule: vader}", "{kind: rule, rule: vader, rule: wader}",
         "8: `annotators.vader.rule` is a duplicate of {}:8; keep one of the two"),
        ("[good, bad]", "\n  - good\n  - name: bad\n    name: evil",
         "9: `answer.labels.1.name` is a duplicate of {}:8; keep one of the two"),
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


ANSWERS = {
    "{kind: scale, low: 0, high: 4, stp: 1}": "unknown key `stp`; did you mean `step`?",
    "{kind: text, longst: 9}": "unknown key `longst`; did you mean `longest`?",
    "{kind: multi, labels: [a], label: b}": "unknown key `label`; did you mean `labels`?",
    "{kind: choice, labels: [a, {name: b, alias: [c]}]}": "unknown key `alias`; did you mean "
    "`aliases`?",
    "{kind: form, fields: {a: {answer: {kind: scale, low: 0, high: 4, stp: 1}}}}": "unknown key "
    "`stp`; did you mean `step`?",
    "{kind: form, fields: {a: {answr: {kind: text}}}}": "unknown key `answr`; did you mean "
    "`answer`?",
    "{kind: scale, low: 0}": "`answer.high` is missing",
    "{kind: scale, low: a, high: 1}": "`answer.low`: 'a' stands here; a number is wanted",
    "{kind: form, fields: {a: {answer: {labels: [b]}}}}": "`answer.fields.a.answer.kind` is "
    "missing: one of choice, multi, scale, text, such as `kind: choice`",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_mistake_in_an_answer_is_told_by_the_keys_of_its_kind(
    answer: str, tmp_path: Path
) -> None:
    whole = "answer:\n  kind: choice\n  labels: [good, bad]"
    said = message(tmp_path, GOOD.replace(whole, f"answer: {answer}"))
    assert said.startswith(f"{tmp_path / 'task.yaml'}:4: {ANSWERS[answer]}")


TYPOS = {
    "data: {path: a.csv, txt: t}": ("txt", "text"),
    "gold: {path: g.csv, lable: l}": ("lable", "label"),
    "budget: {mony: 5}": ("mony", "money"),
    "strategy: {kind: vote, tie: first}": ("tie", "ties"),
    "examples: [{text: x, anwer: good}]": ("anwer", "answer"),
    "annotators: {m: {kind: panel, pries: {}}}": ("pries", "prices"),
    "annotators: {m: {kind: panel, prices: {inputs: 1}}}": ("inputs", "input"),
    "annotators: {m: {kind: gemini, model: m, view: {sides: 20}}}": ("sides", "side"),
    "annotators: {m: {kind: hub, model: m, tuning: {epoch: 2}}}": ("epoch", "epochs"),
    "annotators: {m: {kind: strategy, strategy: {kind: vote, tie: first}}}": ("tie", "ties"),
}


@pytest.mark.parametrize("line", TYPOS)
def test_a_typo_is_told_by_the_keys_that_may_stand_beside_it(line: str, tmp_path: Path) -> None:
    wrong, right = TYPOS[line]
    key = line.partition(":")[0]
    kept = [x for x in GOOD.splitlines() if not x.startswith(key)]
    if key == "annotators":
        kept.remove("  vader: {kind: rule, rule: vader}")
    said = message(tmp_path, "\n".join([*kept, line, ""]))
    assert f":{len(kept) + 1}: unknown key `{wrong}`; did you mean `{right}`?" in said


NEEDS = {
    "openai, model: m": "base_url", "rule": "rule", "recorded": "path", "plugin": "plugin",
    "strategy": "strategy", "openai, base_url: u": "model", "anthropic": "model",
    "gemini": "model", "transformers": "model", "hub": "model",
}  # fmt: skip


@pytest.mark.parametrize("kind", NEEDS)
def test_an_annotator_without_what_its_kind_needs_is_refused(kind: str, tmp_path: Path) -> None:
    said = message(tmp_path, GOOD.replace("kind: rule, rule: vader", f"kind: {kind}"))
    needs = f"kind `{kind.partition(',')[0]}` needs it"
    assert f":8: `annotators.vader.{NEEDS[kind]}` is missing: {needs}" in said


def test_several_mistakes_are_counted_and_an_unknown_key_is_told_first(tmp_path: Path) -> None:
    text = GOOD.replace("question:", "budget: {money: five}\nqestion:")
    said = message(tmp_path, text)
    assert ":4: unknown key `qestion`" in said
    assert said.endswith("(and 2 more)")  # the money, and the question that is missing


PLAIN: dict[str, tuple[str, str, str]] = {
    "a number for keys": (
        "question:",
        "budget: 5\nquestion:",
        "3: `budget`: 5 stands here; keys with values are wanted, such as `budget: {money: 5}`",
    ),
    "a word for a number": (
        "question:",
        "budget: {money: five}\nquestion:",
        "3: `budget.money`: 'five' stands here; a number is wanted",
    ),
    "too little": (
        "question:",
        "strategy: {kind: vote, replicas: 0}\nquestion:",
        "3: `strategy.replicas`: 0 stands here; 1 or more is wanted",
    ),
    "an empty list": (
        "[good, bad]",
        "[]",
        "6: `answer.labels`: an empty list stands here; at least one entry is wanted, such as "
        "`labels: [good, bad]`",
    ),
    "nothing": (
        "Which tone?",
        "",
        "3: `question`: nothing stands here; a text is wanted, such as `question: Which tone has "
        "the text?`",
    ),
    "no annotators": (
        "annotators:\n  vader: {kind: rule, rule: vader}",
        "annotators: {}",
        "7: `annotators`: no key stands here; at least one entry is wanted, such as `annotators: "
        "{small: {kind: embedded}}`",
    ),
    "no kind of answer": (
        "  kind: choice\n",
        "",
        "4: `answer.kind` is missing: one of choice, multi, spans, boxes, scale, text, form, such "
        "as `kind: choice`",
    ),
    "a word for a list, or": (
        "{path: a.csv}",
        "{path: a.csv, text: {a: b}}",
        "2: `data.text`: keys with values stand here; a text or a list is wanted",
    ),
    "an unknown kind of annotator": (
        "kind: rule",
        "kind: rul",
        "8: `annotators.vader.kind`: no kind is called 'rul'; did you mean 'rule'?",
    ),
    "an unknown kind, like none": (
        "kind: rule",
        "kind: xyz",
        "8: `annotators.vader.kind`: no kind is called 'xyz'; there are openai, anthropic, gemini, "
        "ollama, embedded, picture, transformers, hub, rule, classifier, recorded, panel, "
        "strategy, plugin",
    ),
    "an unknown strategy": (
        "question:",
        "strategy: {kind: vot}\nquestion:",
        "3: `strategy.kind`: no kind is called 'vot'; did you mean 'vote'?",
    ),
}


@pytest.mark.parametrize("case", PLAIN)
def test_what_stands_there_and_what_is_wanted_is_said_plainly(case: str, tmp_path: Path) -> None:
    before, after, says = PLAIN[case]
    said = message(tmp_path, GOOD.replace(before, after))
    assert said == f"{tmp_path / 'task.yaml'}:{says}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b"SQLite format 3\0\x10\xff\xfe",
            " is not a text file; a task file is a mapping with name",
        ),
        (b"name: x\nquestion: caf\xe9\n", ":2: not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_told_so(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    with pytest.raises(SpecError) as bad:
        load(path)
    assert str(bad.value).startswith(f"{path}{says}")


@pytest.mark.parametrize("line", ["annotators: {m: 37}", "strategy: 37", "answer: 37"])
def test_what_stands_in_the_place_of_keys_is_repeated(line: str, tmp_path: Path) -> None:
    key = line.partition(":")[0]
    inside = {"annotators": "  vader", "answer": "  kind: choice"}.get(key, "none")
    kept = [x for x in GOOD.splitlines() if not x.startswith((key, inside))]
    if key == "answer":
        kept.remove("  labels: [good, bad]")
    assert "37" in message(tmp_path, "\n".join([*kept, line, ""]))
