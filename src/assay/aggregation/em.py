"""One pass of expectation over votes: what Dawid-Skene and MACE share.

Both say how likely an annotator's answer is under each true label, so both are a table of
logarithms, one column a *cell* (an annotator with a label it has used). Expectation sums the
cells of a row, maximisation sums the rows of a cell: two sparse products. They run block by block
so that a block stays in the processor's cache, with true labels as the outer axis, since numpy
is slow on short inner axes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assay.aggregation.patterns import Patterns, patterns
from assay.aggregation.table import Table
from assay.core.votes import Floats, Ints

BLOCK = 32_768  # rows; a few hundred kilobytes a true label
NEVER = -1e30  # log of a label that a unit does not allow; finite, so that 0 x NEVER is 0
UNIT_STRENGTH = 20.0  # rows the common shares are worth to a unit with few rows of its own
EPS = 1e-10  # least probability of an answer, as in crowd-kit


@dataclass(frozen=True, slots=True)
class Block:
    first: int
    last: int
    votes: sparse.csr_array  # rows x cells
    said: sparse.csc_array  # its transpose, sharing the memory


@dataclass(frozen=True, slots=True)
class Design:
    """Votes as rows x cells; indistinguishable rows are kept once, with their number."""

    table: Table
    kept: Patterns | None
    blocks: tuple[Block, ...]
    cell_annotator: Ints
    cell_label: Ints
    first: NDArray[np.intp]  # first cell of each annotator that voted
    who: Ints  # those annotators

    @property
    def truths(self) -> int:
        return len(self.table.labels)

    @property
    def many(self) -> Floats | None:
        return None if self.kept is None else self.kept.many

    def per_annotator(self, cells: Floats) -> Floats:
        """Sums over the cells of each annotator that voted; the last axis is the cells."""
        return np.add.reduceat(cells, self.first, axis=-1)

    def spread(self, each: Floats) -> Floats:
        """A number of each annotator that voted, for each of its cells."""
        return np.repeat(each, np.diff(np.append(self.first, len(self.cell_annotator))), axis=-1)


@dataclass(frozen=True, slots=True)
class Expected:
    counts: Floats  # true label x cell: votes expected
    mass: Floats  # true label (x unit where there are several): rows expected
    entropy: float
    evidence: float  # log likelihood of the votes


def design(table: Table) -> Design:
    kept = patterns(table)
    table = table if kept is None else kept.table
    labels = len(table.labels)
    cell = table.annotator.astype(np.int64) * labels + table.label
    used = np.zeros(table.annotators * labels, dtype=bool)
    used[cell] = True
    cells = np.flatnonzero(used)
    renumber = np.cumsum(used, dtype=np.int32) - 1
    who, first = np.unique(cells // labels, return_index=True)
    return Design(
        table, kept, _blocks(table, renumber[cell], len(cells)),
        (cells // labels).astype(np.int32), (cells % labels).astype(np.int32),
        first, who.astype(np.int32),
    )  # fmt: skip


def _blocks(table: Table, cell: Ints, cells: int) -> tuple[Block, ...]:
    made: list[Block] = []
    edges = np.append(np.arange(0, table.rows, BLOCK), table.rows)
    longest = int(np.diff(table.start[edges]).max())
    ones = np.ones(longest if table.weight is None else 0)
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        i, j = int(table.start[a]), int(table.start[b])
        ends = (table.start[a : b + 1] - i).astype(np.int32)
        weight = ones[: j - i] if table.weight is None else table.weight[i:j]
        votes = sparse.csr_array((weight, cell[i:j], ends), shape=(b - a, cells))
        made.append(Block(a, b, votes, votes.T))
    return tuple(made)


def vote_shares(design: Design) -> Floats:
    """True label x row: the start of every EM here, which anchors the labels' meaning."""
    table = design.table
    shares = np.empty((design.truths, table.rows))
    for block in design.blocks:
        part = shares[:, block.first : block.last]
        for k in range(design.truths):
            part[k] = block.votes @ (design.cell_label == k).astype(float)
        total = part.sum(axis=0)
        part[:, total == 0] = 1 / design.truths  # all its votes weigh nothing
        part /= np.where(total == 0, 1.0, total)
    _clamp(shares, table.fixed, slice(None))
    return shares


