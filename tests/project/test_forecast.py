"""What `assay check` foresees, without asking anyone, loading a model or making a ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from assay.core.annotation import Outcome, Request, answer
from assay.core.cost import NANOS, to_nanos
from assay.core.errors import InputError, SpecError
from assay.project import Project, open_project
from assay.project.forecast import forecast

TEXTS = ["good film", "bad film", "fine film", "dull film"]
LLM = "{kind: openai, base_url: 'http://127.0.0.1:1', model: m, prices: {input: 1, output: 4}}"


def project(
    folder: Path, annotators: Sequence[str], strategy: str = "{kind: single}", gold: str = ""
) -> Project:
    labels = ("good", "bad")
    rows = "".join(f"{i},{text},{labels[i % 2]}\n" for i, text in enumerate(TEXTS))
    (folder / "a.csv").write_text("id,text,label\n" + rows, encoding="utf-8")
    lines = [
        "name: tone",
        "data: {path: a.csv, id: id}",
        "question: Which tone?",
        "answer: {kind: choice, labels: [good, bad]}",
        "annotators:",
        *(f"  {line}" for line in annotators),
        f"strategy: {strategy}",
        gold,
    ]
    path = folder / "task.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return open_project(path)


def test_one_request_a_record_with_its_tokens_and_price(tmp_path: Path) -> None:
    found = forecast(project(tmp_path, [f"m: {LLM}"]))
    [part] = found.parts
    assert (found.records, part.requests, part.answered) == (4, 4, 0)
    assert part.input_tokens > 4 * 16
    assert part.output_tokens == 4 * 64
    assert found.nanos == part.nanos > 0
    assert found.seconds > 0
    assert "good film" in str(found.prompt)


def test_money_in_json_is_in_the_currency(tmp_path: Path) -> None:
    found = forecast(project(tmp_path, [f"m: {LLM}"]))
    described = found.as_json()
    assert described["cost"] == found.cost == found.nanos / NANOS
    assert [part["cost"] for part in cast("list[dict[str, float]]", described["parts"])] == [
        described["cost"]
    ]


PANEL = "{kind: panel, annotators_per_record: 3, prices: {human_label: 0.05}}"


def test_people_cost_their_price_until_as_many_as_wanted_have_answered(tmp_path: Path) -> None:
    opened = project(tmp_path, [f"crowd: {PANEL}"])
    assert forecast(opened).nanos == to_nanos(4 * 3 * 0.05)
    ledger = opened.ledger()
    first, second, *_ = opened.records()
    for record, people in ((first, "ab"), (second, "abc")):
        request = Request(opened.task, record, "crowd")
        said = [answer(request, Outcome.ANSWERED, value="good", by=who) for who in people]
        ledger.add(said)
    ledger.close()
    found = forecast(opened)
    assert (found.parts[0].answered, found.nanos) == (1, to_nanos(3 * 3 * 0.05))


@pytest.mark.parametrize(
    ("extra", "demand"),
    [("", "exactly one of the labels"), (", mapping: json", "Answer with JSON only")],
)
def test_the_prompt_is_the_one_that_is_sent(tmp_path: Path, extra: str, demand: str) -> None:
    (tmp_path / "no.gguf").touch()
    found = forecast(project(tmp_path, [f"m: {{kind: embedded, model: no.gguf{extra}}}"]))
    assert demand in str(found.prompt)


def test_records_that_annotators_learn_from_are_told(tmp_path: Path) -> None:
    gold = "gold: {label: label, calibration: 0.5}"
    opened = project(tmp_path, ["c: {kind: classifier, features: ngrams}"], gold=gold)
    assert "2 records are left out: annotators learn from their gold" in forecast(opened).notes


@pytest.mark.parametrize(("scores", "calibrated"), [("all", True), ("best", False)])
def test_label_priors_need_the_scores_of_all_labels(
    tmp_path: Path, scores: str, calibrated: bool
) -> None:
    opened = project(tmp_path, [f"m: {{kind: embedded, scores: {scores}}}"])
    assert opened.factory.corrected(opened.file.annotators["m"]) == calibrated


def test_nothing_is_written(tmp_path: Path) -> None:
    forecast(project(tmp_path, [f"m: {LLM}"]))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "task.yaml"]


def test_replicas_are_counted(tmp_path: Path) -> None:
    found = forecast(project(tmp_path, [f"m: {LLM}"], "{kind: vote, replicas: 3}"))
    assert found.parts[0].requests == 12


def test_every_link_of_a_chain_may_be_asked(tmp_path: Path) -> None:
    found = forecast(project(tmp_path, [f"a: {LLM}", f"b: {LLM}"], "{kind: chain}"))
    assert [part.requests for part in found.parts] == [4, 4]


def test_models_and_classifiers_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").touch()
    found = forecast(project(tmp_path, ["m: {kind: embedded, model: broken.gguf}"]))
    assert (found.parts[0].requests, found.parts[0].answered) == (4, None)
    assert found.parts[0].timing == "assuming 0.2 s per request"


def test_retrieved_examples_are_in_the_prompt(tmp_path: Path) -> None:
    gold = "gold: {label: label, calibration: 0.5, evaluation: 0.5}"
    plain = forecast(project(tmp_path, [f"m: {LLM}"]))
    found = forecast(project(tmp_path, [f"m: {LLM}"], "{kind: retrieved, examples: 2}", gold))
    assert found.records == 2
    assert found.prompt is not None
    assert plain.prompt is not None
    assert len(found.prompt) > len(plain.prompt)


def test_answers_in_the_ledger_are_free(tmp_path: Path) -> None:
    opened = project(tmp_path, [f"m: {LLM}"])
    record = next(opened.records())
    who = opened.annotators["m"].id
    given = answer(Request(opened.task, record, who), Outcome.ANSWERED, value="good", seconds=2.0)
    ledger = opened.ledger()
    ledger.add([given])
    ledger.close()
    found = forecast(opened)
    assert (found.parts[0].requests, found.parts[0].answered) == (4, 1)
    assert found.parts[0].timing == "measured on 1 answer, 64 concurrent"
    assert found.seconds == pytest.approx(3 * 2.0 / 64)


def test_gold_may_name_its_purposes(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text(
        "record,label,purpose\n0,good,calibration\n1,bad,evaluation\n", encoding="utf-8"
    )
    gold = "gold: {path: gold.csv, purpose: purpose}"
    opened = project(tmp_path, [f"m: {LLM}"], gold=gold)
    assert {p.value: dict(v) for p, v in opened.gold.sets.items() if v} == {
        "calibration": {"0": "good"},
        "evaluation": {"1": "bad"},
    }


def test_an_unknown_purpose_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("record,label,purpose\n0,good,test\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"gold\.csv:2: record '0': purpose 'test' is none of"):
        project(tmp_path, [f"m: {LLM}"], gold="gold: {path: gold.csv, purpose: purpose}")


def test_gold_with_two_purposes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text(
        "record,label,purpose\n0,good,calibration\n0,good,evaluation\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="one purpose"):
        project(tmp_path, [f"m: {LLM}"], gold="gold: {path: gold.csv, purpose: purpose}")


def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path) -> None:
    opened = project(tmp_path, ["m: {kind: plugin, plugin: nowhere}"])
    with pytest.raises(SpecError, match="no plugin 'nowhere'"):
        _ = opened.annotators
