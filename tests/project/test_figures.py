"""The figures of a forecast: requests, tokens, money and time, annotator by annotator."""

from pathlib import Path

import pytest

from assay.annotators.llm import LLM
from assay.cli.confirm import cost_line
from assay.core.annotation import Outcome, Request, answer
from assay.core.cost import to_nanos
from assay.project.forecast import REMOTE_SECONDS, Forecast, Part, forecast
from tests.project.opened import IDS, opened

LLM_SPEC = (
    "{kind: openai, base_url: 'http://127.0.0.1:1', model: m, in_flight: 4, max_tokens: 10, "
    "prices: {input: 1, output: 4}}"
)
CROWD = "{kind: panel, annotators_per_record: 2, prices: {human_label: 0.1}}"
MONEY = "budget: {money: 1}\n"


def test_what_one_call_takes_is_taken_for_every_record(tmp_path: Path) -> None:
    found = opened(tmp_path, f"annotators: {{m: {LLM_SPEC}}}\n")
    who = found.annotators["m"]
    assert isinstance(who, LLM)
    requests = [Request(found.task, r, who.id) for r in found.all_records()]
    [part] = forecast(found).parts
    assert part.input_tokens == sum(who.forecast(r)[0] for r in requests)
    assert part.output_tokens == 10 * len(IDS)
    assert part.nanos == sum(who.ceiling(r) for r in requests)
    assert part.seconds == pytest.approx(10 * REMOTE_SECONDS / 4)
    assert part.timing == "assuming 1 s per request, 4 concurrent"
    assert part.cost == part.nanos / 10**9


def test_only_answers_that_are_missing_cost(tmp_path: Path) -> None:
    found = opened(tmp_path, f"annotators: {{m: {LLM_SPEC}}}\n")
    needs_all_records = forecast(found).parts[0]
    ledger, who = found.ledger(), found.annotators["m"]
    records = list(found.all_records())
    for record, seconds in zip(records, (2.0, 4.0, 0.0), strict=False):
        request = Request(found.task, record, who.id)
        ledger.add([answer(request, Outcome.ANSWERED, value="good", seconds=seconds)])
    ledger.close()
    part = forecast(found).parts[0]
    assert (part.requests, part.answered) == (10, 3)
    assert part.output_tokens == 70
    assert part.nanos < needs_all_records.nanos
    assert part.timing == "measured on 2 answers, 4 concurrent", "no time is no measurement"
    assert part.seconds == pytest.approx(7 * 3.0 / 4)


def test_recorded_answers_cost_what_they_are_said_to(tmp_path: Path) -> None:
    prices = "prices: {human_label: 0.2, per_request: 0.05}"
    found = forecast(
        opened(
            tmp_path,
            "annotators:\n"
            f"  ann: {{kind: recorded, path: said.csv, people: true, {prices}}}\n"
            f"  gpt: {{kind: recorded, path: said.csv, {prices}}}\n"
            f"  crowd: {CROWD}\nstrategy: {{kind: hybrid, annotators: [gpt, ann, crowd]}}\n",
        )
    )
    assert {part.annotator: part.nanos for part in found.parts} == {
        "ann": to_nanos(2), "gpt": to_nanos(0.5), "crowd": to_nanos(2),
    }  # fmt: skip
    described = {part.annotator: (part.timing, part.seconds) for part in found.parts}
    assert described["crowd"] == ("people's time is not estimated", 0.0)
    assert described["gpt"][0] == "assuming 0.0001 s per request"
    assert described["gpt"][1] == pytest.approx(0.001)
    assert found.nanos == to_nanos(4.5)
    assert found.cost == 4.5


def test_models_here_take_turns_and_endpoints_answer_beside_them() -> None:
    def of(*parts: Part) -> float:
        return Forecast(1, "s", parts, None, (), "USD", "none").seconds

    here, there = (
        Part("a", seconds=3.0, timing="taking"),
        Part("b", seconds=2.0, timing="4 at once"),
    )
    assert of(here, here, there) == 6.0
    assert of(here, Part("c", seconds=9.0, timing="4 at once"), there) == 9.0
    assert of() == 0.0