def count(design: Design, probs: Floats) -> Expected:
    """Maximisation's sums for given probabilities."""
    return _pass(design, probs, None, None)


def expect(design: Design, probs: Floats, logs: Floats, prior: Floats) -> Expected:
    """Fill `probs` (true label x row) with the posterior, and sum what maximisation needs.

    `logs` is true label x cell, `prior` the log prior by true label, or true label x unit.
    """
    return _pass(design, probs, logs, prior)


def log_shares(design: Design, found: Expected) -> Floats:
    """Log shares of the true labels; a unit's own where it has many rows, drawn to the common
    ones where it has few, and NEVER for labels that nobody gave in it."""
    if design.table.allowed is None:
        return np.asarray(np.log(np.maximum(found.mass / found.mass.sum(), EPS)))
    common = found.mass.sum(axis=1, keepdims=True)
    allowed = design.table.allowed.T
    share = np.where(allowed, np.maximum(common / common.sum(), EPS), 0.0)
    # mean of a Dirichlet posterior: the common shares count as UNIT_STRENGTH rows of the unit
    mass = found.mass + UNIT_STRENGTH * share / share.sum(axis=0)
    return np.asarray(np.where(allowed, np.log(np.maximum(mass / mass.sum(axis=0), EPS)), NEVER))


def _pass(design: Design, probs: Floats, logs: Floats | None, prior: Floats | None) -> Expected:
    table = design.table
    counts = np.zeros((design.truths, len(design.cell_label)))
    mass = np.zeros((design.truths, table.units))
    entropy = evidence = 0.0
    for block in design.blocks:
        rows = slice(block.first, block.last)
        part, place = probs[:, rows], table.place[rows]
        many = None if design.many is None else design.many[rows]
        if logs is not None and prior is not None:
            shift = prior[:, None] if prior.ndim == 1 else prior[:, place]
            gained = _posterior(block, part, logs, shift, many)
            _clamp(part, table.fixed, rows)
            entropy, evidence = entropy + gained[0], evidence + gained[1]
        counted = part if many is None else part * many
        # M-step's sums: votes of each cell, and rows of each unit, weighted by P(true label k)
        for k in range(design.truths):
            counts[k] += block.said @ counted[k]
            mass[k] += _by_place(place, counted[k], table.units)
    return Expected(counts, mass[:, 0] if table.units == 1 else mass, entropy, evidence)


def _by_place(place: Ints, each: Floats, units: int) -> Floats | float:
    if units == 1:
        return float(each.sum())
    return np.asarray(np.bincount(place, each, minlength=units), float)


def _posterior(
    block: Block, out: Floats, logs: Floats, shift: Floats, many: Floats | None
) -> tuple[float, float]:
    """Fill `out` with the posterior of a block; its entropy and log likelihood."""
    score = np.empty_like(out)
    for k in range(len(logs)):
        score[k] = block.votes @ logs[k]
    score += shift
    # Bayes' rule in logs: the likelihoods of many votes underflow, their ratios to the largest
    # do not; `top` returns in the evidence, log sum exp(score) = top + log total
    top = score.max(axis=0)
    score -= top
    np.exp(score, out=out)
    total = out.sum(axis=0)
    out /= total
    log_total = np.log(total)
    # entropy of a row: -sum p log p with log p = score - log total, so log total - sum p score
    score *= out
    sure = score.sum(axis=0)
    if many is None:
        return float(log_total.sum() - sure.sum()), float((top + log_total).sum())
    return float((log_total - sure) @ many), float((top + log_total) @ many)


def _clamp(probs: Floats, fixed: Ints | None, rows: slice) -> None:
    """Gold rows are what gold says, whatever the votes."""
    if fixed is None:
        return
    here = fixed[rows]
    (at,) = np.nonzero(here >= 0)
    probs[:, at] = 0.0
    probs[here[at], at] = 1.0
