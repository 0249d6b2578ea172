"""Labelled answers as verdicts: how sure an annotator was, and whether it was right.

What certificates and calibrations are made of, read from a table here and from a ledger by
`assay.project.verdicts`.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.annotation import Source
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.spelling import as_number, oddities
from assay.core.value import Value
from assay.data.base import Row, cell, check_columns
from assay.data.gold import Purpose
from assay.data.layout import ANNOTATOR, LABEL, RECORD, REFERENCE, refuse_weight, renamed
from assay.data.read import columns_of, read_rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Key = tuple[str, str]
"""Annotator and tag; "" where there is but one."""

YES, NO = ("1", "true", "yes", "right"), ("0", "false", "no", "wrong")
NO_ANSWER = -math.inf
USUAL = {"record": RECORD, "annotator": ANNOTATOR, "label": LABEL, "reference": REFERENCE}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`confidence` None: none was given. `right` None: nobody labelled the record."""

    record: str
    annotator: str
    tag: str
    label: str
    confidence: float | None
    right: bool | None
    answered: bool = True
    source: Source | None = None
    purpose: Purpose | None = None
    reference: str | None = None  # the label that it was compared with, where that is known


def columns(verdicts: Sequence[Verdict]) -> tuple[Floats, Bools]:
    """Confidence and correctness, a labelled record each; minus infinity is never accepted.

    An annotator that never says how sure it is has all its answers taken, or none.
    """
    labelled = [v for v in verdicts if v.right is not None]
    silent = all(v.confidence is None for v in labelled)
    sure = [_sure(v, silent) for v in labelled]
    return np.array(sure, np.float64), np.array([bool(v.right) for v in labelled], bool)


def _sure(verdict: Verdict, silent: bool) -> float:
    if not verdict.answered:
        return NO_ANSWER
    if verdict.confidence is None:
        return 0.0 if silent else NO_ANSWER
    return verdict.confidence


def grouped(verdicts: Iterable[Verdict]) -> dict[Key, list[Verdict]]:
    """InputError if an annotator gave two answers to a record."""
    found: dict[Key, list[Verdict]] = {}
    seen: set[tuple[str, str, str]] = set()
    for v in verdicts:
        if (v.annotator, v.tag, v.record) in seen:
            whose = f" of {v.annotator!r}" if v.annotator else ""
            raise InputError(f"record {v.record!r} is there twice{whose}")
        seen.add((v.annotator, v.tag, v.record))
        found.setdefault((v.annotator, v.tag), []).append(v)
    return found


