"""Rankings from comparisons of two: the model of Bradley and Terry (1952)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve
from scipy.special import expit, ndtri

from assay.aggregation.table import check
from assay.core import within
from assay.core.errors import InputError
from assay.core.votes import Codes, Floats, Ints, Votes

FIRST, SECOND, TIE = "first", "second", "tie"
MOST_ITEMS = 3_000  # whose covariance fits in memory
STEPS = 100
CLOSE = 1e-10  # largest step of a strength at which the fit has converged


@dataclass(frozen=True, slots=True)
class Comparisons:
    """One row a comparison; `share` is 1 where the first won, 0 where the second, 1/2 for a tie."""

    rivals: tuple[str, ...]
    first: Ints
    second: Ints
    share: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Best first. Strengths are log odds against the mean rival; an interval is of one strength."""

    rivals: tuple[str, ...]
    strength: Floats
    low: Floats | None  # None where there are too many rivals for their covariance
    high: Floats | None
    wins: Floats
    comparisons: Ints

    def beats(self, one: str, other: str) -> float:
        """The probability that `one` is preferred."""
        place = {name: i for i, name in enumerate(self.rivals)}
        return float(expit(self.strength[place[one]] - self.strength[place[other]]))


def comparisons(votes: Votes, pairs: Mapping[str, tuple[str, str]]) -> Comparisons:
    """Votes on records that are pairs; a label is an rival of the pair, `first`, `second` or `tie`.

    InputError for a label that is none of these, and for votes that saw others.
    """
    check(votes)
    rivals = Codes()
    missing = [name for name in votes.records if name not in pairs]
    if missing:
        raise InputError(f"record {missing[0]!r} names no pair of rivals")
    sides = [pairs[name] for name in votes.records]
    same = next((one for one, other in sides if one == other), None)
    if same is not None:
        raise InputError(f"{same!r} is compared with itself")
    place = np.array([(rivals[a], rivals[b]) for a, b in sides], np.int32).reshape(-1, 2)
    first, second = place[votes.record].T
    named = np.array([rivals.get(name, -1) for name in votes.labels], np.int32)[votes.label]
    won = {
        side: np.array([name.casefold() == side for name in votes.labels])[votes.label]
        for side in (FIRST, SECOND, TIE)
    }
    is_first, is_second = (named == first) | won[FIRST], (named == second) | won[SECOND]
    unknown = np.flatnonzero(~(is_first | is_second | won[TIE]))
    if len(unknown):
        at = unknown[0]
        raise InputError(
            f"record {votes.records[votes.record[at]]!r}: {votes.labels[votes.label[at]]!r} is "
            f"neither rival of the pair, nor {FIRST}, {SECOND} or {TIE}"
        )
    share = np.where(is_first, 1.0, np.where(is_second, 0.0, 0.5))
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    return Comparisons(tuple(rivals), first, second, share, weight)


