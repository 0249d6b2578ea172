"""Bradley-Terry: crowd-kit's strengths, covering intervals, and what cannot be ranked."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from assay.aggregation.pairs import BradleyTerry, Comparisons, compared, comparisons
from assay.core.errors import InputError
from tests.aggregation.crowd import votes_of

Row = tuple[str, str, str]


def drawn(count: int, strength: NDArray[np.float64], seed: int = 0) -> list[Row]:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        a, b = rng.choice(len(strength), 2, replace=False)
        won = a if rng.random() < 1 / (1 + np.exp(strength[b] - strength[a])) else b
        rows.append((f"i{a}", f"i{b}", f"i{won}"))
    return rows


def test_strengths_are_crowdkits() -> None:
    rows = drawn(600, np.linspace(-1, 1, 7))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crowdkit.aggregation import BradleyTerry as Theirs

        table = pd.DataFrame(rows, columns=["left", "right", "label"]).assign(worker="w")
        theirs = Theirs(n_iter=10_000, tol=0.0).fit_predict(table)
    found = BradleyTerry(prior=0).rank(compared(rows))
    share = np.exp(found.strength) / np.exp(found.strength).sum()
    assert np.abs(share - theirs.loc[list(found.rivals)].to_numpy()).max() < 1e-8


def test_intervals_cover_the_strengths() -> None:
    truth = np.linspace(-1, 1, 6)
    inside = []
    for seed in range(40):
        found = BradleyTerry(prior=0).rank(compared(drawn(400, truth, seed)))
        assert found.low is not None
        assert found.high is not None
        true = truth[[int(name[1:]) for name in found.rivals]]
        inside += list((found.low <= true) & (true <= found.high))
    assert 0.90 <= np.mean(inside) <= 0.99


def test_a_rival_that_never_lost_is_first_and_finite_with_a_prior_and_refused_without() -> None:
    rows = [("a", "b", "a"), ("a", "c", "a"), ("b", "c", "b"), ("c", "b", "c")]
    found = BradleyTerry().rank(compared(rows))
    assert found.rivals[0] == "a"
    assert np.isfinite(found.strength).all()
    assert found.beats("a", "b") > 0.5
    with pytest.raises(InputError, match="without a prior"):
        BradleyTerry(prior=0).rank(compared(rows))


def test_ties_are_half_a_win_each() -> None:
    found = BradleyTerry().rank(compared([("a", "b", "tie"), ("a", "b", "tie")]))
    assert found.strength.tolist() == pytest.approx([0, 0])
    assert found.wins.tolist() == [1, 1]


def test_votes_name_the_winner_or_its_side() -> None:
    votes = votes_of([("1", "p", "x"), ("2", "p", "second"), ("3", "p", "Tie"), ("1", "q", "y")])
    pairs = {"1": ("x", "y"), "2": ("x", "z"), "3": ("y", "z")}
    given = comparisons(votes, pairs)
    assert isinstance(given, Comparisons)
    names = [
        (given.rivals[a], given.rivals[b]) for a, b in zip(given.first, given.second, strict=True)
    ]
    assert names == [("x", "y"), ("x", "z"), ("y", "z"), ("x", "y")]
    assert given.share.tolist() == [1, 0, 0.5, 0]


def test_bad_comparisons_are_named() -> None:
    with pytest.raises(InputError, match="'w' is neither rival of the pair"):
        comparisons(votes_of([("1", "p", "w")]), {"1": ("x", "y")})
    with pytest.raises(InputError, match="names no pair"):
        comparisons(votes_of([("9", "p", "x")]), {"1": ("x", "y")})
    with pytest.raises(InputError, match="compared with itself"):
        comparisons(votes_of([("1", "p", "x")]), {"1": ("x", "x")})
    with pytest.raises(InputError, match="no comparisons"):
        BradleyTerry().rank(compared([]))
