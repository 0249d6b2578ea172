"""Sources of annotations for `assay compare`: files, a ledger, or a task file with its ledger."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.cli.compare_parts import PART, ClusterDraw, one_of_each, read_slices
from assay.cli.sources import TASK_FILES, is_ledger, of_records
from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.cost import Usage
from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.core.record import Record
from assay.core.schema import FreeText, Schema
from assay.core.task import Task
from assay.data.annotations import Names, read_given, settled
from assay.data.base import many
from assay.data.form import form_of
from assay.data.gold import Purpose
from assay.data.json_shapes import table_in
from assay.data.read import columns_of
from assay.data.write import flat
from assay.ledger import Ledger, kept_ledger
from assay.ledger.named import names_of
from assay.project import open_project
from assay.project.project import Project
from assay.quality.agreement.read import kind_of
from assay.quality.costs import (
    NO_CURRENCY,
    Costs,
    PriceList,
    booked_in,
    check_currency,
    costs,
)
from assay.quality.replacement.alt_test import Labels
from assay.quality.replacement.compare import Sides

GOLD = "gold"  # the expert's name where the task file's evaluation gold is meant
MEASURED = {"scale": "interval", "interval": "interval"}
WHOLE = ("multi", "spans", "boxes")

Saying = dict[str, dict[str, str]]
"""Annotator to record to label."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options ask for."""

    source: str | None = None
    people: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()
    person: tuple[str, ...] = ()  # annotators of SOURCE that are people
    names: Names = field(default_factory=Names)
    prices: PriceList | None = None
    slices: Path | None = None
    task: str | None = None
    expert: str | None = None
    currency: str | None = None
    cluster: ClusterDraw | None = None


def gather(wanted: Wanted) -> tuple[Sides, str]:
    """Labels of people and models, and whether they are nominal or interval; the measure is chosen
    elsewhere.
    """
    source = wanted.source
    held = source is not None and (is_ledger(source))
    if wanted.currency is not None and not held:
        raise SpecError("--currency is for costs recorded in a ledger; files have none")
    if held:
        sides, kind = _of_ledger(wanted)
    elif source is None:
        sides, kind = _of_files(wanted)
    else:
        sides, kind = _of_table(wanted)
    if wanted.cluster is not None:
        sides = one_of_each(sides, wanted.cluster, _clusters(wanted))
    if wanted.slices is not None:
        sides = replace(sides, slices={**sides.slices, **read_slices(wanted.slices, wanted.names)})
    return sides, kind


def _clusters(wanted: Wanted) -> dict[str, str]:
    column = wanted.cluster.column if wanted.cluster else ""
    if wanted.source is not None:
        return of_records(wanted.source, column, wanted.names.record)
    paths = [p for p in (*wanted.people, *wanted.models) if p.suffix.lower() != ".json"]
    having = [path for path in paths if column in columns_of(path)]
    if not having:
        raise InputError(f"no table of --people or --models has a column {column!r}")
    found: dict[str, str] = {}
    for path in having:
        found |= of_records(str(path), column, wanted.names.record)
    return found


def _of_files(wanted: Wanted) -> tuple[Sides, str]:
    if not wanted.people or not wanted.models:
        raise SpecError("give a ledger, a task file or a table; or --people FILE and --models FILE")
    of_models = replace(wanted.names, counts=())
    people = _merged(read(path, wanted.names) for path in wanted.people)
    models = _merged(read(path, of_models) for path in wanted.models)
    both = sorted(name for name in people if models.get(name) == people[name])
    if both:
        raise InputError(
            f"{both[0]!r} has the same labels in the people's and the models' file; "
            f"annotators are not "
            "compared with themselves, so give different files to --people and --models"
        )
    settled_as = [
        *(settled(path, wanted.names) for path in wanted.people),
        *(settled(path, of_models) for path in wanted.models),
    ]
    counted = [bool(one.counts) for one in settled_as]
    if any(counted[len(wanted.people) :]) or (any(counted) and len(wanted.people) > 1):
        raise InputError(
            "vote counts have no annotators: give them as the only file of --people, and a "
            "model's labels by name"
        )
    sides = _priced(people, models, None if any(counted) else wanted.prices)
    described = tuple(note for one in settled_as for note in one.notes)
    sides = replace(sides, named=not any(counted), notes=(*sides.notes, *described))
    return sides, _kind(people, models)


def _of_table(wanted: Wanted) -> tuple[Sides, str]:
    path = Path(wanted.source or "")
    layout = settled(path, wanted.names)
    if layout.counts:
        raise InputError(
            f"{path} has vote counts without annotators: give it as --people, and the models' "
            "labels as --models"
        )
    people, models = _by_person(read(path, wanted.names), wanted.person)
    sides = _priced(people, models, wanted.prices)
    return replace(sides, notes=(*sides.notes, *layout.notes)), _kind(people, models)


