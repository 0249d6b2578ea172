"""Planning a task: every model is asked about a labelled sample once, then options are replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from assay.core.annotation import DEFAULT_OPTIONS, Annotation, Request
from assay.core.cost import NANOS
from assay.core.digest import digest
from assay.core.document_path import at_document_path
from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.value import Value
from assay.data.gold import Purpose
from assay.data.write import flat
from assay.ledger import Ledger
from assay.project.forecast import Forecast, forecast_records
from assay.project.project import Project
from assay.project.sources import all_evaluates
from assay.quality.calibration.confidences import note
from assay.quality.doubt import of_chance
from assay.quality.guarantees.by_class import AcceptedClass, accepted_classes
from assay.quality.guarantees.promise import Promise
from assay.quality.planning import (
    LEAST_FIT,
    Answers,
    Option,
    Plan,
    Trial,
    logistic,
    plan,
    routed,
)
from assay.quality.verdicts import Constant, Verdict, constant
from assay.run import Job, Progress, Summary, label
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.confidence import Calibrated, evidence
from assay.strategies.hybrid import Hybrid
from assay.strategies.single import Single
from assay.strategies.vote import Vote
from assay.taskfile.answering import Priced

FIT_SHARE = 0.2  # of the sample, for calibrating confidences; the rest certifies
LONGEST = 3  # links of a chain that is tried
MOST_CHAINS = 30
VOTE = "vote"

Given = Mapping[str, Annotation]  # by record


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task with the labelled sample it can be planned on."""

    project: Project
    records: tuple[Record, ...]
    gold: Mapping[str, Value]
    models: tuple[str, ...]
    panel: str | None
    person: float

    @property
    def reference(self) -> str:
        return "the gold labels"


def prepare(project: Project, person: float | None) -> Prepared:
    """`person`: what one label of a person costs; default: the price in the task file."""
    gold = certifying_gold(project)
    records = tuple(r for r in project.all_records() if r.id in gold)
    if not records:
        raise InputError(
            "no record of the data has gold to certify on: set `gold` in the task file"
        )
    specs = project.file.annotators
    panel = next((name for name, spec in specs.items() if spec.human), None)
    models = [name for name, spec in specs.items() if not spec.human]
    if not models:
        raise SpecError("a plan compares models with people, but the task file has no model")
    if person is None:
        people = specs[panel] if panel else None
        person = people.prices.human_label if isinstance(people, Priced) else 0.0
    if not person:
        raise SpecError(
            "the price of a human label is missing: use --human-label, or set `prices: "
            "{human_label: "
            "…}` of an annotator of kind panel"
        )
    return Prepared(project, records, gold, tuple(models), panel, person)


def certifying_gold(project: Project) -> Mapping[str, Value]:
    """Gold used neither for fitting nor for scoring, on which guarantees are based."""
    monitoring = project.gold.of(Purpose.MONITORING)
    if monitoring:
        return monitoring
    if project.fitted:
        with project.lines(), at_document_path("gold"):
            raise SpecError(
                "calibration gold is used for fitting here, so no guarantee can be based on it: "
                "set `gold.monitoring` above 0"
            )
    calibration = project.gold.of(Purpose.CALIBRATION)
    if not calibration and all_evaluates(project.file):
        with project.lines(), at_document_path("gold"):
            raise SpecError(
                "all gold is for evaluation, since no share is given and nothing learns from it; "
                "a guarantee rests on other labels: set `gold.monitoring: 0.5`"
            )
    if not calibration:
        raise SpecError(
            "a guarantee needs human gold labels: set `gold.monitoring` or "
            "`gold.calibration` above 0 in the task file"
        )
    return calibration


async def collect(prepared: Prepared, ledger: Ledger, progress: Progress) -> Summary:
    """Ask every model about every record of the sample; answers in the ledger are free."""
    project, models = prepared.project, prepared.models
    asked = askables(prepared)
    strategy: Strategy = Vote(models) if len(models) > 1 else Single(models[0])
    if VOTE in asked:
        strategy = Single(VOTE)
    job = Job(project.task, strategy, asked, ledger, project.settings())
    return await label(job, prepared.records, progress)


