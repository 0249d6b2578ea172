"""Whether systems differ over several data sets: Friedman's test, then Conover's for each pair.

Demšar (JMLR 2006) for the use, Conover and Iman (1979) for the pairs; it is how Haq et al. (arXiv
2504.15022) compare ways of prompting. Needs every system scored on every data set.

The pairs are computed here since scikit-posthocs, against which they were checked, brings plotting
libraries along and takes seconds to import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from assay.core import within
from assay.core.errors import InputError

Floats = NDArray[np.float64]

ALPHA = 0.05
FEW = 5  # blocks below which Friedman's chi-square approximation is poor


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems; `p` is Holm-adjusted over all pairs."""

    better: str
    worse: str
    p: float
    differ: bool


@dataclass(frozen=True, slots=True)
class Ranks:
    """Mean ranks, 1 the best. Pairs are only read where the test over all systems rejects."""

    blocks: int
    alpha: float
    mean_ranks: Mapping[str, float]
    statistic: float | None  # None: all systems tie on every data set
    p: float
    pairs: tuple[Pair, ...]

    @property
    def differ(self) -> bool:
        return self.p < self.alpha

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Runs of neighbours in rank that do not differ significantly: the bars of a
        critical-difference diagram.
        """
        order = sorted(self.mean_ranks, key=self.mean_ranks.__getitem__)
        apart = {frozenset((p.better, p.worse)) for p in self.pairs if p.differ}
        runs: list[tuple[str, ...]] = []
        reach = 0
        for i, first in enumerate(order):
            end = i + 1
            while end < len(order) and frozenset((first, order[end])) not in apart:
                end += 1
            if end > reach:
                runs.append(tuple(order[i:end]))
                reach = end
        return tuple(runs)

    def lines(self) -> list[str]:
        placed = sorted(self.mean_ranks.items(), key=lambda pair: pair[1])
        ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in placed)
        chi = "all tie" if self.statistic is None else f"chi-square {self.statistic:.2f}"
        few = "; few data sets, so read it as a hint" if self.blocks < FEW else ""
        lines = [
            f"mean ranks over {self.blocks} data sets: {ranks}",
            f"Friedman: {chi}, p = {self.p:.3g} (alpha {self.alpha:g}{few})",
        ]
        if self.differ:
            described = [
                f"{p.better} above {p.worse} (p = {p.p:.3g})" for p in self.pairs if p.differ
            ]
            lines.append(f"Conover, Holm-adjusted: {'; '.join(described) or 'no pair differs'}")
        else:
            lines.append("the systems do not differ significantly, so no pair is tested")
        return lines

    def as_json(self) -> dict[str, object]:
        return {
            "blocks": self.blocks, "alpha": self.alpha, "mean_ranks": dict(self.mean_ranks),
            "statistic": self.statistic, "p": self.p, "differ": self.differ,
            "pairs": [
                {"better": p.better, "worse": p.worse, "p": p.p, "differ": p.differ}
                for p in self.pairs
            ],
            "groups": [list(group) for group in self.groups],
        }  # fmt: skip


def compare_ranks(scores: Mapping[str, Sequence[float]], alpha: float = ALPHA) -> Ranks:
    """`scores`: for each system one number a data set, in one order, larger is better."""
    within.inner("alpha", alpha)
    _check(scores)
    names = list(scores)
    table = np.array([scores[name] for name in names], dtype=np.float64).T
    ranks: Floats = stats.rankdata(-table, axis=1)
    mean = ranks.mean(axis=0)
    means = {name: float(rank) for name, rank in zip(names, mean, strict=True)}
    if np.ptp(ranks) == 0:
        return Ranks(len(table), alpha, means, None, 1.0, ())
    found = stats.friedmanchisquare(*table.T)
    p = float(found.pvalue)
    pairs = _pairs(names, ranks, alpha, p < alpha)
    return Ranks(len(table), alpha, means, float(found.statistic), p, pairs)


def _check(scores: Mapping[str, Sequence[float]]) -> None:
    if len(scores) < 3:
        raise InputError(f"ranks are compared of three systems or more, not of {len(scores)}")
    lengths = {len(row) for row in scores.values()}
    if len(lengths) != 1:
        raise InputError("every system needs a score on every data set")
    if lengths.pop() < 2:
        raise InputError("ranks are compared over two data sets or more")
    if not np.isfinite(np.array(list(scores.values()), dtype=np.float64)).all():
        raise InputError("a score is missing; leave the data set or the system out")


def _pairs(names: Sequence[str], ranks: Floats, alpha: float, rejected: bool) -> tuple[Pair, ...]:
    sums = ranks.sum(axis=0)
    first, second = np.triu_indices(len(names), 1)
    adjusted = holm(_conover(ranks, np.abs(sums[first] - sums[second])))
    pairs = []
    for i, j, p in zip(first.tolist(), second.tolist(), adjusted, strict=True):
        better, worse = (i, j) if sums[i] <= sums[j] else (j, i)
        pairs.append(Pair(names[better], names[worse], float(p), rejected and bool(p < alpha)))
    return tuple(pairs)


def _conover(ranks: Floats, differences: Floats) -> Floats:
    """Two-sided p of differences of rank sums; ranks has the shape (blocks, systems)."""
    n, k = ranks.shape
    df = (n - 1) * (k - 1)
    spread = ((ranks**2).sum() - k * n * (k + 1) ** 2 / 4) / (k - 1)
    friedman = ((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum() / spread
    left = 1 - friedman / (n * (k - 1))  # zero where all data sets rank the systems alike
    scale = np.sqrt(spread * 2 * n * (k - 1) / df * max(left, 0.0))
    if scale < 1e-12:
        return np.where(differences > 0, 0.0, 1.0)
    result: Floats = 2 * stats.t.sf(differences / scale, df)
    return result


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjustment for testing several hypotheses."""
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted
