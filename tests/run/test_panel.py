"""Several people answer one request: all are kept, and the strategy is given what they say."""

from collections.abc import Sequence

import pytest

from assay.annotators.people import Panel
from assay.core.annotation import (
    Annotation,
    Decision,
    Outcome,
    Request,
    Source,
    Waiting,
    answer,
)
from assay.core.cost import Usage
from assay.core.record import Record, text_record
from assay.core.schema import Choice, MultiChoice, Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.ledger import MemoryLedger
from assay.run import Job, label
from assay.run.panel import joint
from assay.strategies.base import Answer, Ask
from assay.strategies.single import Single

TASK = Task("t", "which?", Choice(["a", "b"]))
RECORD = text_record("r", "x")
TAGS = MultiChoice(["x", "y"])


def said(*values: Value | None, schema: Schema = TASK.schema) -> list[Annotation]:
    request = Request(Task("t", "which?", schema), RECORD, "panel")
    return [
        answer(
            request, Outcome.ABSTAINED if value is None else Outcome.ANSWERED, value=value,
            by=f"p{i}", cost_nanos=3, usage=Usage(human_seconds=2.0),
        )
        for i, value in enumerate(values)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "values", "value", "confidence"),
    [
        (TASK.schema, "ab", "a", 1 / 2),
        (TASK.schema, "abb", "b", 2 / 3),
        (TASK.schema, [None, "b", "b"], "b", 1.0),
        (TAGS, [{"x"}, {"x", "y"}, {"y"}], {"x", "y"}, 2 / 3),
        (TAGS, [set(), set()], set(), 1.0),
    ],
)
def test_most_people_decide_unit_by_unit_and_the_first_at_a_tie(
    schema: Schema, values: Sequence[str | set[str]], value: str | set[str], confidence: float
) -> None:
    given = [frozenset(v) if isinstance(v, set) else v for v in values]
    made = joint(said(*given, schema=schema), schema)
    assert made.value == (frozenset(value) if isinstance(value, set) else value)
    assert made.confidence == pytest.approx(confidence)
    assert (made.confidence_source, made.by) == (Source.VOTE_SHARE, None)
    assert (made.cost_nanos, made.usage.human_seconds) == (3 * len(given), 2.0 * len(given))


def test_one_person_is_taken_at_their_word() -> None:
    [alone] = said("b")
    assert joint([alone], TASK.schema) is alone


def test_people_who_all_abstain_say_nothing() -> None:
    assert joint(said(None, None), TASK.schema).outcome is Outcome.ABSTAINED


async def test_a_record_waits_until_as_many_have_answered_as_are_wanted() -> None:
    ledger = MemoryLedger()
    job = Job(TASK, Single("panel"), {"panel": Panel("panel", annotators_per_record=3)}, ledger)
    first, second, third = said("a", "b", "b")
    ledger.add([first, second])
    assert (await label(job, [RECORD])).waiting == 1
    ledger.add([third])
    done = await label(job, [RECORD])
    [made] = ledger.decisions(done.run)
    assert made.value == "b"
    assert made.confidence == pytest.approx(2 / 3)
    assert len(ledger.votes(TASK.id, TASK.schema)) == 3


async def test_a_later_answer_does_not_overrule_the_earlier_ones() -> None:
    ledger = MemoryLedger()
    job = Job(TASK, Single("panel"), {"panel": Panel("panel")}, ledger)
    for one in said("a", "a", "b"):
        ledger.add([one])
        done = await label(job, [RECORD])
        assert [d.value for d in ledger.decisions(done.run)] == ["a"]


async def test_what_is_waited_for_names_its_request_its_record_and_who_is_to_answer() -> None:
    seen: list[Answer] = []

    class Looking:
        id, needs_all_records, annotators = "looking", False, ("panel",)

        async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
            seen.extend(await ask("panel", records))
            return [Decision(r.id, None, waiting_for="panel") for r in records]

    await label(Job(TASK, Looking(), {"panel": Panel("panel")}, MemoryLedger()), [RECORD])
    assert seen == [Waiting(Request(TASK, RECORD, "panel").key, "r", "panel")]
