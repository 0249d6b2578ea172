"""Answers of a file or a ledger as votes; long Parquet tables without a Python object a row."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from assay.aggregation import answers
from assay.core.annotation import Annotation
from assay.core.jsons import loads
from assay.core.spelling import folded
from assay.core.votes import Codes, Votes
from assay.data.annotations import Names, infer_schema
from assay.data.notices import notify
from assay.data.write import flat

SET_MARKS = (";", "|")


def read_votes(path: Path, names: Names) -> Votes:
    """Votes with one unit whose labels are the cells' text; empty cells are silence, and weights
    are refused."""
    return answers.read_votes(path, names, weights=False)


def kind_of_answers(labels: Iterable[str]) -> str:
    """Spans or sets where cells hold them, else as `kind_of`; what is recognised is said."""
    known = list(labels)
    listed = [_list_in(label) for label in known if label.startswith("[")]
    if listed and len(listed) == len(known) and all(map(_are_spans, listed)) and any(listed):
        notify("the answers are lists of spans and are compared as such (--kind says otherwise)")
        return "spans"
    words = [label for label in known if not label.startswith("[")]
    if listed and all(map(_are_words, listed)):
        notify("answers with several labels are compared as sets (--kind says otherwise)")
        return "multi"
    if not listed and (mark := _set_mark(words)):
        notify(
            f"answers with several labels, separated by {mark!r}, are compared as sets "
            "(--kind says otherwise)"
        )
        return "multi"
    return kind_of(known)


def _list_in(label: str) -> list[object] | None:
    try:
        content = loads(label)
    except ValueError:
        return None
    return content if isinstance(content, list) else None


def _are_spans(content: list[object] | None) -> bool:
    return content is not None and all(
        isinstance(part, dict) and {"start", "end", "label"} <= part.keys() for part in content
    )


def _are_words(content: list[object] | None) -> bool:
    return content is not None and all(isinstance(part, str) for part in content)


def _set_mark(labels: list[str]) -> str | None:
    """A mark between labels that are answers themselves, or that stand in another order too."""
    there = set(labels)
    for mark in SET_MARKS:
        parts = {label: _parts(label, mark) for label in labels if mark in label}
        if any(len(found) > 1 and set(found) <= there for found in parts.values()):
            return mark
        orders = [tuple(sorted(found)) for found in parts.values() if len(found) > 1]
        if len(set(orders)) < len(orders):
            return mark
    return None


def _parts(label: str, mark: str) -> list[str]:
    return [part.strip() for part in label.split(mark) if part.strip()]


def kind_of(labels: Iterable[str]) -> str:
    """Interval where the labels are numbers that no class is named by, else nominal.

    However they are spelt: labels that differ in case alone are two here, as in no schema.
    """
    seen = {folded(label) for label in labels}
    return "interval" if infer_schema(seen or {"none"}).kind == "scale" else "nominal"


def votes_of_annotations(annotations: Iterable[Annotation]) -> Votes:
    """Votes on whole answers; sets and spans keep their form in a cell."""
    return _collected(
        (a.record, a.by or a.annotator, flat(a.value), bool(a.saw))
        for a in annotations
        if a.answered
    )


def _collected(given: Iterator[tuple[str, str, str | None, bool]]) -> Votes:
    records, annotators, labels = Codes(), Codes(), Codes()
    columns = tuple(array("i") for _ in range(3))
    saw = bytearray()
    for record, annotator, label, shown in given:
        who = annotators[annotator]  # who is silent throughout has a name and no votes
        if label is None:
            continue
        columns[0].append(records[record])
        columns[1].append(who)
        columns[2].append(labels[label])
        saw.append(shown)
    record_code, annotator_code, label_code = (np.array(c, dtype=np.int32) for c in columns)
    return Votes(
        tuple(records), ("",), tuple(annotators), tuple(labels),
        record_code, np.zeros(len(record_code), np.int32), annotator_code, label_code,
        None, np.frombuffer(bytes(saw), dtype=bool),
    )  # fmt: skip


def without_seen(votes: Votes) -> Votes:
    """Only the answers whose authors were shown no other answer."""
    if votes.saw is None:
        return votes
    own = ~votes.saw
    return replace(
        votes, record=votes.record[own], unit=votes.unit[own], annotator=votes.annotator[own],
        label=votes.label[own], weight=None if votes.weight is None else votes.weight[own],
        saw=None,
    )  # fmt: skip
