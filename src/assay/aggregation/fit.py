"""From what was fitted in each label group to one consensus over all votes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assay.aggregation.base import Consensus
from assay.aggregation.table import Gold, Table, tables
from assay.core.annotation import Source
from assay.core.votes import Floats, Ints, Votes


@dataclass(frozen=True, slots=True)
class Fitted:
    """`probs` is true label x row; skill is that of annotators with votes here, 0 of others."""

    probs: Floats
    skill: Floats
    winner: Ints | None = None  # of each row, numbered within the group


def consensus(
    votes: Votes,
    solve: Callable[[Table], Fitted],
    gold: Gold | None = None,
    source: Source = Source.VOTE_SHARE,
) -> Consensus:
    """Solve each label group by itself and put the rows together, by record and unit.

    An annotator's skill is its mean over the groups, by number of votes.
    """
    parts = tables(votes, gold)
    done = [solve(part) for part in parts]
    if len(parts) == 1 and len(parts[0].labels) == len(votes.labels):
        one, part = done[0], parts[0]
        return Consensus(part.record, part.unit, one.probs.T, one.skill, source, one.winner)
    rows = sum(part.rows for part in parts)
    probs = np.zeros((rows, len(votes.labels)))
    winner = np.zeros(rows, np.int32)
    record, unit = (
        np.concatenate([getattr(p, name) for p in parts] or [np.empty(0, np.int32)])
        for name in ("record", "unit")
    )
    place = np.empty(rows, np.intp)
    place[np.lexsort((unit, record))] = np.arange(rows)
    first = 0
    for part, one in zip(parts, done, strict=True):
        at = place[first : first + part.rows]
        probs[np.ix_(at, part.labels)] = one.probs.T
        if one.winner is not None:
            winner[at] = part.labels[one.winner]
        first += part.rows
    order = np.argsort(place)
    named = any(one.winner is not None for one in done)
    skill = _mean_skill(parts, done, len(votes.annotators))
    return Consensus(record[order], unit[order], probs, skill, source, winner if named else None)


def _mean_skill(parts: list[Table], done: list[Fitted], annotators: int) -> Floats:
    total, given = np.zeros(annotators), np.zeros(annotators)
    for part, one in zip(parts, done, strict=True):
        counts = np.bincount(part.annotator, minlength=annotators)
        total += counts * one.skill
        given += counts
    return total / np.maximum(given, 1)


def own(table: Table, probs: Floats) -> Floats:
    """How probable the label of each vote is."""
    return np.asarray(probs[table.label, table.row])