def forecast_sample(prepared: Prepared) -> Forecast:
    """What asking every model about the sample would cost; nothing is sent."""
    project, models = replace(prepared.project), prepared.models
    project.strategy = Vote(models) if len(models) > 1 else Single(models[0])
    return forecast_records(project, [], prepared.records)


def askables(prepared: Prepared) -> dict[str, Askable]:
    """The annotators of the task file, and their vote as one more."""
    made: dict[str, Askable] = dict(prepared.project.annotators)
    if len(prepared.models) > 2:
        made[VOTE] = Vote(prepared.models)
    return made


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the confidence by which its options decide."""

    plan: Plan
    confidence: Calibrated
    prepared: Prepared
    paid: float  # currency, for asking about the sample
    trial: Trial
    given: Mapping[str, Given]  # answers to the sample, by name
    certified: tuple[str, ...]  # records that the certificates rest on

    def strategy(self, option: Option, most: int | None = None) -> Hybrid:
        """The option as a strategy; records on which no link is confident go to the panel."""
        panel = self.prepared.panel
        if panel is None:
            raise SpecError("the task file has no people: add an annotator of kind panel")
        return Hybrid(option.links, panel, option.threshold, self.confidence, most)

    def classes(self, option: Option) -> tuple[AcceptedClass, ...]:
        """Labels that the option accepts of the sample, by class."""
        if option.certificate is None:
            return ()
        return accepted_classes(self.accepted(option), replace(option.certificate, unsaid=True))

    def accepted(self, option: Option) -> list[Verdict]:
        """The option's answers for the sample; none if people label the record."""
        if option.threshold is None:
            return []
        takers, _ = routed(option.links, self.trial, option.threshold)
        return [
            self._verdict(id, option.links[k] if k >= 0 else None)
            for id, k in zip(self.certified, takers.tolist(), strict=True)
        ]

    def promised(self, option: Option) -> dict[str, object] | None:
        """The certificate that a run with this option stores, if it has one."""
        if option.certificate is None:
            return None
        return {
            **option.certificate.as_json(),
            **self.plan.finding.as_json(),
            "verdict": self.plan.verdict,
            "classes": [c.as_json() for c in self.classes(option)],
        }

    def _verdict(self, id: str, link: str | None) -> Verdict:
        """The confidence at which a link's answer is accepted; none if people label the record."""
        gold, a = self.prepared.gold[id], None if link is None else self.given[link].get(id)
        said = None if a is None else a.value
        return Verdict(
            id, link or "", "", flat(said) or "", None, said == gold, said is not None,
            reference=flat(gold),
        )  # fmt: skip

    def affordable(self, option: Option, records: int) -> int | None:
        """How many records people can label with the rest of the budget, after the models are paid
        for the sample and all records; None: no limit. The same on every resumption."""
        cap = self.prepared.project.budget.cap_nanos
        if cap is None:
            return None
        models = (option.cost - option.to_people * self.prepared.person) * records
        return max(0, int((cap / NANOS - self.paid - models) / self.prepared.person))


def planned(prepared: Prepared, ledger: Ledger, promise: Promise) -> Planned:
    """Replay the options on the answers in the ledger; InputError if a model was not asked."""
    who = askables(prepared)
    names = [n for n in (*prepared.models, VOTE) if n in who]
    given = {name: answers_of(prepared, ledger, who[name]) for name in names}
    for name, answers in given.items():
        if not answers:
            raise InputError(
                f"{name} has not answered any record of the sample; ask it, or leave it out"
            )
    fit, rest = _split(prepared.records)
    curves = {n: _curve(prepared, who[n].id, given[n], fit) for n in names}
    confidence = Calibrated(tuple(curves.values()))
    costs = {name: _cost(prepared, who, ledger, name) for name in names}
    models = {n: _answers(prepared, given[n], rest, confidence, costs[n]) for n in names}
    notes = tuple(line for n in names if (line := _note(n, given[n], curves[n][1])) is not None)
    notes += tuple(
        f"{name} has no `prices`, so its cost is unknown and counts as 0 here"
        for name in prepared.models
        if name in prepared.project.unpriced
    )
    trial = Trial(models, prepared.person, prepared.reference, _baseline(prepared, rest), notes)
    found = plan(trial, chains(names, costs), promise)
    paid = len(prepared.records) * sum(costs[name] for name in prepared.models)
    made = Planned(found, confidence, prepared, paid, trial, given, tuple(rest))
    return replace(made, plan=replace(found, doubts=of_chance(made.accepted(found.pick))))


