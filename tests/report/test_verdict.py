"""The head of a report says how good the labels are, and what to do next."""

from collections.abc import Mapping

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, answer
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger, Run
from assay.report import Reference, ReportContext, gather
from assay.report.verdict import Verdict, verdict_of

TASK = Task("tone", "Which tone?", Choice(["good", "bad"]))
N = 40


def verdict(
    wrong: int = 0,
    gold: bool = True,
    waiting: int = 0,
    unparsed: int = 0,
    settings: Mapping[str, object] | None = None,
) -> Verdict:
    """Of labels for 40 records, half of them good by the reference; the last of them wait."""
    held = MemoryLedger()
    records = [text_record(f"r{i}", f"text {i}") for i in range(N)]
    truth = {r.id: "good" if i % 2 else "bad" for i, r in enumerate(records)}
    held.add_task(TASK)
    held.add_records(records)
    held.start_run(Run("run", TASK.id, "single(m)", 0.0, settings=settings))
    for i, record in enumerate(records):
        request = Request(TASK, record, "m")
        said = truth[record.id] if i >= wrong else "bad" if i % 2 else "good"
        outcome = Outcome.UNPARSED if i < unparsed else Outcome.ANSWERED
        held.add([answer(request, outcome, value=None if i < unparsed else said)])
        waits = "crowd" if i >= N - waiting else None
        value = None if waits else said
        held.add_decisions(
            "run",
            [
                Decision(
                    record.id,
                    value,
                    decided_by=None if waits else DecidedBy.MODEL,
                    waiting_for=waits,
                )
            ],
        )
    reference = Reference("experts", dict(truth)) if gold else None
    return verdict_of(gather(held, "run", ReportContext(TASK, reference)))


@pytest.mark.parametrize(
    ("wrong", "kind", "share", "compared"),
    [
        (2, "good", "95.0%", "better than the majority-class baseline (50.0%)"),
        (19, "open", "52.5%", "not significantly different from the majority-class baseline"),
        (36, "bad", "10.0%", "worse than the majority-class baseline (50.0%)"),
    ],
)
def test_the_headline_has_accuracy_interval_reference_and_baseline(
    wrong: int, kind: str, share: str, compared: str
) -> None:
    found = verdict(wrong)
    assert found.kind == kind
    assert found.headline.startswith(f"{share} of the labels agree with experts (95% CI [")
    assert "n = 40)" in found.headline
    assert compared in found.headline


def test_without_reference_labels_the_next_step_is_to_add_some() -> None:
    found = verdict(gold=False)
    assert (found.kind, found.headline) == ("open", "Quality not measured: no reference labels")
    assert found.next == ("Add reference labels (`gold` in the task file) to measure quality",)


def test_records_that_wait_and_answers_that_are_missing_come_with_what_to_do() -> None:
    found = verdict(waiting=1, unparsed=3)
    assert found.next[0].startswith("1 record waits for crowd")
    assert found.next[-1] == (
        "3 of 40 requests to m gave no answer, 3 of them unparsed: "
        "see [Missing answers](#missing-answers)"
    )
    assert not any("gave no answer" in step for step in verdict(unparsed=2).next)


def test_bad_labels_are_not_to_be_used() -> None:
    assert verdict(36).next[0].startswith("Do not use these labels yet")


@pytest.mark.parametrize(
    ("possible", "said", "kind"),
    [(True, "the statement", "good"), (True, "little", "open"), (False, "the statement", "bad")],
)
def test_a_guarantee_of_the_run_is_the_headline(possible: bool, said: str, kind: str) -> None:
    kept = {"promise": "output", "statement": "the statement", "verdict": said,
            "possible": possible}  # fmt: skip
    found = verdict(settings={"promise": kept})
    assert (found.kind, found.headline) == (kind, said.capitalize())


def test_a_certified_run_says_its_target_in_short() -> None:
    kept = {"promise": "accepted", "statement": "all of it", "possible": True, "alpha": 0.2,
            "delta": 0.1, "reference": "the gold labels"}  # fmt: skip
    assert verdict(settings={"promise": kept}).headline == (
        "Certified: at least 80.0% of accepted labels agree with the gold labels, "
        "with probability 90.0%"
    )


def test_the_share_of_models_and_the_cost_of_people_alone_are_told() -> None:
    held = MemoryLedger()
    records = [text_record(str(i), f"text {i}") for i in range(4)]
    held.add_task(TASK)
    held.add_records(records)
    held.start_run(Run("run", TASK.id, "s", 0.0))
    deciders = [DecidedBy.MODEL, DecidedBy.MODEL, DecidedBy.MODEL, DecidedBy.PEOPLE]
    held.add_decisions(
        "run",
        [Decision(r.id, "good", decided_by=who) for r, who in zip(records, deciders, strict=True)],
    )
    found = gather(held, "run", ReportContext(TASK, human_label=7))
    assert (found.by_models, found.people_alone) == (3, 28)
    held.start_run(Run("models", TASK.id, "s", 1.0))
    held.add_decisions("models", [Decision("1", "good", decided_by=DecidedBy.MODEL)])
    alone = gather(held, "models", ReportContext(TASK))
    assert (alone.by_models, alone.people_alone) == (None, None)


def test_a_run_may_bring_its_own_headline() -> None:
    context = ReportContext(TASK, headline="80% cannot be certified")
    held = MemoryLedger()
    held.add_task(TASK)
    held.start_run(Run("run", TASK.id, "s", 0.0))
    found = verdict_of(gather(held, "run", context))
    assert (found.kind, found.headline) == ("open", "80% cannot be certified")


def test_annotators_have_the_user_s_names_from_whichever_run_has_them() -> None:
    held = MemoryLedger()
    record = text_record("r", "x")
    held.add_task(TASK)
    held.add_records([record])
    names = [{"gpt": "gpt/a/p1", "old": "old/b/p1"}, {"gpt": "gpt/a/p2"}]
    for i, named in enumerate(names):
        held.start_run(Run(f"run{i}", TASK.id, "s", float(i), settings={"annotators": named}))
    for id in ("gpt/a/p1", "gpt/a/p2", "old/b/p1"):
        held.add([answer(Request(TASK, record, id), Outcome.ANSWERED, value="good")])
    found = gather(held, "run1", ReportContext(TASK))
    assert [line.name for line in found.lines[1:]] == ["gpt (earlier version)", "gpt", "old"]