def compared(rows: Iterable[tuple[str, str, str]]) -> Comparisons:
    """From (first, second, winner); the winner may be `tie`."""
    rivals, table = Codes(), []
    for one, other, winner in rows:
        if winner not in (one, other, TIE) or one == other:
            raise InputError(f"{winner!r} is not the winner of {one!r} against {other!r}")
        share = 0.5 if winner == TIE else float(winner == one)
        table.append((rivals[one], rivals[other], share))
    columns = np.array(table, float).reshape(-1, 3)
    first, second = columns[:, :2].astype(np.int32).T
    return Comparisons(tuple(rivals), first, second, columns[:, 2], np.ones(len(columns)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BradleyTerry:
    """The most likely strengths; `prior` wins and losses against the mean rival are added to each
    rival, without which an rival that never lost has no finite strength."""

    prior: float = 0.5
    level: float = 0.95

    def __post_init__(self) -> None:
        within.amount("the prior", self.prior)
        within.inner("the level", self.level)

    def rank(self, given: Comparisons) -> Ranking:
        """InputError if, without a prior, the comparisons do not determine the strengths."""
        if not len(given):
            raise InputError("there are no comparisons")
        wins = _wins(given)
        if not self.prior:
            _check_connected(wins, given.rivals)
        strength = self._strengths(wins)
        order = np.argsort(-strength, kind="stable")
        half = self._half_width(wins, strength)
        played = np.bincount(given.first, minlength=len(order)) + np.bincount(
            given.second, minlength=len(order)
        )
        return Ranking(
            tuple(given.rivals[i] for i in order),
            strength[order],
            None if half is None else (strength - half)[order],
            None if half is None else (strength + half)[order],
            np.asarray(wins.sum(axis=1), float)[order],
            played[order].astype(np.int32),
        )

    def _strengths(self, wins: sparse.csr_array) -> Floats:
        """Newton's method with halved steps; the log likelihood is concave."""
        strength: Floats = np.zeros(wins.shape[0])
        value = self._likelihood(wins, strength)
        for _ in range(STEPS):
            gradient, curvature = self._slopes(wins, strength)
            step = _solve(curvature, gradient)
            step -= step.mean() if not self.prior else 0.0
            while (moved := self._likelihood(wins, strength + step)) < value - 1e-12 * abs(value):
                step = step / 2
            strength, value = strength + step, moved
            if np.abs(step).max() < CLOSE:
                break
        return np.asarray(strength - strength.mean())

    def _likelihood(self, wins: sparse.csr_array, strength: Floats) -> float:
        pairs = wins.tocoo()
        apart = strength[pairs.row] - strength[pairs.col]
        alone = -np.logaddexp(0, -strength) - np.logaddexp(0, strength)
        return float(-pairs.data @ np.logaddexp(0, -apart) + self.prior * alone.sum())

    def _slopes(self, wins: sparse.csr_array, strength: Floats) -> tuple[Floats, sparse.csc_array]:
        """Gradient and negative curvature, which is the Laplacian of the comparisons."""
        played = (wins + wins.T).tocoo()
        lost = expit(strength[played.col] - strength[played.row])
        pull = np.asarray(wins.sum(axis=1)) - np.bincount(
            played.row, played.data * (1 - lost), minlength=len(strength)
        )
        held = played.data * lost * (1 - lost)
        even = expit(strength)
        diagonal = np.bincount(
            played.row, held, minlength=len(strength)
        ) + 2 * self.prior * even * (1 - even)
        links = sparse.csc_array((-held, (played.row, played.col)), shape=wins.shape)
        return pull + self.prior * (1 - 2 * even), links + sparse.diags_array(diagonal).tocsc()

    def _half_width(self, wins: sparse.csr_array, strength: Floats) -> Floats | None:
        """Of the interval of each strength relative to the mean one."""
        if len(strength) > MOST_ITEMS:
            return None
        curvature = self._slopes(wins, strength)[1].toarray()
        spread = np.linalg.pinv(curvature, hermitian=True)
        centre = np.eye(len(strength)) - 1 / len(strength)
        variance = np.diag(centre @ spread @ centre)
        return np.asarray(ndtri((1 + self.level) / 2) * np.sqrt(np.maximum(variance, 0)))


def never_met(given: Comparisons) -> str | None:
    """What to say of rivals that no comparison joins, not even through others."""
    groups, of = connected_components(_wins(given), directed=False)
    if groups < 2:
        return None
    one, other = given.rivals[0], given.rivals[int(np.argmax(of != of[0]))]
    return (
        f"the rivals fall into {groups:,} groups that were never compared with each other, so "
        f"{one!r} and {other!r}, of different ones, cannot be ranked against each other"
    )


def _wins(given: Comparisons) -> sparse.csr_array:
    """Item x rival: how often the row won against the column."""
    count = len(given.rivals)
    won = sparse.coo_array(
        (given.weight * given.share, (given.first, given.second)), shape=(count, count)
    )
    lost = sparse.coo_array(
        (given.weight * (1 - given.share), (given.second, given.first)), shape=(count, count)
    )
    wins = (won + lost).tocsr()
    wins.eliminate_zeros()
    return wins


def _solve(curvature: sparse.csc_array, gradient: Floats) -> Floats:
    """The first rival is held where the others are relative to it (no prior)."""
    ones = np.ones(len(gradient))
    if np.abs(curvature @ ones).max() > 1e-12:
        return np.asarray(spsolve(curvature, gradient)).reshape(-1)
    step = np.zeros(len(gradient))
    step[1:] = np.asarray(spsolve(curvature[1:, 1:].tocsc(), gradient[1:])).reshape(-1)
    return step


def _check_connected(wins: sparse.csr_array, rivals: tuple[str, ...]) -> None:
    groups, of = connected_components(wins, directed=True, connection="strong")
    if groups > 1:
        alone = rivals[int(np.argmax(of == np.bincount(of).argmin()))]
        raise InputError(
            f"without a prior the strengths are not determined: no chain of wins and losses joins "
            f"{alone!r} with all others"
        )