def test_a_forecast_says_what_it_found(tmp_path: Path) -> None:
    found = forecast(opened(tmp_path, f"annotators: {{crowd: {CROWD}}}\ncurrency: EUR\n{MONEY}"))
    assert found.facts() == {
        "records": 10, "strategy": "single(crowd)", "requests": 10, "cost": "at most 2.00 EUR",
        "expected_cost": "2.00 EUR", "budget": "1.00 EUR", "seconds": 0.0, "notes": "",
    }  # fmt: skip
    described = found.as_json()
    assert described["parts"] == [
        {"annotator": "crowd", "requests": 10, "answered": 0, "input_tokens": 0,
         "output_tokens": 0, "seconds": 0.0, "timing": "people's time is not estimated",
         "cost": 2.0, "expected_cost": 2.0, "basis": "by the price list"}
    ]  # fmt: skip
    assert (described["cost"], described["seconds"], described["currency"]) == (2.0, 0.0, "EUR")
    assert forecast(opened(tmp_path, f"annotators: {{crowd: {CROWD}}}\n")).budget == "none"


@pytest.mark.parametrize(
    ("budget", "spec", "described"),
    [
        ("", "{kind: gemini, model: m}", True),
        (MONEY, "{kind: openai, base_url: 'http://h', model: m}", True),
        (MONEY, LLM_SPEC, False),
        (MONEY, "{kind: recorded, path: said.csv}", False),
    ],
)
def test_a_model_without_prices_is_noted_with_what_that_means_for_the_budget(
    budget: str, spec: str, described: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    notes = forecast(opened(tmp_path, f"annotators: {{m: {spec}}}\n{budget}")).notes
    said = [note for note in notes if note.startswith("m has no `prices`, so its cost is unknown")]
    assert bool(said) == described
    assert all(("the money budget does not limit it" in note) == bool(budget) for note in said)


def test_the_cost_of_a_model_without_prices_is_not_known(tmp_path: Path) -> None:
    spec = "{kind: openai, base_url: 'http://h', model: m, key_env: null}"
    found = forecast(opened(tmp_path, f"annotators: {{m: {spec}}}\n"))
    described = found.as_json()
    assert (found.cost, described["cost"], described["expected_cost"]) == (None, None, None)
    assert [part["cost"] for part in described["parts"]] == [None]  # type: ignore[attr-defined]
    assert cost_line(found) == "cost unknown (no `prices` for m)"
    free = spec.replace("key_env: null", "prices: {}")
    assert forecast(opened(tmp_path, f"annotators: {{m: {free}}}\n")).cost == 0


@pytest.mark.parametrize(("spent", "described"), [(0.9, False), (1.0, True), (1.5, True)])
def test_a_budget_that_is_spent_is_told(spent: float, described: bool, tmp_path: Path) -> None:
    found = opened(tmp_path, f"annotators: {{crowd: {CROWD}}}\n{MONEY}")
    ledger = found.ledger()
    record = next(found.all_records())
    request = Request(found.task, record, "old")
    ledger.add([answer(request, Outcome.ANSWERED, value="good", cost_nanos=to_nanos(spent))])
    ledger.close()
    notes = forecast(found).notes
    assert any("a run would stop at the first call that costs" in n for n in notes) == described
    free = opened(tmp_path, f"annotators: {{crowd: {{kind: panel}}}}\n{MONEY}")
    assert not any("a run would stop" in note for note in forecast(free).notes)


def test_who_is_not_reached_counts_as_if_asked_every_record(tmp_path: Path) -> None:
    more = f"annotators: {{a: {LLM_SPEC}, b: {LLM_SPEC}}}\nstrategy: {{kind: chain}}\n"
    assert [part.requests for part in forecast(opened(tmp_path, more)).parts] == [10, 10]


def test_the_prompt_is_that_of_the_first_model_that_reads_one(tmp_path: Path) -> None:
    more = (
        f"annotators:\n  r: {{kind: recorded, path: said.csv}}\n  a: {LLM_SPEC}\n"
        "strategy: {kind: chain}\n"
    )
    prompt = forecast(opened(tmp_path, more)).prompt
    assert prompt is not None
    roles = [block.partition("\n")[0] for block in prompt.split("\n\n[")]
    assert roles[0].startswith("[")
    assert "text r0" in prompt
    assert forecast(opened(tmp_path)).prompt is None
