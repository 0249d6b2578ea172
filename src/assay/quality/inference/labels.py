"""Shares and means of labels as a task has them, corrected by the answers of people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from assay.core.errors import InputError
from assay.core.schema import Scale, Schema
from assay.core.value import Value
from assay.quality.inference.ppi import Difference, Ppi, by_group, difference, mean_of, prevalence

Labels = Mapping[str, Value]  # record to label


@dataclass(frozen=True, slots=True)
class ComparedGroups:
    """The share of one label in each group of records, and the differences of each two."""

    shares: Mapping[str, Ppi] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Mean:
    mean: Ppi
    notes: tuple[str, ...]  # what was assumed


def shares_of_labels(
    human: Labels, model: Labels, cluster: Mapping[str, str] | None = None
) -> dict[str, Ppi]:
    """The share of each label; InputError where the answers are no labels, tags or numbers."""
    return prevalence(_names(human), _names(model), cluster=cluster)


def _names(values: Labels) -> dict[str, str | frozenset[str]]:
    found: dict[str, str | frozenset[str]] = {}
    for record, value in values.items():
        if isinstance(value, float | int):
            found[record] = f"{value:.9g}"
        elif isinstance(value, str | frozenset):
            found[record] = value
        else:
            raise InputError(
                "shares are reported for labels, tags and numbers, not for answers of this kind"
            )
    return found


def limits_of(schema: Schema | None) -> tuple[float, float] | None:
    """The ends of a task's scale; None where it has none."""
    return (schema.low, schema.high) if isinstance(schema, Scale) else None


def mean_of_labels(
    human: Labels,
    model: Labels,
    limits: tuple[float, float] | None,
    cluster: Mapping[str, str] | None = None,
) -> Mean:
    """The mean of labels that are numbers; without `limits` their range stands for the scale."""
    said, shipped = _numbers(human), _numbers(model)
    notes: tuple[str, ...] = ()
    if limits is None:
        both = [*said.values(), *shipped.values()]
        notes = (
            f"the scale is assumed to run from {min(both):g} to {max(both):g}, the range of the "
            "labels; set another with --scale LOW HIGH",
        )
    return Mean(mean_of(said, shipped, limits, cluster), notes)


def _numbers(values: Labels) -> dict[str, float]:
    try:
        return {record: float(str(value)) for record, value in values.items()}
    except ValueError as bad:
        raise InputError(f"--mean needs numbers: {bad}") from None


def compared_groups(
    human: Labels,
    model: Labels,
    group: Mapping[str, str],
    cluster: Mapping[str, str] | None = None,
) -> dict[str, ComparedGroups]:
    """For each label; records without a group are one of their own."""
    said, shipped = _names(human), _names(model)
    home = {record: name or "(none)" for record, name in group.items()}
    found: dict[str, ComparedGroups] = {}
    for label in prevalence(said, shipped):
        shares = by_group(said, shipped, home, label, cluster)
        differences = (difference(shares, a, b) for a, b in combinations(shares, 2))
        found[label] = ComparedGroups(shares, tuple(differences))
    return found