def _by_person(said: Saying, person: tuple[str, ...]) -> tuple[Saying, Saying]:
    strange = next((name for name in person if name not in said), None)
    if strange is not None:
        raise SpecError(f"there is no annotator {strange!r}; there are {', '.join(said)}")
    if not person:
        raise SpecError(f"which annotators are people? Use --person NAME, one of {', '.join(said)}")
    people = {name: said[name] for name in person}
    return people, {name: labels for name, labels in said.items() if name not in people}


def read(path: Path, names: Names) -> Saying:
    """Empty cells are missing answers; an annotator with nothing else is kept, without labels."""
    labels: Saying = {name: {} for name in _named(path)}
    for given in read_given(path, names):
        said = labels.setdefault(given.annotator, {})
        if given.label is None:
            continue
        if said.setdefault(given.record, given.label) != given.label:
            raise InputError(
                f"{given.where}: {given.annotator!r} says {given.label!r} of record "
                f"{given.record!r} here and {said[given.record]!r} above; leave one of them out"
            )
    return labels


def _named(path: Path) -> list[str]:
    """Annotators of nested JSON, including those whose object is empty."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return []
    try:
        content = loads(path.read_bytes())
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
    if not isinstance(content, dict) or table_in(path, content) is not None:
        return []
    return [] if form_of(path).outer == "record" else list(content)


def _merged(parts: Iterable[Saying]) -> Saying:
    merged: Saying = {}
    for part in parts:
        twice = next((name for name in part if name in merged), None)
        if twice is not None:
            raise InputError(f"{twice!r} is in two of the files; give each annotator one name")
        merged |= part
    return merged


def _kind(people: Saying, models: Saying) -> str:
    """The kind of the labels: numbers that are not class names make a scale."""
    return kind_of(
        {v for side in (people, models) for said in side.values() for v in said.values()}
    )


def _priced(people: Saying, models: Saying, prices: PriceList | None) -> Sides:
    """Files do not record usage, so only prices per label and per request can be counted."""
    if prices is None:
        return Sides(people, models)
    task = Task("compare", "compare", FreeText())
    found: dict[str, Costs] = {}
    for side in (people, models):
        for name, said in side.items():
            given = [
                answer(
                    Request(task, Record(record, ()), name),
                    Outcome.ANSWERED,
                    value=label,
                    usage=Usage(attempts=1),
                )
                for record, label in said.items()
            ]
            if prices.of(name) is not None and given:
                found[name] = costs(given, (), prices, frozenset(people))
    note = (
        "from files, only prices per label and per request are counted; tokens and time are unknown"
    )
    return Sides(people, models, costs=found, notes=(note,))


def _of_ledger(wanted: Wanted) -> tuple[Sides, str]:
    source = wanted.source or ""
    project = open_project(source) if source.endswith(TASK_FILES) else None
    place = project.ledger_place if project is not None else source
    ledger = kept_ledger(place)
    try:
        schemas = ledger.schemas()
        task = wanted.task or (None if project is None else project.task.id)
        task = task or (next(iter(schemas)) if len(schemas) == 1 else None)
        if task not in schemas:
            known = ", ".join(schemas) or "there is none"
            raise InputError(f"name a task with --task: {known}")
        return _sides(ledger, task, schemas[task], wanted, project)
    finally:
        ledger.close()


def _sides(
    ledger: Ledger, task: str, schema: Schema, wanted: Wanted, project: Project | None
) -> tuple[Sides, str]:
    names: dict[str, str] = {}
    runs = ledger.runs(task)
    for run in runs:
        names |= names_of(run)
    file = None if project is None else project.file.currency
    prices = wanted.prices or PriceList(currency=wanted.currency or file or booked_in(runs))
    by_annotator = _by_annotator(ledger.annotations(task), names)
    people = _people(by_annotator, wanted, project)
    own, seen, again = _independent(by_annotator)
    said = {name: _labels(given, schema) for name, given in own.items()}
    sides = Sides(
        {name: labels for name, labels in said.items() if name in people},
        {name: labels for name, labels in said.items() if name not in people},
        slices=_record_slices(ledger, said, schema),
        costs=_costs(by_annotator, prices, people),
        notes=tuple(_notes(schema, seen, again)),
    )
    for each in sides.costs.values() if wanted.prices is not None else ():
        if each.booked:
            check_currency(each, wanted.currency or file or booked_in(runs))
    sides = _priced_in(sides, prices)
    return _with_gold(sides, wanted, project, schema), MEASURED.get(schema.kind, "nominal")


def _by_annotator(
    annotations: Iterable[Annotation], names: Mapping[str, str]
) -> dict[str, list[Annotation]]:
    """By person, or by the annotator's name in the task file."""
    by_annotator: dict[str, list[Annotation]] = {}
    for a in annotations:
        by_annotator.setdefault(a.by or names.get(a.annotator, a.annotator), []).append(a)
    return by_annotator


