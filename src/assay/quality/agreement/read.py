"""Answers of a file or a ledger as votes; long Parquet tables without a Python object a row."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from assay.aggregation import answers
from assay.core.annotation import Annotation
from assay.core.spelling import folded
from assay.core.votes import Codes, Votes
from assay.data.annotations import Names, infer_schema
from assay.data.write import flat


def read_votes(path: Path, names: Names) -> Votes:
    """Votes with one unit whose labels are the cells' text; empty cells are silence, and weights
    are refused."""
    return answers.read_votes(path, names, weights=False)


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
