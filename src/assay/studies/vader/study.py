"""The strategies side by side on the VADER sets, with people's ratings as truth.

Everything runs on embedded parts: a lexicon, two classifiers fitted on the spot, and a
135M-parameter language model. For each seed a sample is drawn and split into gold to fit on, gold
to certify on, and records to label; people are the mean of all ratings but one, the one left out is
"one person".
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mode

import numpy as np

from assay.annotators.base import Annotator
from assay.annotators.classifier import TrainableClassifier
from assay.annotators.recorded import Given, Recorded
from assay.annotators.rule import rule
from assay.annotators.scored import Scored
from assay.core.annotation import Annotation, DecidedBy, Decision
from assay.core.cost import to_nanos
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.ledger import Ledger, MemoryLedger, open_ledger
from assay.models.base import Encoder, Scorer
from assay.quality.guarantees.promise import Promise
from assay.quality.planning import Answers, Plan, Trial, logistic, plan
from assay.run import Job, label
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain
from assay.strategies.confidence import Calibrated, evidence, own
from assay.strategies.hybrid import Hybrid
from assay.strategies.prior import PriorCorrected
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists, Stages
from assay.strategies.vote import Vote
from assay.studies.vader.data import HeldOut, VaderSet, held_out

LABELS = ("negative", "neutral", "positive")
PEOPLE, PERSON, LLM = "people", "one person", "smollm2"
LINKS = ("vader", "minilm")  # that the hybrid tries, alone and as a chain
PRIOR = 100  # records that label priors are taken over
CURVE = 50  # certifying labels that calibrate confidences instead


@dataclass(frozen=True, slots=True)
class Setup:
    """Sizes in records; `person` is the price of a label by people, in currency units."""

    records: int = 300
    fit: int = 150
    certify: int = 250
    target: float = 0.9
    delta: float = 0.1
    person: float = 0.1
    stages: int = 2


@dataclass(frozen=True, slots=True)
class Models:
    scorer: Scorer
    encoder: Encoder


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy on one sample: right by record, and what it took. Shares are of records."""

    strategy: str
    right: Mapping[str, bool]
    answered: float
    to_people: float
    to_llm: float = 0.0
    cost_per_1000: float = 0.0
    note: str = ""

    @classmethod
    def of(cls, name: str, decided: Sequence[Decision], truth: Mapping[str, str]) -> "Row":
        right = {d.record: d.value == truth[d.record] for d in decided}
        answered = sum(d.value is not None for d in decided)
        people = sum(d.decided_by is DecidedBy.PEOPLE for d in decided)
        return cls(name, right, answered / len(decided), people / len(decided))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A sample split by seed."""

    fit: tuple[Record, ...]
    certify: tuple[Record, ...]
    label: tuple[Record, ...]
    truth: HeldOut
    seed: int

    def examples(self, records: Sequence[Record]) -> tuple[Example, ...]:
        return tuple(Example(r, self.truth.others[r.id]) for r in records)


def assign(texts: VaderSet, setup: Setup, seed: int) -> Assignment:
    drawn = texts.first(setup.fit + setup.certify + setup.records, seed)
    order = np.random.default_rng(seed).permutation(len(drawn.records))
    mixed = [drawn.records[int(i)] for i in order]
    fit, certify = mixed[: setup.fit], mixed[setup.fit : setup.fit + setup.certify]
    rest = mixed[setup.fit + setup.certify :]
    return Assignment(tuple(fit), tuple(certify), tuple(rest), held_out(drawn, seed), seed)


async def compare(
    assigned: Assignment, task: Task, models: Models, how: tuple[Setup, Ledger]
) -> list[Row]:
    """Every strategy on one sample; answers are shared between them, costs are not."""
    setup, ledger = how
    who = annotators(assigned, models, task, setup)
    found = await certified(assigned, Job(task, Single("vader"), who, ledger), setup)
    rows = [constant(assigned)]
    for name, (strategy, note) in strategies(assigned, models, setup, found).items():
        job = Job(task, strategy, who, ledger)
        summary = await label(job, assigned.label)
        decided = list(ledger.decisions(summary.run))
        row = Row.of(name, decided, assigned.truth.others)
        rows.append(
            replace(
                row,
                to_llm=asked_llm(strategy, decided),
                cost_per_1000=1000 * row.to_people * setup.person,
                note=note,
            )
        )
    return rows


def constant(assigned: Assignment) -> Row:
    """Always the most frequent label of the gold to fit on."""
    truth = assigned.truth.others
    common = mode(truth[r.id] for r in assigned.fit)
    right = {r.id: truth[r.id] == common for r in assigned.label}
    return Row("majority-class baseline", right, 1.0, 0.0)


def annotators(
    assigned: Assignment, models: Models, task: Task, setup: Setup
) -> dict[str, Askable]:
    examples = assigned.examples(assigned.fit)
    price = to_nanos(setup.person)
    records = (*assigned.certify, *assigned.label)
    raw = f"{LLM} (raw)"
    return {
        "vader": rule("vader"),
        "minilm": TrainableClassifier(models.encoder).fitted(task, examples, assigned.seed),
        "ngrams": TrainableClassifier().fitted(task, examples, assigned.seed),
        raw: Scored(models.scorer),
        LLM: PriorCorrected(raw, assigned.label[:PRIOR]),
        PEOPLE: recorded(PEOPLE, assigned.truth.others, records, price),
        PERSON: recorded(PERSON, assigned.truth.person, records, price),
    }


def recorded(
    name: str, labels: Mapping[str, str], records: Sequence[Record], price: int
) -> Annotator:
    given = {r.id: Given(labels[r.id], cost_nanos=price) for r in records}
    return Recorded(name, given, DecidedBy.PEOPLE)


async def certified(assigned: Assignment, job: Job, setup: Setup) -> tuple[Plan, Calibrated]:
    """Asks the cheap models about the certifying gold, and finds what may be promised."""
    ids = [r.id for r in assigned.certify]
    said: dict[str, dict[str, Annotation]] = {}
    for name in LINKS:
        await label(Job(job.task, Single(name), job.annotators, job.ledger), assigned.certify)
        given = job.ledger.annotations(job.task.id, [job.annotators[name].id])
        said[name] = {a.record: a for a in given if a.answered}
    curves = []
    for name in LINKS:
        known = [said[name][id] for id in ids[:CURVE] if id in said[name]]
        right = np.array([a.value == assigned.truth.others[a.record] for a in known])
        line = logistic(np.array([evidence(a) for a in known]), right)
        curves.append((job.annotators[name].id, *line))
    sure = Calibrated(tuple(curves))
    models = {name: _answers(said[name], ids[CURVE:], assigned, sure) for name in LINKS}
    promise = Promise(1 - setup.target, setup.delta)
    return plan(Trial(models, setup.person), [(LINKS[0],), (LINKS[1],), LINKS], promise), sure


def _answers(
    said: Mapping[str, Annotation], ids: Sequence[str], assigned: Assignment, sure: Calibrated
) -> Answers:
    confidence = np.array(
        [-np.inf if id not in said else sure(said[id]) for id in ids], dtype=float
    )
    right = np.array([id in said and said[id].value == assigned.truth.others[id] for id in ids])
    return Answers(confidence, right, np.zeros(len(ids)))


def strategies(
    assigned: Assignment, models: Models, setup: Setup, found: tuple[Plan, Calibrated]
) -> dict[str, tuple[Strategy, str]]:
    """Name to strategy, and what the table says next to it."""
    half = len(assigned.fit) // 2
    beta = max(10, len(assigned.label) // 10)
    stages = Stages(beta=beta, block=max(10, beta // 2), seed=assigned.seed, most=setup.stages)
    learners = (TrainableClassifier(models.encoder), TrainableClassifier())
    training, gold = assigned.examples(assigned.fit[:half]), assigned.examples(assigned.fit[half:])
    made, sure = found
    pick = made.pick
    described = pick.certificate.statement if pick.certificate is not None else "nothing certified"
    table: dict[str, tuple[Strategy, str]] = {
        n: (Single(n), "") for n in ("vader", "minilm", "ngrams", LLM, PERSON)
    }
    table["vote"] = Vote(("vader", "minilm", LLM), ties="first"), ""
    table["chain"] = Chain(("vader", "minilm", LLM), "rank", own), ""
    for name, reviewer in (
        ("specialists, LLM reviews", LLM),
        ("specialists, people review", PEOPLE),
    ):
        table[name] = Specialists(("vader",), reviewer, learners, training, gold, stages), ""
    table["hybrid"] = Hybrid(pick.links, PEOPLE, pick.threshold, sure), described
    return table


def asked_llm(strategy: Strategy, decided: Sequence[Decision]) -> float:
    """Share of the records for which the language model was asked."""
    if LLM not in strategy.annotators:
        return 0.0
    if isinstance(strategy, Specialists):
        return sum(d.route[0] == "reviewed" for d in decided) / len(decided)
    if isinstance(strategy, Chain):  # the last of m links sees what the others did not keep
        return 1 / len(strategy.links)
    return 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """A strategy over all seeds: accuracy is the mean over records, each averaged over the seeds
    that drew it; the interval is a bootstrap over records; `seeds` are the extremes."""

    set: str
    strategy: str
    accuracy: float
    interval: tuple[float, float]
    seeds: tuple[float, float]
    n: int
    answered: float
    to_people: float
    to_llm: float
    cost_per_1000: float
    note: str


def summary(name: str, rows: Sequence[Row]) -> Summary:
    """Of one strategy on one set; one row a seed."""
    marks: dict[str, list[bool]] = {}
    for row in rows:
        for record, right in row.right.items():
            marks.setdefault(record, []).append(right)
    means = np.array([np.mean(m) for m in marks.values()])
    rng = np.random.default_rng(0)
    drawn = [means[rng.integers(0, len(means), len(means))].mean() for _ in range(1000)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    each = [float(np.mean(list(row.right.values()))) for row in rows]
    return Summary(
        name, rows[0].strategy, float(means.mean()), (float(low), float(high)),
        (min(each), max(each)), len(means),
        answered=float(np.mean([row.answered for row in rows])),
        to_people=float(np.mean([row.to_people for row in rows])),
        to_llm=float(np.mean([row.to_llm for row in rows])),
        cost_per_1000=float(np.mean([row.cost_per_1000 for row in rows])),
        note=rows[0].note,
    )  # fmt: skip


def study(
    texts: VaderSet, models: Models, setup: Setup, seeds: Sequence[int], ledgers: Path | None = None
) -> list[Summary]:
    """One set, every strategy, over the seeds. Answers are kept in a file a seed in `ledgers`, so
    that a study that was stopped goes on: a seed deals the people again, so seeds share nothing."""
    task = Task(texts.name, "What is the sentiment of this text?", Choice(LABELS))
    by_name: dict[str, list[Row]] = {}
    for seed in seeds:
        place = ledgers / f"{texts.name}-{setup.records}-{seed}.sqlite" if ledgers else None
        ledger = MemoryLedger() if place is None else open_ledger(str(place))
        try:
            assigned = assign(texts, setup, seed)
            for row in asyncio.run(compare(assigned, task, models, (setup, ledger))):
                by_name.setdefault(row.strategy, []).append(row)
        finally:
            ledger.close()
    return [summary(texts.name, rows) for rows in by_name.values()]
