"""Equal to crowd-kit's posteriors, on drawn votes and on the published crowd sets."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from assay.aggregation.answers import read_labels, read_votes
from assay.aggregation.base import Aggregator
from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.glad import Glad
from assay.aggregation.mace import Mace
from assay.aggregation.majority import Majority, Weighted
from assay.aggregation.score import confusions, decided
from assay.core.votes import Votes
from tests.aggregation.crowd import drawn, frame, sorted_by_appearance

CROWD = Path(__file__).resolve().parents[3] / "shared" / "data" / "crowd"
SKILLS = [0.95, 0.9, 0.8, 0.7, 0.65, 0.6, 0.5, 0.4]


def crowdkit(method: str, votes: Votes) -> NDArray[np.float64]:
    """Probabilities by record and label number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crowdkit import aggregation as ck

        table = frame(votes)
        found: pd.DataFrame
        if method == "weighted":
            skills = ck.Wawa().fit(table).skills_
            found = ck.MajorityVote().fit_predict_proba(table, skills)
        else:
            reference: dict[str, Callable[[], Any]] = {
                "majority": ck.MajorityVote,
                "dawid-skene": ck.DawidSkene,
                "one-coin": ck.OneCoinDawidSkene,
                "mace": lambda: ck.MACE(n_restarts=1),
                "glad": lambda: ck.GLAD(m_step_max_iter=INNER, m_step_tol=EXACT),
            }
            found = reference[method]().fit_predict_proba(table)
    return found.sort_index(axis=0).sort_index(axis=1).to_numpy()


def winners(method: str, votes: Votes) -> NDArray[np.int64]:
    """Label numbers by record, with crowd-kit's way with ties."""
    if method == "majority":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from crowdkit.aggregation import MajorityVote

            found = MajorityVote().fit_predict(frame(votes)).sort_index()
        return np.asarray(found.to_numpy(), np.int64)
    return np.asarray(crowdkit(method, votes).argmax(axis=1), np.int64)


INNER, EXACT = 1_000, 1e-5  # 25 steps of conjugate gradients, the default, magnify rounding
SURE = Glad(inner_iterations=INNER, inner_tolerance=EXACT)
SAME: list[Aggregator] = [Majority(), Weighted(), DawidSkene(), OneCoin()]
PAPERS: list[Aggregator] = [Mace(even=True, restarts=1, variational=True), SURE]


SHAPES = [(2, 3), (3, 5), (6, 8)]
# With more labels a tie's winner, and so the weights, hang on crowd-kit's order of columns.
COMPARED = [(a, *s) for a in SAME + PAPERS for s in SHAPES if a.id != "weighted" or s[0] == 2]


@pytest.mark.parametrize(
    ("aggregator", "labels", "each"), COMPARED, ids=lambda v: getattr(v, "id", v)
)
def test_the_posteriors_are_crowdkits(aggregator: Aggregator, labels: int, each: int) -> None:
    records = 40 if aggregator.id == "glad" else 300  # crowd-kit's takes seconds
    votes = sorted_by_appearance(drawn(records, SKILLS, labels, seed=labels, each=each)[0])
    found = aggregator.aggregate(votes).probs
    assert np.abs(found - crowdkit(aggregator.id, votes)).max() < 1e-6


@pytest.mark.skipif(not CROWD.is_dir(), reason="the crowd sets are not in ../shared/data")
@pytest.mark.parametrize("aggregator", SAME, ids=lambda a: a.id)
@pytest.mark.parametrize("name", ["dog", "product"])
def test_accuracy_and_f1_on_the_crowd_sets_are_crowdkits(aggregator: Aggregator, name: str) -> None:
    votes = read_votes(CROWD / name / "answer.csv")
    truth = read_labels(CROWD / name / "truth.csv")
    table = confusions(decided(votes, aggregator.aggregate(votes)), truth, votes.labels)
    assert table is not None
    theirs = winners(aggregator.id, votes)
    known = [votes.records.index(record) for record in truth]
    labels = [votes.labels[k] for k in theirs[known]]
    true = list(truth.values())
    accuracy = np.trace(table.counts) / table.counts.sum()
    assert accuracy == pytest.approx(np.mean(np.array(labels) == np.array(true)), abs=0.002)
    assert table.macro_f1 == pytest.approx(f1_score(true, labels, average="macro"), abs=0.002)
