"""Subsets that `assay compare` works on: slices of the records, and one record of each cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from assay.core.errors import InputError
from assay.data.base import cell, check_columns
from assay.data.layout import RECORD, Names, one_of
from assay.data.read import columns_of, read_rows
from assay.quality.inference.clusters import one_each
from assay.quality.replacement.alt_test import Rules
from assay.quality.replacement.compare import Sides
from assay.quality.replacement.reference import Measure

PART = " · "  # between a record and a part of its form


@dataclass(frozen=True, slots=True)
class ClusterDraw:
    """The column of clusters, and the random seed by which one record of each is drawn."""

    column: str
    seed: int


@dataclass(frozen=True, slots=True)
class AltTestOptions:
    """The options of the labels and of the alternative annotator test; None: by the answers."""

    kind: str | None
    order: str | None  # labels of an ordinal scale, comma-separated
    score: str | None
    epsilon: float
    fdr: float
    min_records: int
    test: str


def one_of_each(sides: Sides, draw: ClusterDraw, cluster: Mapping[str, str]) -> Sides:
    """One record per cluster, by a column and a seed, among records with a human and a model
    answer.
    """
    cases = [
        {case for labels in side.values() for case in labels}
        for side in (sides.people, sides.models)
    ]
    said = [{case.partition(PART)[0] for case in own} for own in cases]
    drawn = one_each(said[0] & said[1] or said[0] | said[1], cluster, draw.column, draw.seed)
    own = frozenset(c for c in cases[0] | cases[1] if c.partition(PART)[0] in drawn.records)
    return replace(sides.within(own), cluster=drawn)


def read_slices(path: Path, names: Names) -> dict[str, dict[str, str]]:
    """Columns with the record, and `slice`, or any others: each is a kind of slice."""
    found: dict[str, dict[str, str]] = {}
    there = columns_of(path)
    of_record = names.record or one_of(path, there, RECORD, "--record")
    check_columns(path, there, (of_record,))
    for number, row in read_rows(path):
        record = cell(row[of_record]).strip()
        if not record:
            raise InputError(f"{path}:{number}: column {of_record!r} is empty")
        for kind, content in row.items():
            value = cell(content).strip()
            if kind != of_record and value:
                found.setdefault(kind, {})[record] = value
    if not found:
        raise InputError(f"{path} holds no slices; it needs columns {of_record} and slice")
    return found


def rules_of(asked: AltTestOptions, found: str, expert: str | None) -> tuple[Measure, Rules]:
    """The requested kind, else that of the answers; a scale is scored by distance."""
    labels = tuple(part.strip() for part in asked.order.split(",")) if asked.order else None
    by_score = "interval" if asked.score == "neg-rmse" else found
    kind = asked.kind or ("ordinal" if labels else by_score)
    rules = Rules(
        asked.epsilon,
        asked.score or ("neg-rmse" if kind == "interval" else "accuracy"),
        asked.fdr,
        records_a_person=asked.min_records,
        expert=expert,
        test=asked.test,
    )
    return Measure(kind, labels), rules
