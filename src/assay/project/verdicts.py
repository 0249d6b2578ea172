"""The answers of a task's annotators to its gold records, from the ledger, without requests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assay.annotators.scored import confidence
from assay.core.annotation import Annotation, DecidedBy, Decision, Source
from assay.core.errors import InputError, SpecError
from assay.core.redact import hidden
from assay.core.schema import Form, MultiChoice
from assay.core.value import Value
from assay.data.gold import Purpose
from assay.data.write import flat
from assay.ledger import Ledger, last_deciding
from assay.project.project import Project
from assay.quality.verdicts import Verdict, same

DECISIONS = "decisions"
CLOSED_LOOPS = ("joint",)  # strategies that learn from gold they label too


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are scored: numbers by `tolerance`, tags or fields one by one if requested."""

    gold: Mapping[str, Value]
    purposes: Mapping[str, Purpose]
    tolerance: float = 0.0
    tags: tuple[str, ...] = ()

    def of(self, answers: Iterable[Annotation], name: str) -> Iterator[Verdict]:
        for a in answers:
            for tag in self.tags or ("",):
                yield self._verdict(a, name, tag)

    def _verdict(self, a: Annotation, name: str, tag: str) -> Verdict:
        said, gold = a.value, self.gold.get(a.record)
        sure = a.confidence
        if tag:
            said, gold = _part(said, tag), _part(gold, tag)
            sure = _of_tag(a, tag)
        right = None if gold is None else said is not None and same(said, gold, self.tolerance)
        return Verdict(
            a.record, name, tag, flat(said) or "", sure, right, said is not None,
            a.confidence_source, self.purposes.get(a.record), flat(gold),
        )  # fmt: skip


def judged_answers(project: Project, tolerance: float = 0.0, tags: bool = False) -> list[Verdict]:
    """From the ledger of the task file; SpecError if there is none."""
    if not project.has_ledger:
        raise SpecError(f"no ledger {hidden(project.ledger_place)}; first run: assay run")
    how, ledger = reading(project, tolerance, tags), project.ledger()
    try:
        return verdicts_of(project, ledger, how)
    finally:
        ledger.close()


def reading(project: Project, tolerance: float, tags: bool) -> Reading:
    """With the gold of all purposes."""
    gold: dict[str, Value] = {}
    purposes: dict[str, Purpose] = {}
    for purpose, values in project.gold.sets.items():
        gold |= values
        purposes |= dict.fromkeys(values, purpose)
    if not gold:
        raise InputError("the task file has no gold: set `gold`")
    schema = project.task.schema
    if tags and not isinstance(schema, MultiChoice | Form):
        raise InputError(f"--tags needs answers of tags or fields; answers are {schema.kind} here")
    names = tuple(schema.units([])) if tags and isinstance(schema, MultiChoice) else ()
    if tags and isinstance(schema, Form):
        names = tuple(schema.fields)
    return Reading(gold, purposes, tolerance, names)


def verdicts_of(project: Project, ledger: Ledger, how: Reading) -> list[Verdict]:
    """All unassisted answers of models in the last run with decisions, and its decisions
    unless they are the answers of one annotator."""
    runs = {r.id: r for r in ledger.runs(project.task.id) if r.strategy != "import"}
    if not runs:
        raise SpecError("the ledger has no run of this task; first run: assay run")
    run = runs[last_deciding(ledger, list(runs)) or next(reversed(runs))]
    named = (run.settings or {}).get("annotators", {})
    names = {id: name for name, id in named.items()} if isinstance(named, Mapping) else {}
    given: dict[str, dict[str, Annotation]] = {}
    for a in ledger.annotations(project.task.id):
        if a.by is None and a.annotator in names and _plain(a):
            given.setdefault(names[a.annotator], {})[a.record] = a
    found = [v for name, answers in given.items() for v in how.of(answers.values(), name)]
    if how.tags or project.file.strategy.kind in (*CLOSED_LOOPS, "single"):
        return found
    return [*found, *_decided(ledger.decisions(run.id), how)]


def _plain(a: Annotation) -> bool:
    return not (a.focus or a.examples or a.replica or a.saw) and a.outcome.final


def _decided(decisions: Iterable[Decision], how: Reading) -> Iterator[Verdict]:
    """Decisions by people do not depend on a confidence."""
    for d in decisions:
        gold = how.gold.get(d.record)
        said = d.value if d.decided_by is DecidedBy.MODEL else None
        own = said is not None
        right = None if gold is None else said is not None and same(said, gold, how.tolerance)
        yield Verdict(
            d.record, DECISIONS, "", flat(d.value) or "", d.confidence if own else None, right,
            own, d.confidence_source, how.purposes.get(d.record), flat(gold),
        )  # fmt: skip


def _part(value: Value | None, tag: str) -> Value | None:
    if value is None:
        return None
    if isinstance(value, frozenset):
        return "yes" if tag in value else "no"
    return value.get(tag) if isinstance(value, Mapping) else None


def _of_tag(a: Annotation, tag: str) -> float | None:
    """From the scores of this tag, if the answer has them; else from the complete answer."""
    own = [s for name, s in (a.scores or {}).items() if name.startswith(f"{tag}=")]
    if a.confidence_source is Source.LIKELIHOOD and len(own) > 1:
        return confidence({str(i): s for i, s in enumerate(own)})
    return a.confidence
