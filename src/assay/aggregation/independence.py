"""Whether votes can be those of annotators that err independently, given the true label.

The fitted model draws votes of the same annotators on the same records, and each draw is fitted
again (a parametric bootstrap). Where annotators copy each other, or some records are hard for all
of them, the real votes agree in ways that hardly any draw does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assay.aggregation.correlated import MOST_CELLS, dependence
from assay.aggregation.dawid_skene import DawidSkene, OneCoin, Solved
from assay.aggregation.em import NEVER
from assay.aggregation.table import Table, tables
from assay.core.votes import Floats, Votes

FEWEST = (
    4  # with three annotators the model fits whatever they say, so nothing can speak against it
)
DRAWS = 39
DOUBT = 0.15  # share of draws as odd as the votes, below which they are not taken for independent
LEAST = 10  # records that a pair must share to be looked at


@dataclass(frozen=True, slots=True)
class Independence:
    """`p` is how often independent annotators agree as oddly; None: it cannot be checked.

    `effective` is how many independent annotators would say as much.
    """

    p: float | None
    annotators: int
    effective: float

    @property
    def why(self) -> str | None:
        """Why nothing can be said of skills without gold; None if nothing speaks against it."""
        if self.p is None:
            return (
                f"whether {self.annotators} annotators err independently cannot be checked: it "
                f"takes {FEWEST} who answer the same records"
            )
        if self.p > DOUBT:
            return None
        return (
            f"the annotators do not err independently (such votes come in {self.p:.0%} of draws "
            f"where they do): effective number at most {self.effective:.1f} of "
            f"{self.annotators}"
        )


def independence(votes: Votes, model: DawidSkene | OneCoin, seed: int = 0) -> Independence:
    """The least p-value over the label groups, times their number."""
    rng = np.random.default_rng(seed)
    solve = model.solver(votes)
    found: list[float | None] = []
    effective, given = 0.0, 0
    for table in tables(votes, model.gold):
        solved = solve(table)
        there = np.bincount(table.annotator, minlength=table.annotators) > 0
        effective += table.rows * _effective(table, solved, there)
        given += table.rows
        checked = there.sum() >= FEWEST and len(table.labels) > 1
        found.append(_p_value(table, solve, solved, rng) if checked else None)
    known = [p for p in found if p is not None]
    whole = len(known) == len(found) and known
    p = min(1.0, min(known) * len(known)) if whole else None
    return Independence(p, len(np.unique(votes.annotator)), effective / max(given, 1))


def _effective(table: Table, solved: Solved, there: NDArray[np.bool_]) -> float:
    """A vote counts 1 / (1 + its dependence on the others), as `correlated` has it."""
    if table.annotators * len(table.labels) > MOST_CELLS:
        return float(there.sum())
    between = dependence(table, solved.fitted().probs, LEAST)
    return float((1 / (1 + between.sum(axis=1)))[there].sum())


def _p_value(
    table: Table, solve: Callable[[Table], Solved], solved: Solved, rng: np.random.Generator
) -> float | None:
    """Each way of being odd is ranked among the draws, and the least rank among theirs."""
    real = _oddities(table, solved)
    if real is None:
        return None
    drawn = []
    for _ in range(DRAWS):
        again = replace(table, label=_votes_drawn(table, solved, rng))
        found = _oddities(again, solve(again))
        drawn.append(np.zeros_like(real) if found is None else found)
    every = np.array([real, *drawn])
    ranks = (every[None, :, :] >= every[:, None, :] - 1e-12).mean(axis=1)  # of each among all
    least = ranks.min(axis=1)
    return float((least <= least[0] + 1e-12).mean())


def _votes_drawn(table: Table, solved: Solved, rng: np.random.Generator) -> NDArray[np.int32]:
    """Labels that the fitted annotators might have given, in place of those that they gave."""
    d = solved.design
    labels = len(table.labels)
    says = np.zeros((labels, table.annotators, labels))
    says[:, d.cell_annotator, d.cell_label] = solved.cells
    shares = np.exp(np.maximum(solved.shares, NEVER))
    of_row = shares[:, table.place] if shares.ndim > 1 else np.tile(shares[:, None], table.rows)
    truth = _chosen(of_row.T, rng)
    if table.fixed is not None:
        truth = np.where(table.fixed >= 0, table.fixed, truth)
    return _chosen(says[truth[table.row], table.annotator], rng).astype(np.int32)


def _chosen(shares: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """One column a row, by its share."""
    heights = np.cumsum(shares, axis=1)
    return np.asarray((heights < rng.random((len(shares), 1)) * heights[:, -1:]).sum(axis=1))


def _oddities(table: Table, solved: Solved) -> Floats | None:
    """How far votes are from what the fitted model has: the oddest pair, as copies are, and how
    unlike records agree, as where some are hard for all. None: no pair shares enough."""
    d = solved.design
    labels = len(table.labels)
    says = np.zeros((labels, table.annotators, labels))
    says[:, d.cell_annotator, d.cell_label] = solved.cells
    logs = solved.shares if solved.shares.ndim == 1 else solved.shares.mean(axis=1)
    shares = np.exp(np.maximum(logs, NEVER))
    shares /= shares.sum()
    cell = table.annotator.astype(np.int64) * labels + table.label
    shape = (table.rows, table.annotators * labels)
    votes = sparse.csr_array((np.ones(len(cell)), cell, table.start), shape=shape)
    joint = (votes.T @ votes).toarray().reshape(table.annotators, labels, table.annotators, labels)
    shared, same = joint.sum(axis=(1, 3)), np.einsum("ikjk->ij", joint)
    upper = np.triu(shared >= LEAST, 1)
    if not upper.any():
        return None
    agree = np.einsum("t,tik,tjk->ij", shares, says, says, optimize=True)
    noise = np.sqrt(np.maximum(shared * agree * (1 - agree), 0.5))
    apart = ((same - shared * agree) / noise)[upper]
    return np.array([np.abs(apart).max(), _unlike(table)])


def _unlike(table: Table) -> float:
    """Variance over records of the share of pairs of votes that are alike."""
    labels = len(table.labels)
    cell = table.row.astype(np.int64) * labels + table.label
    counts = np.bincount(cell, minlength=table.rows * labels).reshape(table.rows, labels)
    size = counts.sum(axis=1)
    several = size > 1
    alike = (counts * (counts - 1)).sum(axis=1)[several] / (size * (size - 1))[several]
    return float(alike.var()) if len(alike) else 0.0
