"""The sheet of an audit: what is to be answered, blind to what was shipped, and read back."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.core.annotation import DecidedBy, Decision
from assay.core.digest import digest_each
from assay.core.errors import InputError
from assay.core.spelling import as_number, shortened
from assay.core.value import Value, encode
from assay.data.base import cell, check_columns
from assay.data.guard import bare
from assay.data.layout import refuse_weight
from assay.data.read import read_rows
from assay.data.write import flat, write_rows
from assay.quality.inference.audit import (
    BY_CLUSTER,
    Audit,
    Drawn,
    Stratum,
    estimate,
    estimate_clusters,
    strata_of,
    stratify,
)
from assay.quality.inference.stopping import MajorityBaseline

FIELDS = ("record", "text", "answer", "audit")
TO_FILL = "answer"
PEOPLE = "the people who answered"
MOST_LABELS = 50  # different values shipped, beyond which they are no labels
SHOWN = 8  # of them

Reader = Callable[[str], Value]
Same = Callable[[Value, Value], bool]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Records in the order drawn, their answers as text (None while open), how it was drawn."""

    records: tuple[str, ...]
    answers: tuple[str | None, ...]
    by: str
    mark: str


def mark_of(decisions: Sequence[Decision]) -> str:
    """Names the decisions that a sample stands for; any change of a value changes it."""
    described = sorted((d for d in decisions if d.value is not None), key=lambda d: d.record)
    return digest_each(([d.record, encode(d.value)] for d in described if d.value is not None), 8)


def write_sheet(
    path: Path,
    drawn: Sequence[Drawn],
    texts: Mapping[str, str],
    decisions: Sequence[Decision],
    by: str,
) -> None:
    mark = f"{by} {mark_of(decisions)}"
    rows: Iterator[dict[str, object]] = (
        {"record": d.record, "text": texts.get(d.record, ""), TO_FILL: None, "audit": mark}
        for d in drawn
    )
    write_rows(rows, FIELDS, path)


def read_sheet(path: Path) -> Sheet:
    records: list[str] = []
    answers: list[str | None] = []
    marks: set[str] = set()
    for number, row in read_rows(path):
        if not records:
            check_columns(path, list(row), ("record", TO_FILL, "audit"))
        refuse_weight(row, f"{path}:{number}")
        record = cell(row["record"]).strip()
        if record in records[-1:] or not record:
            raise InputError(f"{path}:{number}: the record is missing or there twice")
        records.append(record)
        answers.append(cell(row[TO_FILL]).strip() or None)
        marks.add(cell(row["audit"]).strip())
    if not records:
        raise InputError(f"{path} holds no sample; `assay audit draw` makes one")
    twice = next((r for r, times in Counter(records).items() if times > 1), None)
    if twice is not None:
        raise InputError(f"{path}: record {twice!r} is there twice")
    by, _, mark = next(iter(marks)).partition(" ")
    if len(marks) > 1 or not mark:
        raise InputError(f"{path}: column 'audit' must say the same in every row, as it was drawn")
    return Sheet(tuple(records), tuple(answers), by, mark)


def judge(
    sheet: Sheet,
    decisions: Sequence[Decision],
    read: Reader,
    *,
    same: Same = lambda shipped, answer: shipped == answer,
    cluster: Mapping[str, str] | None = None,
) -> Audit:
    """The estimate from an answered sheet; `read` makes a value of an answer, or InputError.

    With `cluster` (of each record) the interval is of further records, of other clusters.
    InputError if the decisions are not those the sample was drawn from.
    """
    given = answers_of(sheet, decisions, read)
    by = _checked(sheet.by, cluster)
    strata = stratify(decisions, by)
    shipped = {d.record: d.value for d in decisions if d.value is not None}
    named = [_known(record, shipped) for record in sheet.records]
    sizes = Counter(strata.values())
    drawn = [Drawn(r, strata[r], sizes[strata[r]]) for r in named]
    wrong_of = {r: not same(shipped[r], value) for r, value in given.items()}
    counts = strata_of(drawn, wrong_of)
    always = _baseline(counts, strata, given)
    found = (
        estimate(counts, PEOPLE)
        if cluster is None
        else estimate_clusters(wrong_of, cluster, len(strata), PEOPLE)
    )
    return replace(
        found,
        baseline=always.error,
        baseline_label=always.label,
        notes=(*_notes(sheet), *_strange(given, shipped, same)),
    )


def _checked(by: str, cluster: Mapping[str, str] | None) -> str:
    """The strata of a sheet; InputError if it and clusters do not go together."""
    if by.startswith(BY_CLUSTER):
        if cluster is None:
            name = by.removeprefix(BY_CLUSTER)
            raise InputError(f"whole clusters were drawn: give --cluster {name}")
        return "none"
    if cluster is not None and by != "none":
        raise InputError(f"the sheet was drawn by {by}; --cluster needs one drawn without --by")
    return by