def _people(
    by_annotator: Mapping[str, list[Annotation]], wanted: Wanted, project: Project | None
) -> frozenset[str]:
    """Annotators who answered in a panel, are people in the task file, or are named as people."""
    specs = {} if project is None else project.file.annotators
    described = {name for name, spec in specs.items() if spec.human}
    strange = next((name for name in wanted.person if name not in by_annotator), None)
    if strange is not None:
        raise SpecError(f"there is no annotator {strange!r}; there are {', '.join(by_annotator)}")
    panel = {name for name, given in by_annotator.items() if any(a.by is not None for a in given)}
    people = (panel | described | set(wanted.person)) & set(by_annotator)
    if by_annotator and not people and wanted.expert != GOLD:
        raise SpecError(
            f"no annotator here is known to be a person; use --person NAME, one of "
            f"{', '.join(by_annotator)}"
        )
    return frozenset(people)


def _independent(
    by_annotator: Mapping[str, list[Annotation]],
) -> tuple[dict[str, dict[str, Annotation]], int, int]:
    """The last independent answer to each record, how many had seen another, and how many were
    repeated.
    """
    own: dict[str, dict[str, Annotation]] = {}
    seen = again = 0
    for name, given in by_annotator.items():
        kept = own.setdefault(name, {})
        for a in given:
            if not a.answered:
                continue
            if a.saw:
                seen += 1
                continue
            again += a.record in kept
            kept[a.record] = a
    return own, seen, again


def _labels(given: Mapping[str, Annotation], schema: Schema) -> dict[str, str]:
    """Cases and labels: a case is a record, or a record and attribute if the answer is a form."""
    labels: dict[str, str] = {}
    for record, a in given.items():
        if a.value is None:
            continue
        if schema.kind != "form":
            labels[record] = str(flat(a.value))
            continue
        for unit in schema.units([a.value]):
            label = schema.label(a.value, unit)
            if label is not None and not (a.focus and not schema.in_focus(unit, a.focus)):
                labels[f"{record}{PART}{unit}"] = label
    return labels


def _notes(schema: Schema, seen: int, again: int) -> Iterator[str]:
    if seen:
        answers = many(seen, "answer given after being", "answers given after being")
        yield f"left out: {answers} shown another answer"
    if again:
        answers = many(again, "further answer", "further answers")
        yield f"{answers} of the same annotator to the same record: the last one counts"
    if schema.kind == "form":
        yield "each attribute of a record counts as a case; intervals treat them as independent"
    if schema.kind in WHOLE:
        yield f"answers of kind {schema.kind} are compared as a whole: equal or not"


def _record_slices(ledger: Ledger, said: Saying, schema: Schema) -> dict[str, dict[str, str]]:
    """By language and source of the record, and by the attribute of a form."""
    cases = {case for labels in said.values() for case in labels}
    kinds: dict[str, Callable[[Record], str | None]] = {
        "language": lambda record: record.language,
        "source": lambda record: record.source,
    }
    known = {record.id: record for record in ledger.records()}
    found: dict[str, dict[str, str]] = {}
    for case in cases:
        split_case = case.rpartition(PART) if schema.kind == "form" else (case, "", "")
        record = known.get(split_case[0])
        if schema.kind == "form":
            found.setdefault("attribute", {})[case] = split_case[2]
        for kind, take in kinds.items():
            value = None if record is None else take(record)
            if value:
                found.setdefault(kind, {})[case] = value
    return {kind: given for kind, given in found.items() if len(set(given.values())) > 1}


def _priced_in(sides: Sides, prices: PriceList) -> Sides:
    """With a note if costs were recorded without a currency."""
    if prices.currency is not None or not any(c.whole.bill.total for c in sides.costs.values()):
        return sides
    return replace(sides, notes=(*sides.notes, NO_CURRENCY))


def _costs(
    by_annotator: Mapping[str, list[Annotation]], prices: PriceList, people: frozenset[str]
) -> dict[str, Costs]:
    return {name: costs(given, (), prices, people) for name, given in by_annotator.items() if given}


def _with_gold(sides: Sides, wanted: Wanted, project: Project | None, schema: Schema) -> Sides:
    """Evaluation gold as the expert, if requested."""
    if wanted.expert != GOLD or project is None or GOLD in sides.people:
        return sides
    gold = project.gold.of(Purpose.EVALUATION)
    if not gold:
        raise SpecError("--expert gold needs evaluation gold in the task file")
    if schema.kind == "form":
        raise SpecError("--expert gold is not possible for forms; import the gold as a person's")
    said: dict[str, Labels] = {GOLD: {id: str(flat(v)) for id, v in gold.items()}}
    return replace(sides, people={**sides.people, **said})