def certifying(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that a promise may rest on: monitoring gold, or else calibration gold; all of them
    where no purpose is given."""
    for purpose in (Purpose.MONITORING, Purpose.CALIBRATION):
        if found := [v for v in verdicts if v.purpose is purpose]:
            return found
    if any(v.purpose is not None for v in verdicts):
        raise InputError("all labels are evaluation gold, which scores the result and nothing else")
    return list(verdicts)


def assigned(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Half of the records for calibration and half for evaluation, by what they are called."""
    return [replace(v, purpose=_half(v.record)) for v in verdicts]


def _half(record: str) -> Purpose:
    first = int(digest(["calibrate", record], 8), 16) % 2
    return Purpose.CALIBRATION if first else Purpose.EVALUATION


def spelling(verdicts: Iterable[Verdict]) -> list[str]:
    """What to say of labels, annotators and records that look like the same one."""
    verdicts = list(verdicts)
    labels = {v.label for v in verdicts} | {v.reference for v in verdicts if v.reference}
    return oddities(
        {label for label in labels if as_number(label) is None},  # `same` takes numbers as such
        {v.annotator for v in verdicts},
        {v.record for v in verdicts},
    )


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same answer: the most frequent reference among `n` labels, or a given one."""

    label: str
    share: float
    n: int

    def as_json(self) -> dict[str, object]:
        return {"label": self.label, "share": self.share, "n": self.n}


def constant(verdicts: Iterable[Verdict], label: str | None = None) -> Constant | None:
    """None where nobody says what the references are, as in a table of right and wrong."""
    counts = Counter(v.reference for v in verdicts if v.right is not None)
    if not counts or None in counts:
        return None
    if label is not None:
        same = sum(n for said, n in counts.items() if canonical(str(said)) == canonical(label))
        return Constant(label, same / counts.total(), counts.total())
    said, count = max(counts.items(), key=lambda item: (item[1], str(item[0])))
    return Constant(str(said), count / counts.total(), counts.total())


def side_by_side(
    groups: Mapping[Key, Sequence[Verdict]], links: Sequence[str]
) -> tuple[Floats, Bools]:
    """(links, records) for a chain; InputError if a link was not asked about a record."""
    rows = [
        {v.record: v for v in groups.get((link, ""), ()) if v.right is not None} for link in links
    ]
    for link, row in zip(links, rows, strict=True):
        if not row:
            described = ", ".join(sorted({who for who, _ in groups if who})) or "none with a name"
            raise InputError(f"there is no labelled answer of {link!r}; there are {described}")
        missing = next((record for record in rows[0] if record not in row), None)
        if missing is None:
            missing = next((record for record in row if record not in rows[0]), None)
        if missing is not None:
            raise InputError(
                f"not every link was asked about record {missing!r}; a chain is certified on "
                "records that all of its links answered"
            )
        if all(v.confidence is None for v in row.values() if v.answered):
            raise InputError(
                f"{link!r} gives no confidence, and a chain passes on what its links are unsure "
                "of; leave it out, or set what gives it one"
            )
    ids = list(rows[0])
    pairs = [columns([row[id] for id in ids]) for row in rows]
    return np.array([sure for sure, _ in pairs]), np.array([right for _, right in pairs])


def same(said: Value, reference: Value, tolerance: float = 0.0) -> bool:
    """Equal, or numbers no further apart than `tolerance`."""
    within.amount("the tolerance", tolerance)
    if said == reference:
        return True
    try:
        return abs(float(str(said)) - float(str(reference))) <= tolerance + 1e-9
    except ValueError:
        return False


def read_verdicts(path: Path, tolerance: float = 0.0) -> list[Verdict]:
    """Rows of record, confidence, and either correct or label and reference; if there also
    annotator, tag, purpose and confidence_source, also by their other usual names. An empty label
    is no answer."""
    there = columns_of(path)
    called = renamed(path, there, USUAL)
    there = [called.get(name, name) for name in there]
    judged = "correct" in there
    wanted = ("record", "confidence", "correct" if judged else "label")
    check_columns(path, there, wanted if judged else (*wanted, "reference"))
    judge = _by_verdict if judged else _by_label(tolerance)
    found = [_verdict(row, where, judge) for row, where in _rows(path, called)]
    if not found:
        raise InputError(f"{path} holds no labels")
    purposes: dict[str, Purpose | None] = {}
    for v in found:
        if purposes.setdefault(v.record, v.purpose) is not v.purpose:
            raise InputError(
                f"{path}: record {v.record!r} has two purposes; a gold label has one purpose"
            )
    return found


def _rows(path: Path, called: Mapping[str, str]) -> Iterator[tuple[Row, str]]:
    """Rows with their columns under the names used here."""
    for number, row in read_rows(path):
        where = f"{path}:{number}"
        refuse_weight(row, where)
        yield {called.get(name, name): content for name, content in row.items()}, where


Judge = Callable[[Row, str], bool | None]


def _verdict(row: Row, where: str, judge: Judge) -> Verdict:
    record, label = _text(row, "record"), _text(row, "label")
    if not record:
        raise InputError(f"{where}: the record is missing")
    sure = _number(_text(row, "confidence"), where)
    answered = bool(label) if "label" in row else sure is not None
    source = _known(list(Source), row, "confidence_source", where)
    purpose = _known(list(Purpose), row, "purpose", where)
    return Verdict(
        record, _text(row, "annotator"), _text(row, "tag"), label, sure, judge(row, where),
        answered, Source(source) if source else None, Purpose(purpose) if purpose else None,
        _text(row, "reference") or None,
    )  # fmt: skip


def _text(row: Row, name: str) -> str:
    return cell(row.get(name)).strip()


def _by_verdict(row: Row, where: str) -> bool | None:
    said = _text(row, "correct").lower()
    if not said:
        return None
    if said not in (*YES, *NO):
        raise InputError(f"{where}: correct is yes or no (or 1 or 0), not {said!r}")
    return said in YES


def _by_label(tolerance: float) -> Judge:
    def judge(row: Row, where: str) -> bool | None:
        reference = _text(row, "reference")
        if not reference:
            return None
        return same(canonical(_text(row, "label")), canonical(reference), tolerance)

    return judge


def canonical(text: str) -> str:
    """Labels separated by `;` and JSON lists say the same in any order."""
    if text.startswith(("[", "{")):
        try:
            content = loads(text)
        except ValueError:
            return text
        parts = content if isinstance(content, list) else [content]
        return "\n".join(sorted(json.dumps(part, sort_keys=True) for part in parts))
    return ";".join(sorted(part.strip() for part in text.split(";")))


def _number(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{where}: confidence {text!r} is not a number") from None
    if math.isnan(number):
        return None
    if math.isinf(number):
        raise InputError(
            f"{where}: confidence {text!r} is endless; leave it empty if there is none"
        )
    return number


def _known(kinds: Sequence[str], row: Row, name: str, where: str) -> str | None:
    text = _text(row, name).lower()
    if text and text not in kinds:
        raise InputError(f"{where}: {name} {text!r} is none of {', '.join(kinds)}")
    return text or None
