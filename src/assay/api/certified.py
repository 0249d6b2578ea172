"""Labels with a guaranteed agreement with people, certified on gold; people label the rest."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from assay.annotators.people import Panel
from assay.core.annotation import Annotation, DecidedBy, Decision
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.value import Value
from assay.data.write import flat
from assay.ledger import Ledger, Run
from assay.quality.doubt import of_promise
from assay.quality.guarantees.certificate import PEOPLE as BY_PEOPLE
from assay.quality.guarantees.certificate import certify, certify_chain, first_sure
from assay.quality.guarantees.promise import About, Certificate, Promise
from assay.quality.verdicts import NO_ANSWER, Verdict, same
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.hybrid import Hybrid

PEOPLE = "people"
REFERENCE = "the gold labels"
UNSURE = "not confident enough for the certificate"

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def promise_of(target: float, delta: float, about: About = "accepted") -> Promise:
    """InputError if these are not shares."""
    for name, value in (("target", target), ("delta", delta)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise InputError(f"{name} is a share between 0 and 1, such as 0.9, not {value!r}")
    return Promise(round(1 - target, 12), delta, about)


def own_or_zero(annotation: Annotation) -> float:
    """The confidence the answer carries; 0 where it carries none."""
    return annotation.confidence or 0.0


@dataclass(frozen=True, slots=True)
class Certifying:
    """A chain of annotators, cheapest first, with a guarantee; `people` label the rest."""

    links: tuple[str, ...]
    people: str
    promise: Promise

    @classmethod
    def of(cls, annotators: Mapping[str, Askable], promise: Promise) -> "Certifying":
        """The last annotator may be the people."""
        names = tuple(annotators)
        last = annotators[names[-1]]
        theirs = not isinstance(last, Strategy) and last.decided_by is DecidedBy.PEOPLE
        if theirs and len(names) == 1:
            raise InputError("a target is for models; the one annotator here is people")
        links = names[:-1] if theirs else names
        return cls(links, names[-1] if theirs else _free(names), promise)

    def everyone(self, annotators: Mapping[str, Askable]) -> dict[str, Askable]:
        return {**annotators, self.people: annotators.get(self.people, Panel(self.people))}

    def strategy(self, certificate: Certificate) -> Strategy:
        return Hybrid(self.links, self.people, certificate.threshold, own_or_zero)

    def certificate(
        self, ledger: Ledger, ids: Mapping[str, str], task: str, gold: Mapping[str, Value]
    ) -> Certificate:
        """From each link's answers to the gold records; `ids`: its id by name."""
        rows = [_answers(ledger, task, ids[link], gold) for link in self.links]
        sure = np.array([[_sure(row.get(record)) for record in gold] for row in rows])
        right = np.array([[_right(row.get(r), v) for r, v in gold.items()] for row in rows])
        if len(rows) == 1:
            found = certify(sure[0], right[0], self.promise, REFERENCE)
        else:
            found = certify_chain(sure, right, self.promise, REFERENCE)
        silent = all(a.confidence is None for row in rows for a in row.values())
        return replace(found, unsaid=silent, doubts=_doubts(found, sure, rows, gold))


def _doubts(
    found: Certificate, sure: Floats, rows: Sequence[Mapping[str, Annotation]],
    gold: Mapping[str, Value],
) -> tuple[str, ...]:  # fmt: skip
    """Why the labels that the chain accepts would show nothing; `sure` is (links, records)."""
    if found.threshold is None:
        return ()
    takers = first_sure(sure, found.threshold).tolist()
    said = {
        record: rows[k][record].value if k != BY_PEOPLE else None
        for (record, k) in zip(gold, takers, strict=True)
    }
    return of_promise(_verdicts(said, gold), found.promise)


def _verdicts(said: Mapping[str, Value | None], gold: Mapping[str, Value]) -> list[Verdict]:
    """By record: what is accepted, or None."""
    found = []
    for record, value in said.items():
        right, truth = value is not None and same(value, gold[record]), flat(gold[record])
        label, there = flat(value) or "", value is not None
        found.append(Verdict(record, "", "", label, None, right, there, reference=truth))
    return found


def _free(names: Sequence[str]) -> str:
    return next(n for n in (PEOPLE, "human_annotators", "certified_people") if n not in names)


def _answers(
    ledger: Ledger, task: str, annotator: str, gold: Mapping[str, Value]
) -> dict[str, Annotation]:
    found = ledger.annotations(task, [annotator], set(gold))
    return {a.record: a for a in found if a.answered and not (a.focus or a.examples or a.replica)}


def _sure(answer: Annotation | None) -> float:
    return NO_ANSWER if answer is None else own_or_zero(answer)


def _right(answer: Annotation | None, gold: Value) -> bool:
    return answer is not None and answer.value is not None and same(answer.value, gold)


def certificate_of(
    decisions: Mapping[str, Decision], gold: Mapping[str, Value], promise: Promise
) -> Certificate:
    """From models' decisions on the gold records; InputError if one was not reached."""
    missing = [record for record in gold if record not in decisions]
    if missing:
        raise InputError(
            f"the run stopped before {len(missing):,} of {len(gold):,} gold records were labelled, "
            "and the rest may not be a random sample: run again to resume"
        )
    made = [decisions[record] for record in gold]
    sure = np.array([_confidence(d) for d in made], np.float64)
    right = np.array(
        [d.value is not None and same(d.value, v) for d, v in zip(made, gold.values(), strict=True)]
    )
    silent = all(d.confidence is None for d in made if _by_model(d))
    found = certify(sure, right, promise, REFERENCE)
    least = np.inf if found.threshold is None else found.threshold
    said = {d.record: d.value if _by_model(d) and _confidence(d) >= least else None for d in made}
    doubts = () if found.threshold is None else of_promise(_verdicts(said, gold), promise)
    return replace(found, unsaid=silent, doubts=doubts)


def _by_model(made: Decision) -> bool:
    return made.decided_by is DecidedBy.MODEL


def _confidence(made: Decision) -> float:
    return (made.confidence or 0.0) if _by_model(made) else NO_ANSWER


def kept(decisions: Iterable[Decision], certificate: Certificate) -> list[Decision]:
    """The decisions that are accepted, and those of people; the others wait for people."""
    least = np.inf if certificate.threshold is None else certificate.threshold
    return [d if _stays(d, least) else _withheld(d) for d in decisions]


def _stays(made: Decision, least: float) -> bool:
    return not _by_model(made) or _confidence(made) >= least


def _withheld(made: Decision) -> Decision:
    return Decision(made.record, None, route=(*made.route, UNSURE), waiting_for=PEOPLE)


def recorded(
    ledger: Ledger, run: str, task: str, decisions: Sequence[Decision], certificate: Certificate
) -> str:
    """Stores the decisions as a run of their own, for reports and exports; returns its id."""
    now = time.time()
    before = next(r for r in ledger.runs(task) if r.id == run)
    settings = {**(before.settings or {}), "promise": certificate.with_verdict()}
    id = digest([run, certificate.as_json(), now], 6)
    name = f"certified({before.strategy})"
    ledger.start_run(Run(id, task, name, now, None, settings, version("assay")))
    ledger.add_decisions(id, decisions)
    ledger.end_run(id, time.time())
    return id
