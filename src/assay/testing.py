"""Checks that anyone can run on a part of their own: does it keep its contract?

Each raises AssertionError with one line that says which promise is broken.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from assay.aggregation.base import Aggregator
from assay.annotators.base import Annotator
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, answer
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.core.votes import Votes, votes_of
from assay.ledger.base import Ledger, Run
from assay.ledger.memory import MemoryLedger
from assay.run.ask import Askable
from assay.run.engine import Job, Settings, label
from assay.strategies.base import Strategy

TASK = Task("check", "which?", Choice(["a", "b"]))


def check_annotator(annotator: Annotator, requests: Sequence[Request]) -> list[Annotation]:
    """Its id and answers are stable, one final or failed answer a request, none it was not given,
    it draws requests no further than they are given, and it can be ended at any time and answers
    again afterwards, on another event loop. Returns the answers."""
    name = annotator.id
    assert name, "an annotator needs an id"
    assert all(r.annotator == name for r in requests), f"put the requests to {name!r}"
    answers = asyncio.run(_all(annotator, requests))
    assert annotator.id == name, "the id changed while it answered; it must name the version"
    keys = Counter(a.key for a in answers)
    given = {r.key: r for r in requests}
    assert keys.keys() <= given.keys(), "it answered a request that it was not given"
    assert max(keys.values(), default=1) == 1, "it answered a request twice"
    if annotator.decided_by is DecidedBy.MODEL:
        missing = [r.record.id for k, r in given.items() if k not in keys]
        assert not missing, f"no answer on records {missing[:3]}; say `failed` or `abstained`"
    for a in answers:
        _check_annotation(a, given[a.key])
    assert asyncio.run(_all(annotator, [])) == [], "it answered though nothing was asked"
    assert {a.key for a in asyncio.run(_all(annotator, requests))} == keys.keys(), (
        "ended and asked again on another event loop, it answers otherwise"
    )
    return answers


def _check_annotation(a: Annotation, request: Request) -> None:
    where = f"record {a.record!r}"
    assert (a.record, a.annotator) == (request.record.id, request.annotator), (
        f"{where}: the answer names another record or annotator than its request"
    )
    assert a.task == request.task.id, f"{where}: the answer names another task"
    assert a.cost_nanos >= 0, f"{where}: a negative cost"
    assert a.confidence is None or a.confidence == a.confidence, f"{where}: confidence is NaN"
    assert a.saw == request.options.saw, f"{where}: `saw` is not what the request showed"
    if a.outcome is Outcome.FAILED:
        assert a.error, f"{where}: it failed and does not say why"
    if a.value is not None:
        units = request.task.schema.units([a.value])
        known = [request.task.schema.unit_labels(u) for u in units]
        said = [request.task.schema.label(a.value, u) for u in units]
        outside = [s for s, k in zip(said, known, strict=True) if k is not None and s not in k]
        assert [s for s in outside if s is None] == outside, (
            f"{where}: {outside[0]!r} is not a label of the schema"
        )


async def _all(annotator: Annotator, requests: Sequence[Request]) -> list[Annotation]:
    await annotator.aclose()
    try:
        return [a async for a in annotator.annotate(iter(requests))]
    finally:
        await annotator.aclose()


def check_strategy(
    strategy: Strategy,
    annotators: Mapping[str, Askable],
    records: Sequence[Record],
    task: Task = TASK,
) -> list[Decision]:
    """One decision a record; a second run is a replay: equal decisions, no request sent again.
    Returns the decisions."""
    ledger = MemoryLedger()
    first = _decisions(strategy, annotators, records, (task, ledger))
    assert [d.record for d in first] == [r.id for r in records], (
        "one decision a record, in the order of the records"
    )
    for d in first:
        assert d.confidence is None or d.confidence_source is not None, (
            f"record {d.record!r}: a confidence without its source"
        )
        assert d.confidence is None or d.confidence == d.confidence, (
            f"record {d.record!r}: confidence is NaN"
        )
    answers = len(list(ledger.annotations()))
    again = _decisions(strategy, annotators, records, (task, ledger))
    assert again == first, "run again on the same answers, it decides otherwise"
    failed = sum(a.outcome is Outcome.FAILED for a in ledger.annotations())
    assert len(list(ledger.annotations())) - answers <= failed, "the second run asked something new"
    assert _decisions(strategy, annotators, [], (task, ledger)) == [], "no records, no decisions"
    return first


def _decisions(
    strategy: Strategy,
    annotators: Mapping[str, Askable],
    records: Sequence[Record],
    kept: tuple[Task, Ledger],
) -> list[Decision]:
    task, ledger = kept
    job = Job(task, strategy, annotators, ledger, Settings(block=max(1, len(records))))
    done = asyncio.run(label(job, records))
    return list(ledger.decisions(done.run))


def check_aggregator(aggregator: Aggregator, votes: Votes | None = None) -> None:
    """One row for each record and unit with a vote; rows are probabilities; the input is as it
    was; the same votes give the same consensus."""
    votes = _votes() if votes is None else votes
    before = votes.label.copy()
    found = aggregator.aggregate(votes)
    pairs = set(zip(votes.record.tolist(), votes.unit.tolist(), strict=True))
    rows = list(zip(found.record.tolist(), found.unit.tolist(), strict=True))
    assert len(rows) == len(set(rows)), "two rows for one record and unit"
    assert set(rows) == pairs, "a row for each record and unit that got a vote, and no other"
    assert found.probs.shape == (len(rows), len(votes.labels)), "one column a label"
    assert np.isfinite(found.probs).all(), "a probability is not a number"
    assert (found.probs >= 0).all(), "a probability is negative"
    assert np.allclose(found.probs.sum(axis=1), 1, atol=1e-6), "a row does not sum to 1"
    if found.skill is not None:
        assert found.skill.shape == (len(votes.annotators),), "one skill an annotator"
        assert np.isfinite(found.skill).all(), "a skill is not a number"
    assert (votes.label == before).all(), "it changed the votes it was given"
    again = aggregator.aggregate(votes)
    assert np.array_equal(again.probs, found.probs), "the same votes gave another consensus"


def _votes() -> Votes:
    said = {"r1": "aab", "r2": "bba", "r3": "ab ", "r4": "aaa", "r5": "  b"}
    annotations = [
        answer(Request(TASK, text_record(r, r), f"m{i}"), Outcome.ANSWERED, value=v)
        for r, given in said.items()
        for i, v in enumerate(given)
        if v.strip()
    ]
    return votes_of(TASK.schema, annotations)


def check_ledger(opened: Callable[[], Ledger]) -> None:
    """The promises a run rests on; `opened` gives a fresh, empty ledger each time."""
    ledger = opened()
    records = [text_record(f"r{i}", f"text {i}") for i in range(5)]
    assert ledger.add_records(records) == 5, "add_records says how many were new"
    assert ledger.add_records(records) == 0, "a known record is not new"
    assert list(ledger.records()) == records, "records come back as and in the order they came"
    requests = [Request(TASK, r, "m") for r in records]
    final = [answer(r, Outcome.ANSWERED, value="a", cost_nanos=2) for r in requests[:3]]
    failed = answer(requests[3], Outcome.FAILED, error="timeout", cost_nanos=1)
    assert ledger.add([*final, failed]) == 4, "add says how many were new"
    other = answer(requests[0], Outcome.ANSWERED, value="b")
    assert ledger.add([other]) == 0, "a second final answer to a key is ignored"
    held = ledger.answers([r.key for r in requests])
    assert held == {a.key: a for a in final}, "answers gives final answers only, as they were"
    assert ledger.spent_nanos(TASK.id) == 7, "failed answers cost too"
    ledger.start_run(Run("run", TASK.id, "single(m)", 1.0))
    made = [Decision(r.id, "a", decided_by=DecidedBy.MODEL) for r in records]
    ledger.add_decisions("run", made)
    assert list(ledger.decisions("run")) == made, "decisions come back as they were"
    assert [r.id for r in ledger.runs(TASK.id)] == ["run"], "runs come back"
    ledger.close()