def answers_of(sheet: Sheet, decisions: Sequence[Decision], read: Reader) -> dict[str, Value]:
    """What people answered, by record; InputError if nothing, or about other decisions."""
    if mark_of(decisions) != sheet.mark:
        raise InputError(
            "these decisions are not those the sample was drawn from; name the run with --run, "
            "or draw a new sample"
        )
    shipped = {d.record: d.value for d in decisions if d.value is not None}
    labels = {str(flat(value)) for value in shipped.values()}
    given = {
        name: _read(read, name, _meant(answer, labels))
        for record, answer in zip(sheet.records, sheet.answers, strict=True)
        for name in [_known(record, shipped)]
        if answer is not None
    }
    if not given:
        raise InputError("no record is answered yet; fill the column 'answer'")
    return given


def _meant(answer: str, labels: Collection[str]) -> str:
    """A label that somebody copied with the apostrophe of its guard is that label."""
    plain = bare(answer)
    return plain if plain in labels and answer not in labels and plain is not None else answer


def _known(record: str, shipped: Mapping[str, Value]) -> str:
    """The id as the decisions have it; a spreadsheet's guard that lost its mark is taken off."""
    for name in (record, bare(record) or record):
        if name in shipped:
            return name
    raise InputError(f"record {record!r} of the sample has no decision")


def _read(read: Reader, record: str, answer: str) -> Value:
    try:
        return read(answer)
    except InputError as bad:
        raise InputError(f"record {record!r}: {bad}") from None


def _baseline(
    counts: Sequence[Stratum], strata: Mapping[str, str], given: Mapping[str, Value]
) -> MajorityBaseline:
    """Records count by their weight."""
    total = sum(s.size for s in counts)
    weight = {s.name: s.size / s.answered / total for s in counts}
    shares: Counter[str] = Counter()
    for record, value in given.items():
        shares[str(flat(value))] += weight[strata[record]]  # type: ignore[assignment]
    label, share = shares.most_common(1)[0]
    return MajorityBaseline(label, max(0.0, 1.0 - float(share)))


def _notes(sheet: Sheet) -> list[str]:
    """Records passed over are no random part; the rest of the sheet, not reached yet, is."""
    last = max(i for i, answer in enumerate(sheet.answers) if answer is not None)
    passed = sum(answer is None for answer in sheet.answers[:last])
    if not passed:
        return []
    return [
        f"{passed:,} records were passed over; they are taken to be like the answered ones of "
        "their stratum, and if they are the hard ones the true error rate is higher"
    ]


def _strange(given: Mapping[str, Value], shipped: Mapping[str, Value], same: Same) -> list[str]:
    """Answers that were nowhere shipped, where what is shipped are labels: misspelt, perhaps."""
    labels = {str(flat(value)): value for value in shipped.values()}
    if len(labels) > min(MOST_LABELS, len(shipped) / 2):
        return []
    answers = Counter(str(flat(value)) for value in given.values())
    values = {str(flat(value)): value for value in given.values()}
    strange = [a for a in answers if not any(same(v, values[a]) for v in labels.values())]
    described = [
        f"the answer {shortened(answer)} ({answers[answer]:,} records) is none of the labels "
        f"shipped ({', '.join(sorted(labels)[:SHOWN])}) and counts as a disagreement: is it spelt "
        "as there?"
        for answer in strange[:SHOWN]
    ]
    more = len(strange) - SHOWN
    return [*described, f"so are {more:,} more answers"] if more > 0 else described


def decisions_in(path: Path) -> tuple[list[Decision], dict[str, str]]:
    """Decisions and texts of a table with record, value, and if there confidence, route, text;
    or of an export, whose first columns are the id and the answer, in parts for a form."""
    decisions: list[Decision] = []
    texts: dict[str, str] = {}
    seen: set[str] = set()
    id, answers = "record", ["value"]
    for number, row in read_rows(path):
        if not decisions:
            id, answers = _decided_columns(path, list(row))
        refuse_weight(row, f"{path}:{number}")
        record, value = cell(row[id]).strip(), _answer(row, answers)
        if not record or record in seen:
            raise InputError(f"{path}:{number}: record {record!r} is empty or there twice")
        seen.add(record)
        texts[record] = cell(row.get("text"))
        route = tuple(part for part in cell(row.get("route")).split(" > ") if part)
        by = DecidedBy.MODEL if value else None
        sure = _confidence(row.get("confidence"), f"{path}:{number}")
        decisions.append(Decision(record, value or None, sure, decided_by=by, route=route))
    if not decisions:
        raise InputError(f"{path} holds no decisions")
    return decisions, texts


def _decided_columns(path: Path, there: list[str]) -> tuple[str, list[str]]:
    """The columns of ids and of answers."""
    if "confidence_source" in there and not {"record", "value"} <= set(there):
        last = there.index("confidence_source") - 1
        if last > 1 and there[last] == "confidence":
            return there[0], there[1:last]
    check_columns(path, there, ("record", "value"))
    return "record", ["value"]


def _answer(row: Mapping[str, object], columns: Sequence[str]) -> str:
    """As text; the parts of a form as JSON, without those that are empty."""
    if len(columns) == 1:
        return cell(row[columns[0]]).strip()
    parts = {name: cell(row[name]).strip() for name in columns}
    said = {name: part for name, part in parts.items() if part}
    return json.dumps(said, ensure_ascii=False) if said else ""


def _confidence(content: object, where: str) -> float | None:
    text = cell(content).strip()
    number = as_number(text)
    if text and number is None:
        raise InputError(f"{where}: confidence {text!r} is not a number")
    return number
