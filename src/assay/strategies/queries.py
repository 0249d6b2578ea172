"""Which records to have labelled next: the query strategies of pool-based active learning.

Each takes a `Pool` and gives the positions to ask about, best first. See the tutorial of Artemova
et al. (COLING 2025, arXiv 2411.04637; section 9 of our notes).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.strategies.vectors import Floats, Some

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """What is known of the records still open.

    `probs` (records, labels) of the learner; `committee` (members, records, labels), one member
    where there is no committee; `vectors` (records, width) and `known`, the vectors labelled
    already, for the queries in `NEED_VECTORS`.
    """

    probs: Floats
    committee: Floats
    vectors: Some
    known: Floats


Query: TypeAlias = Callable[[Pool, int, np.random.Generator], Positions]


def at_random(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    return rng.permutation(len(pool.probs))[:count]


def least_confidence(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    return _smallest(pool.probs.max(axis=1), count, rng)


def margin(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    top = np.sort(pool.probs, axis=1)[:, -2:]
    return _smallest(top[:, 1] - top[:, 0], count, rng)


def entropy(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    return _smallest(-_entropy(pool.probs), count, rng)


def disagreement(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    """Query by committee: mutual information of label and member (BALD)."""
    mean = pool.committee.mean(axis=0)
    information = _entropy(mean) - _entropy(pool.committee).mean(axis=0)
    return _smallest(-information, count, rng)


def core_set(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    """Greedy k-centre: each pick is the record farthest from all that is labelled or picked."""
    vectors = pool.vectors
    if len(pool.known):
        distance = vectors.each(lambda rows: _distances(rows, pool.known).min(axis=1))
    else:
        distance = np.full(len(vectors), np.inf)
    picks: list[int] = []
    for _ in range(min(count, len(vectors))):
        pick = int(distance.argmax())
        picks.append(pick)
        distance = np.minimum(distance, vectors.each(partial(_from, vectors.row(pick))))
        distance[picks] = -1.0
    return np.array(picks, dtype=np.int64)


def _from(centre: Floats, rows: Floats) -> Floats:
    return _distances(rows, centre[None])[:, 0]


def gradient_diversity(pool: Pool, count: int, rng: np.random.Generator) -> Positions:
    """BADGE-like: k-means++ seeding over the last layer's gradients at the likeliest label.

    The gradient is (probs - onehot) x vector; inner products factor, so it is never built.
    """
    residual = pool.probs.copy()
    residual[np.arange(len(residual)), pool.probs.argmax(axis=1)] -= 1.0
    norm = (residual**2).sum(axis=1) * pool.vectors.each(lambda rows: (rows**2).sum(axis=1))
    picks = [int(norm.argmax())]
    distance = np.full(len(norm), np.inf)
    while len(picks) < min(count, len(norm)):
        last = picks[-1]
        along = pool.vectors.each(partial(_products, pool.vectors.row(last)))
        inner = (residual @ residual[last]) * along
        distance = np.minimum(distance, np.maximum(norm + norm[last] - 2 * inner, 0.0))
        distance[picks] = 0.0
        total = distance.sum()
        if total <= 0:
            rest = np.setdiff1d(np.arange(len(norm)), picks)
            picks += [int(i) for i in rng.permutation(rest)[: count - len(picks)]]
            break
        picks.append(int(rng.choice(len(norm), p=distance / total)))
    return np.array(picks[:count], dtype=np.int64)


def _products(one: Floats, rows: Floats) -> Floats:
    return rows @ one


QUERIES: dict[str, Query] = {
    "random": at_random,
    "least-confidence": least_confidence,
    "margin": margin,
    "entropy": entropy,
    "committee": disagreement,
    "core-set": core_set,
    "badge": gradient_diversity,
}
NEED_VECTORS = frozenset({"core-set", "badge"})


def _smallest(value: Floats, count: int, rng: np.random.Generator) -> Positions:
    """Equal values are drawn, not taken in the order of the file."""
    return np.lexsort((rng.random(len(value)), value))[:count]


def _entropy(probs: Floats) -> Floats:
    logs = np.log(np.where(probs > 0, probs, 1.0))
    result: Floats = -(probs * logs).sum(axis=-1)
    return result


def _distances(left: Floats, right: Floats) -> Floats:
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    result: Floats = np.sqrt(np.maximum(squares, 0.0))
    return result