def _note(name: str, given: Given, slope: float) -> str | None:
    """Why an annotator's answers can only be accepted all together, or some of them never."""
    said = [a.confidence for a in given.values() if a.answered]
    if slope > 0 or len({c for c in said if c is not None}) < 2:
        return note(name, said, {a.confidence_source for a in given.values()})
    return (
        f"on the labels it was fitted on, the confidence of {name} does not separate right "
        "from wrong answers, so all are accepted or none; more gold may show that it does"
    )


def _baseline(prepared: Prepared, ids: Sequence[str]) -> Constant | None:
    gold = [flat(prepared.gold[id]) for id in ids]
    return constant(
        Verdict(id, "", "", "", None, True, reference=g) for id, g in zip(ids, gold, strict=True)
    )


def answers_of(prepared: Prepared, ledger: Ledger, who: Askable) -> dict[str, Annotation]:
    """The unassisted answers of one annotator to the sample, by record."""
    keys = {
        Request(prepared.project.task, r, who.id, DEFAULT_OPTIONS).key: r.id
        for r in prepared.records
    }
    return {keys[key]: a for key, a in ledger.answers(list(keys)).items()}


def _split(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    """Records for fitting and for certifying, split by a digest of the records."""
    ids = sorted((r.id for r in records), key=lambda id: digest(["plan", id], 8))
    count = max(round(FIT_SHARE * len(ids)), LEAST_FIT)
    if len(ids) < 2 * count:
        raise InputError(
            f"the sample has {len(ids)} labelled records; a plan needs {2 * LEAST_FIT} at least"
        )
    return ids[:count], ids[count:]


def _curve(
    prepared: Prepared, who: str, given: Given, ids: Sequence[str]
) -> tuple[str, float, float]:
    """The annotator, and slope and offset of its confidence; flat where no answer carries one."""
    answered = [a for id in ids if (a := given.get(id)) is not None and a.answered]
    if any(a.confidence is not None for a in answered):
        answered = [a for a in answered if a.confidence is not None]
    right = np.array([a.value == prepared.gold[a.record] for a in answered], dtype=bool)
    slope, offset = logistic(np.array([evidence(a) for a in answered]), right)
    return who, slope, offset


def _answers(
    prepared: Prepared,
    given: Given,
    ids: Sequence[str],
    confidence: Calibrated,
    cost: float,
) -> Answers:
    sure, right = np.full(len(ids), -np.inf), np.zeros(len(ids), dtype=bool)
    for i, id in enumerate(ids):
        a = given.get(id)
        if a is not None and a.answered:
            said = confidence(a)
            sure[i] = -np.inf if said is None else said
            right[i] = a.value == prepared.gold[id]
    return Answers(sure, right, np.full(len(ids), cost))


def _cost(prepared: Prepared, who: Mapping[str, Askable], ledger: Ledger, name: str) -> float:
    """Cost per record of the sample, of the annotator and all that it asks."""
    found = who[name]
    if isinstance(found, Strategy):
        return sum(_cost(prepared, who, ledger, part) for part in found.annotators)
    paid = [a.cost_nanos for a in answers_of(prepared, ledger, found).values()]
    return sum(paid) / max(len(paid), 1) / NANOS


def chains(names: Sequence[str], costs: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Each annotator alone, and chains from cheap to expensive; shorter ones first."""
    ordered = sorted((n for n in names if n != VOTE), key=lambda n: (costs[n], names.index(n)))
    found: list[tuple[str, ...]] = [(name,) for name in names]
    for length in range(2, LONGEST + 1):
        found += list(combinations(ordered, length))
    return found[:MOST_CHAINS]
