"""Resampled weights: how often each distinct row is drawn when records are drawn with replacement.

Records with equal answers are drawn together, as one multinomial count, so a thousand resamples of
a hundred thousand records cost no more than their distinct rows.
"""

from collections.abc import Iterator
from itertools import combinations_with_replacement
from math import comb
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assay.core.votes import Votes
from assay.quality.agreement.base import Floats, Ints, Resampling
from assay.quality.agreement.rows import Rows, ordered

Tally: TypeAlias = tuple[int, ...]
"""How many votes each label has."""

HALF = 0.5
MOST_WAYS = 200  # to vote, above which those not seen are left out
BLOCK = 4_000_000  # weights held at once
LEAST = 1e-300  # a weight that is drawn as nothing may be divided by
INDEX_COST = 5  # drawing a multinomial count costs about as much as this many record numbers


def draws(times: Ints, how: Resampling, wide: int = 1) -> Iterator[Floats]:
    """Blocks (b x rows) of weights, `how.resamples` in all; `wide` columns are made of each."""
    rng = np.random.default_rng(how.seed)
    records, rows = int(times.sum()), len(times)
    size = max(1, BLOCK // max(rows, wide, 1))
    owner = np.repeat(np.arange(rows), times) if rows * INDEX_COST >= records else None
    for start in range(0, how.resamples, size):
        count = min(size, how.resamples - start)
        if owner is None:
            yield rng.multinomial(records, times / records, size=count).astype(np.float64)
        else:
            drawn = [owner[rng.integers(0, records, records)] for _ in range(count)]
            yield np.array([np.bincount(d, minlength=rows) for d in drawn], dtype=np.float64)


def smooth_draws(rows: Rows, how: Resampling) -> tuple[Rows, Iterator[Floats]] | None:
    """Rows that also hold the ways to vote that were not seen, and weights of them from the
    posterior with a record more for all ways to agree, and half a record for all ways to differ
    (Jeffreys' for two votes of two labels); None if the ways are too many.

    Resampling alone never draws what was not seen, so where a label is rare its intervals are too
    narrow, or there is none.
    """
    total = np.rint(rows.total).astype(np.int64)
    records, labels = int(rows.times[total > 1].sum()), len(rows.labels)
    prior: dict[Tally, float] = {}
    for size in np.unique(total[total > 1]).tolist():
        if len(prior) + comb(size + labels - 1, size) > MOST_WAYS:
            return None
        share = float(rows.times[total == size].sum()) / records
        prior |= {way: share * p for way, p in _ways(size, labels).items()}
    seen = [tuple(way) for way in np.rint(rows.counts.todense()).astype(np.int64).tolist()]
    added = [way for way in prior if way not in set(seen)]
    more = np.array(added, np.float64).reshape(-1, labels)
    counts = sparse.vstack([rows.counts, sparse.csr_array(more)], format="csr")
    own = np.append(rows.own, more.sum(axis=1))
    times = np.append(rows.times, np.zeros(len(added), np.int64))
    whole = Rows(rows.labels, sparse.csr_array(counts), times, own)
    before = np.array([prior.get(way, 0.0) for way in (*seen, *added)])
    return whole, posterior(times, before, how, whole.paired)


def _ways(size: int, labels: int) -> dict[Tally, float]:
    """In which `size` annotators can vote (votes a label), with what each counts beforehand."""
    found = [
        tuple(drawn.count(label) for label in range(labels))
        for drawn in combinations_with_replacement(range(labels), size)
    ]
    apart = max(len(found) - labels, 1)
    return {way: 2 * HALF / labels if max(way) == size else HALF / apart for way in found}


def posterior(
    times: Ints, prior: Floats, how: Resampling, compared: NDArray[np.bool_]
) -> Iterator[Floats]:
    """Blocks (b x rows) of weights, drawn from Dirichlet's distribution.

    Those of the compared rows sum to the records compared, those of the others to the others: how
    many records are compared is known, and a coefficient may not waver with it.
    """
    rng = np.random.default_rng(how.seed)
    size = max(1, BLOCK // max(len(times), 1))
    for start in range(0, how.resamples, size):
        drawn = rng.gamma(times + prior, size=(min(size, how.resamples - start), len(times)))
        for of in (compared, ~compared):
            sums = drawn[:, of].sum(axis=1, keepdims=True)
            drawn[:, of] *= times[of].sum() / np.maximum(sums, LEAST)
        yield drawn


def annotator_draws(votes: Votes, order: tuple[str, ...], how: Resampling) -> Iterator[Rows]:
    """Count rows in which each annotator counts as often as drawn.

    An annotator drawn twice is not held to agree with itself: `own` takes those pairs out.
    """
    rng = np.random.default_rng(how.seed)
    labels, code = ordered(votes, order)
    there, annotator = np.unique(votes.annotator, return_inverse=True)
    _, row = np.unique(votes.record, return_inverse=True)
    shape = (int(row.max()) + 1, len(labels))
    for _ in range(how.resamples):
        drawn = np.bincount(rng.integers(0, len(there), len(there)), minlength=len(there))
        weight = drawn[annotator].astype(np.float64)
        own = np.bincount(row, weight**2, minlength=shape[0]).astype(np.float64)
        counts = sparse.coo_array((weight, (row, code)), shape=shape).tocsr()
        yield Rows(labels, counts, np.ones(shape[0], np.int64), own)
