"""A task file opened: which records are labelled, where the ledger lies, what a run is told."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, answer
from assay.core.cost import to_nanos
from assay.core.task import Task
from assay.core.value import Span
from assay.data.gold import Purpose
from assay.ledger import MemoryLedger, Run
from assay.project import entities, evaluation, parts, report_context, tags
from assay.project.project import Project
from tests.project.opened import DEFAULT_OPTIONS, HEAD, IDS, opened

GOLD = "gold: {path: gold.csv, calibration: 0.3, evaluation: 0.7}\n"
LEARNER = "annotators: {m: {kind: recorded, path: said.csv}, c: {kind: classifier}}\n"
HUB = "annotators: {m: {kind: recorded, path: said.csv}, h: {kind: hub, model: x}}\n"


@pytest.mark.parametrize(
    ("more", "fitted"),
    [
        (DEFAULT_OPTIONS, False),
        (LEARNER, True),
        (HUB, False),
        (HUB.replace("model: x", "model: x, train: true"), True),
        (DEFAULT_OPTIONS + "strategy: {kind: retrieved, annotators: [m]}\n", True),
        ("annotators: {m: {kind: recorded, path: said.csv}, "
         "s: {kind: strategy, strategy: {kind: retrieved, annotators: [m]}}, "
         "t: {kind: strategy, strategy: {kind: single, annotators: [m]}}}\n", True),
        ("annotators: {m: {kind: recorded, path: said.csv}, "
         "t: {kind: strategy, strategy: {kind: single, annotators: [m]}}}\n", False),
    ],
)  # fmt: skip
def test_records_are_held_out_only_where_something_learns_from_their_gold(
    more: str, fitted: bool, tmp_path: Path
) -> None:
    found = opened(tmp_path, more + GOLD)
    learnt = set(found.gold.of(Purpose.CALIBRATION))
    assert len(learnt) == 3
    assert found.fitted == fitted
    assert found.held_out == (3 if fitted else 0)
    labelled = [r.id for r in found.records()]
    assert labelled == [id for id in IDS if not (fitted and id in learnt)]
    assert [r.id for r in found.records(2)] == labelled[:2]
    assert [r.id for r in found.all_records()] == IDS


@pytest.mark.parametrize(
    ("ledger", "place"),
    [
        ("", "FOLDER/tone.assay.sqlite"),
        ("ledger: mine.sqlite\n", "FOLDER/mine.sqlite"),
        ("ledger: postgresql://host/base\n", "postgresql://host/base"),
    ],
)
def test_the_ledger_lies_beside_the_task_file(ledger: str, place: str, tmp_path: Path) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + ledger)
    assert found.ledger_place == place.replace("FOLDER", str(tmp_path))


def test_a_ledger_is_there_once_it_was_opened(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert not found.has_ledger
    found.ledger().close()
    assert found.has_ledger


def test_another_budget_or_ledger_is_another_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + "currency: EUR\nbudget: {money: 1, minutes: 2}\n")
    assert (found.budget.cap_nanos, found.budget.currency) == (to_nanos(1), "EUR")
    assert found.settings().seconds == 120
    monkeypatch.chdir(tmp_path)
    other = found.changed({"money": 3}, "other.sqlite")
    assert other.budget.cap_nanos == to_nanos(3)
    assert other.settings().seconds == 120
    assert other.ledger_place == str(tmp_path / "other.sqlite")
    assert found.budget.cap_nanos == to_nanos(1)
    assert found.changed({}, "sqlite:///x").ledger_place == "sqlite:///x"
    assert found.changed({}, None).ledger_place == found.ledger_place


def test_a_run_is_told_all_that_its_results_need(tmp_path: Path) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + "seed: 7\ncurrency: EUR\n")
    described = found.settings()
    assert described.seconds is None
    assert described.budget is found.budget
    assert described.note == {
        "task_file": "tone", "seed": 7, "currency": "EUR",
        "annotators": {"m": found.annotators["m"].id},
    }  # fmt: skip
    found.promised = {"statement": "nine of ten"}
    assert dict(found.settings().note)["promise"] == {"statement": "nine of ten"}


def test_a_project_says_what_it_is(tmp_path: Path) -> None:
    facts = opened(tmp_path, LEARNER + "ledger: 'postgresql://ann:hush@host/base'\n").facts()
    assert facts["task"] == "tone"
    assert facts["folder"] == str(tmp_path)
    assert facts["annotators"] == "m, c"
    assert facts["strategy"] == "single"
    assert "hush" not in str(facts["ledger"])


def labelled(found: Project) -> tuple[MemoryLedger, str]:
    """`m` is right on two, wrong on the third, fails on the fourth, abstains on the fifth."""
    held, gold = MemoryLedger(), list(found.gold.of(Purpose.EVALUATION))
    records = {r.id: r for r in found.all_records()}
    who = found.annotators["m"].id
    held.start_run(Run("run", found.task.id, "s", 0.0))
    for id, value in zip(gold, ("good", "good", "bad", None), strict=False):
        request = Request(found.task, records[id], who)
        if value is None:
            held.add([answer(request, Outcome.FAILED, error="e")])
        else:
            held.add([answer(request, Outcome.ANSWERED, value=value)])
    held.add([answer(Request(found.task, records[gold[4]], who), Outcome.ABSTAINED)])
    held.add([answer(Request(found.task, records[gold[0]], "stranger"), Outcome.ABSTAINED)])
    model = {"decided_by": DecidedBy.MODEL}
    held.add_decisions(
        "run",
        [Decision(gold[0], "good", route=("fast",), **model),  # type: ignore[arg-type]
         Decision(gold[1], "bad", route=("slow",), **model)],  # type: ignore[arg-type]
    )  # fmt: skip
    return held, "run"


def test_decisions_and_annotators_are_held_against_evaluation_gold(tmp_path: Path) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + GOLD)
    scores = evaluation(found, *labelled(found))
    assert {name: (s.on_all.hits, s.on_all.n) for name, s in scores.items()} == {
        "decisions": (1, 2),
        "m": (2, 4),
    }
    assert (scores["m"].answered.hits, scores["m"].on_answered.n) == (3, 3)
    assert scores["m"].reference == "evaluation gold"
    routes = parts(found, *labelled(found))
    assert {name: s.on_all.hits for name, s in routes.items()} == {"fast": 1, "slow": 0}
    assert entities(found, *labelled(found)) == {}
    assert tags(found, *labelled(found)) == {}


def test_without_evaluation_gold_nothing_is_scored(tmp_path: Path) -> None:
    found = opened(tmp_path)
    held = MemoryLedger()
    held.start_run(Run("run", found.task.id, "s", 0.0))
    assert evaluation(found, held, "run") == {}
    assert parts(found, held, "run") == {}
    assert report_context(found).reference is None


MULTI = HEAD.replace("kind: choice", "kind: multi")
SPANS = HEAD.replace("kind: choice", "kind: spans")


def test_tags_are_scored_for_answers_of_several(tmp_path: Path) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + GOLD, MULTI)
    held = MemoryLedger()
    held.start_run(Run("run", found.task.id, "s", 0.0))
    gold = list(found.gold.of(Purpose.EVALUATION))
    both = frozenset({"good", "bad"})
    held.add_decisions("run", [Decision(gold[0], both, decided_by=DecidedBy.MODEL)])
    scores = tags(found, held, "run")
    assert list(scores) == ["decisions"]
    assert scores["decisions"].figures.precision.value == 0.5
    assert tags(opened(tmp_path, DEFAULT_OPTIONS, MULTI), held, "run") == {}


def test_spans_are_scored_for_answers_of_spans(tmp_path: Path) -> None:
    mark = '"{""spans"": [{""start"": 0, ""end"": 4, ""label"": ""good""}]}"'
    rows = "".join(f"{id},{mark}\n" for id in IDS)
    (tmp_path / "gold.csv").write_text(f"record,label\n{rows}")
    (tmp_path / "said.csv").write_text(f"record,label\n{rows}")
    found = opened(tmp_path, DEFAULT_OPTIONS + GOLD, SPANS)
    held = MemoryLedger()
    held.start_run(Run("run", found.task.id, "s", 0.0))
    gold = found.gold.of(Purpose.EVALUATION)
    first = next(iter(gold))
    said = (Span(0, 4, "good"), Span(5, 7, "bad"))
    held.add_decisions("run", [Decision(first, said, decided_by=DecidedBy.MODEL)])
    scores = entities(found, held, "run")
    assert list(scores) == ["decisions"]
    exact = scores["decisions"].exact
    assert (exact.matches, exact.marked, exact.gold) == (1, 2, 1)
    assert entities(opened(tmp_path, DEFAULT_OPTIONS, SPANS), held, "run") == {}


def test_a_report_compares_with_evaluation_gold_alone(tmp_path: Path) -> None:
    found = opened(tmp_path, DEFAULT_OPTIONS + GOLD + "currency: EUR\n")
    list(found.all_records())
    described = report_context(found)
    assert described.reference is not None
    assert (described.reference.name, len(described.reference.values)) == ("evaluation gold", 7)
    assert (described.currency, described.review) == ("EUR", None)
    assert isinstance(described.task, Task)


def test_a_review_has_three_roles(tmp_path: Path) -> None:
    three = (
        "annotators: {a: REC, b: REC, p: {kind: panel}, "
        "s: {kind: strategy, strategy: {annotators: [a]}}}\n"
    )
    three = three.replace("REC", "{kind: recorded, path: said.csv}")
    described = report_context(opened(tmp_path, three + "strategy: {kind: review}\n")).review
    assert described is not None
    assert (described.first, described.second, described.reviewer) == ("a", "b", "p")
    other = "strategy: {kind: review, annotators: [b, a, p]}\n"
    described = report_context(opened(tmp_path, three + other)).review
    assert described is not None
    assert described.first == "b"
    assert report_context(opened(tmp_path, three + "strategy: {kind: vote}\n")).review is None


async def test_what_annotators_hold_is_ended_if_they_were_made(tmp_path: Path) -> None:
    found, ended = opened(tmp_path), list[str]()
    await found.aclose()
    assert "annotators" not in found.__dict__, "nothing is made to be ended"
    who = Ending(found.annotators["m"], ended)
    found.annotators["m"] = who  # type: ignore[assignment]
    await found.aclose()
    assert ended == ["m"]


@dataclass
class Ending:
    who: object
    ended: list[str]

    async def aclose(self) -> None:
        self.ended.append("m")
